"""Every page of the register, as everybody it is for, in both languages, light and dark."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from audience_register import DEMO, PUBLIC, STAFF, Address, audience_register
from browser.conftest import LOCALES, PATIENCE_MS, SCREENS, THOROUGH, listen
from browser.gate import Scheme, grave_faults, grave_faults_in
from browser.served_house import ADMINISTRATOR, NOBODY, WHO, Place, served_house
from browser.visit import take_picture
from residents import NUMBER
from running_site import RunningSite, served_test_database
from whole_house import TOKEN, make_house

SCHEMES: tuple[Scheme, ...] = ("light", "dark")
# What another role sees at the same address has the same parts, but for these.
OF_EACH_ROLE = ("counter",)
KNOWN_BAD = Path(__file__).parent / "known_bad.html"


@dataclass(frozen=True, slots=True)
class Answer:
    """What only a press shows: who presses what, having typed what, and what is then there."""

    who: str
    screen: str
    path: str
    shows: str
    typed: Mapping[str, str] = field(default_factory=dict)
    press: str = "main form [type=submit]"


# In this order: the clerk's day goes on, and the hall is closed last.
ANSWERS = (
    Answer(NOBODY, "phone", "/sign-in/", ".error-summary", {"personal_number": "12"}),
    Answer(NOBODY, "phone", "/sign-in/code/", ".error-summary", {"code": "12"}),
    Answer(NOBODY, "phone", f"/r/{TOKEN}/", ".error-summary", {"comment": "بدون تقييم"}),
    Answer(
        *(NOBODY, "desktop", "/desk/sign-in/", ".error-summary"),
        {"id_username": "nobody", "id_password": "nothing"},
    ),
    Answer(
        *(NOBODY, "kiosk", "/kiosk/dana/ar/check-in/", ".kiosk-refusal"),
        {"reference": "ZZZZZZZZ"},
    ),
    Answer(NOBODY, "phone", "/here/dana/WALL/", "#refusal", {"reference": "ZZZZZZZZ"}),
    Answer("receptionist", "desktop", "/desk/dana/", ".desk-visitor", {"sought": NUMBER}),
    Answer("clerk", "desktop", "/counter/dana/", ".console-number-none", press="[value=finish]"),
    Answer("clerk", "desktop", "/counter/dana/", "[value=end_break]", press="[value=break]"),
    Answer("supervisor", "desktop", "/profiles/dana/new/", ".field-invalid"),
    Answer("supervisor", "desktop", "/supervisor/dana/day-list/", ".paper-reference"),
    Answer("supervisor", "desktop", "/supervisor/dana/close-day/", ".closing-report"),
    Answer("supervisor", "desktop", "/counter/dana/", ".counter-choices", press=""),
)


@dataclass
class Walk:
    """What was found on the way through the register."""

    shown: set[str] = field(default_factory=set)
    pageless: set[str] = field(default_factory=set)
    refused: dict[str, str] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    strays: list[str] = field(default_factory=list)

    def missing(self) -> list[str]:
        """Addresses that answered nobody: the walk has not seen their page."""
        known = self.shown | self.pageless
        return [told for name, told in self.refused.items() if name not in known]


@pytest.fixture
def place(transactional_db: None) -> Iterator[Place]:
    with served_house() as place:
        yield place


@pytest.mark.parametrize("language", LOCALES if THOROUGH else ["ar"])
def test_no_page_has_a_grave_fault_or_asks_another_host(
    place: Place, browser: Browser, language: str
) -> None:
    walk = Walk()
    for who in WHO:
        open_to_them = [address for address in audience_register() if is_for(address, who)]
        for screen, addresses in groupby(sorted(open_to_them, key=screen_for), screen_for):
            with window(browser, place, who, language, screen, walk.strays) as page:
                for address in addresses:
                    look_at(address, place, page, who, language, walk)
    assert walk.shown, "nothing was looked at"
    found = [*walk.missing(), *walk.strays, *walk.faults]
    assert found == [], "\n".join(found)


def test_no_answer_to_a_press_has_a_grave_fault(place: Place, browser: Browser) -> None:
    """Refusals with their summary, the visitor looked up, and states a console comes to."""
    strays: list[str] = []
    faults: list[str] = []
    for number, answer in enumerate(ANSWERS):
        with window(browser, place, answer.who, "ar", answer.screen, strays) as page:
            page.goto(place.site.url + answer.path.replace("WALL", place.house.values["wall_code"]))
            carry_out(page, answer)
            expect(page.locator(f"[data-answer] {answer.shows}")).to_have_count(0)
            expect(page.locator(answer.shows).first).to_be_visible()
            page.wait_for_load_state("load")
            faults += [f"{answer}: {fault}" for fault in grave_faults_in(page, *SCHEMES)]
            take_picture(page, f"answer-{number:02}-ar")
    assert strays == []
    assert faults == []


def carry_out(page: Page, answer: Answer) -> None:
    """Type and press, without the browser's own refusals; what is there before is marked."""
    for name, text in answer.typed.items():
        page.locator(f"#{name}").fill(text)
    if answer.press:
        page.locator("main").evaluate("main => { main.dataset.answer = 'before'; }")
        page.locator(answer.press).first.evaluate(
            "button => { button.form.noValidate = true; button.form.requestSubmit(button); }"
        )


