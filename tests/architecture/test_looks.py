"""What the looks rest on: one sheet for both directions, one place for colour, nothing inline."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

WEB = Path(__file__).resolve().parents[2] / "src/mawaeed/web"
SHEETS = sorted((WEB / "static/web/css").glob("*.css"))
# Over Django's own sheets, which are in no layer and would win over any.
LAYERED = [path for path in SHEETS if path.name != "admin.css"]
TEMPLATES = sorted((WEB / "templates").rglob("*.html"))
SPRITE = (WEB / "static/web/icons/sprite.svg").read_text()
PHYSICAL = re.compile(
    r"(?<![\w-])(?:(?:margin|padding|border)-(?:left|right|top|bottom)|left|right|top|bottom|"
    r"width|height|(?:min|max)-(?:width|height)|float)\s*:"
)
INLINE = re.compile(r"<style|\sstyle=|\son[a-z]+=\"|<script(?![^>]*\ssrc=)|href=\"javascript:")
ELSEWHERE = re.compile(r"(?:src|href|url)[=(]\s*[\"']?(?:https?:)?//")
ICON = re.compile(r"icon\.html\" with name=\"([\w-]+)\"|\bicon=\"([\w-]+)\"")
COMMENT = re.compile(r"/\*.*?\*/|{#.*?#}|{% comment %}.*?{% endcomment %}", re.DOTALL)
MEDIA = re.compile(r"@media[^{]*")


def physical_properties(css: str) -> list[str]:
    return PHYSICAL.findall(MEDIA.sub("", COMMENT.sub("", css)))


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda path: path.name)
def test_sheet_uses_logical_properties_only(sheet: Path) -> None:
    assert physical_properties(sheet.read_text()) == []


@pytest.mark.parametrize("css", ["a { margin-left: 1px; }", "a{width:3px}", "a { top: 0 }"])
def test_physical_property_is_seen(css: str) -> None:
    assert len(physical_properties(css)) == 1


@pytest.mark.parametrize("sheet", LAYERED, ids=lambda path: path.name)
def test_sheet_stays_in_a_layer(sheet: Path) -> None:
    css = COMMENT.sub("", sheet.read_text()).strip()

    assert css.startswith("@layer reset, tokens, base, layout, components, surfaces, utilities;")
    assert re.findall(r"^(?!@layer|\s|})\S.*", css, re.MULTILINE) == []


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: str(path.relative_to(WEB)))
def test_template_holds_nothing_inline_and_nothing_from_elsewhere(template: Path) -> None:
    html = COMMENT.sub("", template.read_text())

    assert INLINE.findall(html) == []
    assert ELSEWHERE.findall(html) == []


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: str(path.relative_to(WEB)))
def test_icons_exist(template: Path) -> None:
    names = {first or second for first, second in ICON.findall(template.read_text())}

    assert [name for name in sorted(names) if f'<symbol id="{name}"' not in SPRITE] == []


def test_components_say_what_they_take() -> None:
    components = [path for path in TEMPLATES if path.parent.name == "components"]

    assert components != []
    assert [p.name for p in components if not p.read_text().startswith("{% comment %}")] == []
