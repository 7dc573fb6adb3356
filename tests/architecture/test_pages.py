"""Every public page in both languages and directions, with nothing inline and nothing from afar."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from audience_register import PUBLIC, Address, audience_register
from whole_house import House

SOURCE = Path(__file__).resolve().parents[2] / "src" / "mawaeed"
OURS = sorted(
    path
    for ending in ("*.html", "*.js", "*.css", "*.svg", "*.webmanifest")
    for path in SOURCE.rglob(ending)
)
DIRECTIONS = {"ar": "rtl", "en": "ltr"}
# Names, not places: nothing is fetched from them.
NAMESPACES = ("http://www.w3.org/2000/svg", "http://www.w3.org/1999/xhtml")
INLINE = re.compile(
    r"<style\b|\sstyle\s*=|\son[a-z]+\s*=\s*[\"']|<script(?![^>]*\ssrc=)|href\s*=\s*[\"']javascript:",
    re.IGNORECASE,
)
COMMENT = re.compile(r"{#.*?#}|{% comment %}.*?{% endcomment %}|<!--.*?-->", re.DOTALL)
LINK = re.compile(r"<a\s[^>]*>", re.IGNORECASE)
ELSEWHERE = re.compile(r"(?:https?:)?//(?=[\w.-]+\.\w)[^\s\"'<>)]*")
UNFINISHED = re.compile(r"{{|{%|%\(\w+\)[sd]|[Uu]ntranslated|[Ll]orem|\bTODO\b|\bNone\b")
NOT_PAGES = ("manage/login/",)


def public_pages() -> list[Address]:
    found = (each for each in audience_register() if each.audience[0] == PUBLIC)
    return [each for each in found if each.pattern not in NOT_PAGES and each.method in {"", "GET"}]


def inline(html: str) -> list[str]:
    return INLINE.findall(COMMENT.sub("", html))


def elsewhere(text: str) -> list[str]:
    """Addresses of other hosts that are not just a link to follow."""
    found = ELSEWHERE.findall(LINK.sub("", COMMENT.sub("", text)))
    return [each for each in found if not each.startswith((*NAMESPACES, "//testserver"))]


@pytest.mark.parametrize("language", sorted(DIRECTIONS))
def test_public_pages_say_their_language_and_hold_nothing_foreign(
    house: House, language: str
) -> None:
    client = house.client("", language)
    shown = []
    for address in public_pages():
        values = {**house.path_values(address.pattern), "language": language}
        answer = client.get(address.path(values))
        if not answer.headers.get("Content-Type", "").startswith("text/html"):
            continue
        html = answer.content.decode()
        if "<html" in html:
            assert f'<html lang="{language}" dir="{DIRECTIONS[language]}">' in html, address
            shown.append(address.name)
        assert answer.headers["Content-Language"] == language, address
        assert inline(html) == [], address
        assert elsewhere(html.replace("http://testserver", "")) == [], address
        words = re.sub(r"<script.*?</script>|If-None-Match", "", html)
        assert UNFINISHED.findall(words) == [], address
    expected = {"home", "services", "slots", "sign-in", "e-ticket", "ticket", "rating", "contact"}
    assert expected | {"kiosk", "board", "desk-sign-in"} <= set(shown)


@pytest.mark.parametrize("language", sorted(DIRECTIONS))
def test_staff_and_residents_pages_say_their_language(house: House, language: str) -> None:
    for name, audience in (("supervisor", "staff"), ("stranger", "resident")):
        client = house.client(name, language)
        for address in audience_register():
            if address.audience[0] != audience or address.pattern.startswith("api/"):
                continue
            html = client.get(address.path(house.path_values(address.pattern))).content.decode()
            if "<html" in html:
                head = f'<html lang="{language}" dir="{DIRECTIONS[language]}">'
                assert head in html, address
            assert inline(html) == [], address


@pytest.mark.parametrize("language", sorted(DIRECTIONS))
def test_the_administration_follows_the_language(house: House, language: str) -> None:
    house.staff["administrator"].is_staff = house.staff["administrator"].is_superuser = True
    house.staff["administrator"].save()
    client = house.client("administrator", language)

    html = client.get("/manage/").content.decode()

    assert re.search(rf'<html lang="{language}[^"]*" dir="{DIRECTIONS[language]}"', html)


@pytest.mark.parametrize("path", OURS, ids=lambda path: str(path.relative_to(SOURCE)))
def test_files_name_no_other_host(path: Path) -> None:
    assert elsewhere(re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.DOTALL)) == []


@pytest.mark.parametrize(
    "path", [path for path in OURS if path.suffix == ".html"], ids=lambda path: path.name
)
def test_templates_hold_nothing_inline(path: Path) -> None:
    assert inline(path.read_text()) == []


@pytest.mark.parametrize(
    "html",
    [
        '<p style="color:red">',
        "<style>",
        '<a onclick="x()">',
        "<script>x()</script>",
        "<a href='javascript:x'>",
    ],
)
def test_inline_code_is_seen(html: str) -> None:
    assert len(inline(html)) == 1


@pytest.mark.parametrize(
    "text",
    ['<img src="https://cdn.example.org/a.png">', "@import url(//fonts.example.com/x.css);"],
)
def test_another_host_is_seen(text: str) -> None:
    assert len(elsewhere(text)) == 1
    assert elsewhere('<a href="https://www.example.org/e-service">Online</a>') == []
