"""Arriving: kiosk with paper and help, reception that answers, and a phone that reads the wall."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pypdfium2
import pytest
from django.test import Client
from playwright.sync_api import Browser, Page, expect

from browser.conftest import LOCALES, PATIENCE_MS, SCREENS, listen
from browser.hands import Pointer
from browser.visit import Window, Words
from hall_day import booked
from mawaeed.hall.models import HelpCall, Ticket
from mawaeed.kernel.clock import real_now
from mawaeed.kernel.models import DemoClock
from running_site import served_test_database
from small_world import local
from whole_house import House, make_house

POINTS_PER_MM = 72 / 25.4
ROLL_MM = 80


@pytest.mark.parametrize("language", LOCALES)
def test_somebody_arrives(transactional_db: None, browser: Browser, language: str) -> None:
    house = make_house()
    by_phone = booked(local(9, 50))
    DemoClock.objects.create(real_at=real_now(), shown_at=local(9, 40))
    with hall(browser, house, language) as (kiosk, reception, wall, phone):
        at_the_kiosk(kiosk, house.coming.reference)
        print_on_paper(kiosk, house)
        call_for_help(kiosk, reception)
        read_the_wall(wall, phone, by_phone.reference)


def at_the_kiosk(kiosk: Window, reference: str) -> None:
    """Two touches, then the scanner types."""
    kiosk.page.goto(f"{kiosk.site}/kiosk/dana/")
    kiosk.photograph("arriving-start", whole=False)
    kiosk.hands.press(kiosk.page.locator(f"a.kiosk-choice[lang={kiosk.say.language}]"))
    kiosk.hands.press(kiosk.page.locator("a.kiosk-choice[href$='/check-in/']"))
    expect(kiosk.page.locator("#reference")).to_be_focused()
    kiosk.page.keyboard.type(reference)
    kiosk.page.keyboard.press("Enter")
    kiosk.sees_heading("Your number")
    kiosk.is_in_language()
    kiosk.photograph("arriving-number", whole=False)


def print_on_paper(kiosk: Window, house: House) -> None:
    """Counted, as wide as the roll, one page, the Arabic words whole and joined."""
    ticket = Ticket.objects.get(appointment=house.coming)
    kiosk.press("Print on paper")
    kiosk.sees_heading("Take your paper ticket")
    expect(kiosk.page.locator("body[data-paper-length]")).to_be_attached()
    kiosk.photograph("arriving-paper-told", whole=False)
    ticket.refresh_from_db()
    assert ticket.printed == 1
    with closing(pypdfium2.PdfDocument(printed(kiosk.page))) as paper:
        look_at_paper(paper, ticket.number, kiosk.say)


def look_at_paper(paper: pypdfium2.PdfDocument, number: str, say: Words) -> None:
    """One page as wide as the roll; what stands on it is text, in the right letters."""
    assert len(paper) == 1
    width, height = (each / POINTS_PER_MM for each in paper[0].get_size())
    assert width == pytest.approx(ROLL_MM, abs=1)
    assert 100 < height < 240
    text = unicodedata.normalize("NFKC", paper[0].get_textpage().get_text_range())
    assert number in text
    own = [say("Your number"), say("Follow it on your phone")]
    assert [words for words in own if words not in text] == [], text
    assert ("بالعربية" in text) == (say.language == "ar")  # the centre and the service
    if folder := os.environ.get("SCREENSHOTS"):
        picture = paper[0].render(scale=3).to_pil()
        picture.save(Path(folder) / f"arriving-paper-{say.language}.png")


def printed(page: Page) -> bytes:
    return page.pdf(prefer_css_page_size=True, print_background=True)


def call_for_help(kiosk: Window, reception: Window) -> None:
    """Pressed twice, shown once at reception without reloading; the answer comes back."""
    reception.open("/desk/dana/")
    expect(reception.page.locator(".help-call")).to_have_count(0)
    for _ in range(2):
        kiosk.press("Help")
        kiosk.sees("Reception has been called. Somebody is coming to you.")
    kiosk.photograph("arriving-help", whole=False)
    reception.sees("A visitor at the kiosk asks for help")
    expect(reception.page.locator(".help-call")).to_have_count(1)
    reception.photograph("arriving-reception", whole=False)
    reception.press("I am going")
    kiosk.sees("Somebody is on the way to you now.")
    expect(reception.page.locator(".help-call")).to_have_count(0)
    assert HelpCall.objects.get().answered_by_id is not None


def read_the_wall(wall: Window, phone: Window, reference: str) -> None:
    wall.page.goto(f"{wall.site}/wall/dana/")
    wall.photograph("arriving-wall", whole=False)
    address = wall.page.locator("[data-address]").get_attribute("data-address")
    assert address is not None
    phone.open(urlsplit(address).path)
    phone.photograph("arriving-here")
    phone.write("Reference of the appointment", reference)
    phone.press("Check in")
    number = Ticket.objects.get(appointment__reference=reference).number
    phone.sees("You have arrived. This is your number.")
    expect(phone.page.locator(".ticket-number")).to_have_text(number)
    phone.photograph("arriving-ticket")


@contextmanager
def hall(browser: Browser, house: House, language: str) -> Iterator[tuple[Window, ...]]:
    """Windows of the kiosk, reception, the wall and a phone at one site; no script may fail."""
    strays: list[str] = []
    with served_test_database(MAWAEED_DEMO="1") as site, ExitStack() as at_the_end:

        def window(screen: str, who: Client | None = None) -> Window:
            context = browser.new_context(
                **SCREENS[screen], locale=LOCALES[language], timezone_id="Asia/Bahrain"
            )
            at_the_end.callback(context.close)
            held = {name: each.value for name, each in who.cookies.items()} if who else {}
            context.add_cookies(
                [
                    {"name": name, "value": value, "url": site.url}
                    for name, value in {**held, "language": language}.items()
                ]
            )
            listen(context, site.url, strays)
            page = context.new_page()
            page.set_default_timeout(PATIENCE_MS)
            return Window(page, site.url, Words(language), Pointer(), screen)

        reception = window("desktop", house.client("receptionist", language))
        yield window("kiosk"), reception, window("board"), window("phone")
    assert strays == []