@pytest.mark.usefixtures("transactional_db")
def test_a_device_that_is_no_kiosk_is_told_so_readably(browser: Browser) -> None:
    """Outside a demonstration, where every device would be one. The page speaks every language."""
    make_house()
    with served_test_database() as site, browser.new_page(**SCREENS["kiosk"]) as page:
        answer = page.goto(f"{site.url}/kiosk/dana/")
        assert answer is not None
        assert answer.status == 403
        expect(page.locator("[data-code]")).to_be_visible()
        assert grave_faults_in(page, *SCHEMES) == []
        take_picture(page, "page-kiosk-not-set-up")


def is_for(address: Address, who: str) -> bool:
    """Whether this is a page that `who` may open."""
    if address.method or not address.audience:
        return False
    kind, *roles = address.audience
    if who == NOBODY:
        return kind in {PUBLIC, DEMO}
    if who == ADMINISTRATOR:
        return kind == STAFF  # the administration: test_administration.py
    return who == kind or (kind == STAFF and who in roles)


def look_at(
    address: Address, place: Place, page: Page, who: str, language: str, walk: Walk
) -> None:
    """Open it as its reader would; note what axe calls serious and what went astray.

    Another role's view of a page is looked at in one language and its light colours.
    """
    seen = address.name in walk.shown and address.name not in OF_EACH_ROLE
    if seen and language != "ar":
        return
    for number, path in enumerate(place.paths(address, language)):
        answer = page.request.get(place.site.url + path, max_redirects=0)
        is_page = answer.body().lstrip()[:14].lower() == b"<!doctype html"  # no part of one
        if answer.status == 405 or (answer.ok and not is_page):
            walk.pageless.add(address.name)
        elif not answer.ok:
            walk.refused[address.name] = f"{answer.status} for {path} as {who or 'nobody'}"
        else:
            page.goto(place.site.url + path)
            faults = grave_faults_in(page, "light") if seen else grave_faults_in(page, *SCHEMES)
            walk.shown.add(address.name)
            walk.faults += [f"{path} as {who or 'nobody'}: {fault}" for fault in faults]
            take_picture(page, f"page-{address.name}{number or ''}-{who}-{language}")


def screen_for(address: Address) -> str:
    first = address.name.split("-")[0]
    if first == "wall":
        return "board"
    if first in {"kiosk", "board"}:
        return first
    return "phone" if address.audience[0] in {PUBLIC, "resident", DEMO} else "desktop"


@contextmanager
def window(
    browser: Browser, place: Place, who: str, language: str, screen: str, strays: list[str]
) -> Iterator[Page]:
    context = browser.new_context(
        **SCREENS[screen], locale=LOCALES[language], timezone_id="Asia/Bahrain"
    )
    cookies = {**place.cookies[who], "language": language}
    context.add_cookies(
        [{"name": name, "value": value, "url": place.site.url} for name, value in cookies.items()]
    )
    listen(context, place.site.url, strays)
    context.set_default_timeout(PATIENCE_MS)
    try:
        yield context.new_page()
    finally:
        context.close()


def test_the_gate_fails_on_a_page_known_to_be_bad(browser: Browser) -> None:
    """Also on Arabic words alone, which axe by itself takes for icons."""
    page = browser.new_page()
    page.goto(KNOWN_BAD.as_uri())
    pale = {fault["target"] for fault in grave_faults(page) if fault["rule"] == "color-contrast"}
    assert pale == {"#pale-sentence", "#pale-word", "#pale-latin"}
    page.close()


@pytest.mark.parametrize("language", LOCALES)
def test_the_first_page_is_light(
    running_site: RunningSite, browser: Browser, language: str
) -> None:
    """Less than 150 kB over the wire with an empty cache, everything counted."""
    received = 0

    def count(loaded: dict[str, Any]) -> None:
        nonlocal received
        received += int(loaded["encodedDataLength"])

    context = browser.new_context(**SCREENS["phone"], locale=LOCALES[language])
    page = context.new_page()
    network = context.new_cdp_session(page)
    network.on("Network.loadingFinished", count)
    network.send("Network.enable")
    page.goto(running_site.url, wait_until="networkidle")
    context.close()
    assert 10_000 < received < 150_000
