"""A hold, two people in one visit, two for one service, a seat in a lecture: in a browser."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit
from urllib.request import Request, urlopen

import pytest
from playwright.sync_api import Locator, expect

from browser.conftest import Open
from browser.gate import grave_faults_in
from browser.visit import Phone, Window
from running_site import RunningSite

SCREEN = {"ar": "phone", "en": "desktop"}


@dataclass(frozen=True, slots=True)
class Somebody:
    """A resident for one language of one test."""

    number: str
    born: str
    mobile: str


@pytest.fixture(params=sorted(SCREEN))
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def mine(window: Open, running_site: RunningSite, language: str) -> Callable[[int], Window]:
    """The window of the resident with a serial number of its own, signed in."""

    def signed_in(serial: int, **options: Any) -> Window:
        who = resident(serial, language)
        opened = window(language, SCREEN[language], **options)
        opened.choose_language()
        token = sign_in(running_site.url, who)
        opened.page.context.add_cookies(
            [{"name": "resident", "value": token, "url": running_site.url}]
        )
        return opened

    return signed_in


def resident(serial: int, language: str) -> Somebody:
    month = sorted(SCREEN).index(language) + 1
    born = f"198{serial}-{month:02d}-09"
    return Somebody(f"8{serial}{month:02d}00000", born, f"360013{serial}{month}")


def sign_in(site: str, who: Somebody) -> str:
    """By the API, which is quicker than its pages."""
    asked = {"personal_number": who.number, "date_of_birth": who.born, "mobile": who.mobile}
    send(site, "sign-in", asked)
    code = Phone(site, f"+973{who.mobile}").code()
    told = send(site, "sign-in/verify", {"personal_number": who.number, "code": code})
    return str(told["token"])


def send(site: str, path: str, body: dict[str, str]) -> dict[str, Any]:
    request = Request(
        f"{site}/api/v1/{path}",
        data=json.dumps(body).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urlopen(request) as answer:
        told: dict[str, Any] = json.load(answer)
    return told


def choose(mine: Window, service: str, day: int = 2) -> None:
    """A time of the service some open days ahead, at the centre that comes first."""
    mine.open(f"/services/{service}/times/")
    mine.hands.press(mine.page.locator("a.day-tab:not(.day-tab-none)").nth(day))
    mine.hands.press(mine.page.locator("a.slot").nth(2))
    mine.sees_heading("Check your booking")


def held(mine: Window) -> Locator:
    return mine.page.locator("section#hold[data-seconds]")


def fill(site: RunningSite, address: str) -> None:
    """Take every other place at the time of a check page's address."""
    asked = parse_qs(urlsplit(address).query)
    site.shell(
        "from mawaeed.availability.models import Interval\n"
        "from django.db.models import F\n"
        f"rows = Interval.objects.filter(pool__centre__code={asked['centre'][0]!r}, "
        f"starts_at={asked['at'][0]!r}, pool__offerings__service__code={asked['service'][0]!r})\n"
        "for row in rows: Interval.objects.filter(pk=row.pk).update("
        "withheld=F('capacity') - F('staff_reserve') - F('walk_in_reserve') "
        "- F('taken_public') - F('cooling'))"
    )


def looks_right(mine: Window, name: str) -> None:
    mine.photograph(name)
    assert grave_faults_in(mine.page, "light", "dark") == []


def confirm(mine: Window) -> None:
    mine.press("Confirm the booking")
    expect(mine.page.locator(".ticket .reference")).to_be_visible()


def test_a_time_is_held_let_go_and_booked(mine: Callable[..., Window]) -> None:
    own = mine(1)
    choose(own, "licence-eye-test")
    expect(held(own)).to_be_visible()
    expect(held(own).locator("[data-left]")).to_have_text(re.compile(r"^[12]:\d\d$"))
    looks_right(own, "hold")
    own.press("Let it go")
    own.sees("The time is free for others again. Choose another one.")
    own.hands.press(own.page.locator("a.slot").first)
    expect(held(own)).to_be_visible()
    confirm(own)


def test_what_another_one_holds_is_told_at_once(
    mine: Callable[..., Window], running_site: RunningSite
) -> None:
    first, second = mine(2), mine(3)
    choose(first, "driving-test", day=3)
    expect(held(first)).to_be_visible()
    address = first.page.url
    fill(running_site, address)
    second.open(address)
    gone = second.page.locator("#hold[data-gone=yes]")
    expect(gone).to_be_visible()
    expect(second.button("Confirm the booking")).to_be_hidden()
    looks_right(second, "hold-gone")
    second.hands.press(gone.locator("a.slot").first)
    expect(held(second)).to_be_visible()


def test_without_scripts_a_button_holds_the_time(mine: Callable[..., Window]) -> None:
    own = mine(7, java_script_enabled=False)
    choose(own, "licence-eye-test", day=3)
    own.photograph("hold-button")
    own.hands.press(own.page.locator("form#hold button"))
    expect(held(own)).to_be_visible()
    own.photograph("held-without-scripts")
    confirm(own)


def test_two_people_come_in_one_visit(
    mine: Callable[..., Window], running_site: RunningSite, language: str
) -> None:
    own = mine(4)
    own.open("/services/passport-renewal/")
    own.follow("Several services or people in one visit")
    own.follow("Add somebody in my care")
    own.write("Name", "Child")
    own.write("Personal number", "2001" + ("00000" if language == "ar" else "00001"))
    for label, part in (("Day", "5"), ("Month", "1"), ("Year", "2020")):
        own.write(label, part)
    own.hands.press(own.page.get_by_role("button", name=own.say("Add"), exact=True))
    own.sees_heading("Several in one visit")
    own.page.locator("#add-who").select_option(label="Child")
    own.press("Add to the visit")
    expect(own.page.locator(".visit-part")).to_have_count(2)
    looks_right(own, "visit")
    own.press("See the times")
    own.hands.press(own.page.locator("a.day-tab:not(.day-tab-none)").nth(2))
    looks_right(own, "visit-times")
    own.hands.press(own.page.locator("a.slot").nth(1))
    expect(held(own)).to_be_visible()
    looks_right(own, "visit-check")
    confirm(own)
    expect(own.page.locator("#visit-parts + ol li")).to_have_count(2)
    looks_right(own, "visit-booked")
    reference = own.page.locator(".ticket .reference").inner_text()
    phone = Phone(running_site.url, f"+973{resident(4, language).mobile}")
    phone.message("appointment_booked", reference)  # has come
    assert len([1 for text in phone.messages("appointment_booked") if reference in text]) == 1
    own.open("/appointments/")
    expect(own.page.locator(".visit-group")).to_be_visible()
    looks_right(own, "visit-list")
    own.hands.press(own.page.locator(".visit-group a").first)
    own.follow("Cancel the appointment")
    own.hands.choose(own.page.locator("input[name=what][value=one]"))
    looks_right(own, "visit-cancel")
    own.press("Cancel what is chosen")
    expect(own.page.locator("#visit-parts + ol li")).to_have_count(2)


def test_two_must_come_for_one_service(mine: Callable[..., Window]) -> None:
    own = mine(5)
    choose(own, "vehicle-transfer")
    own.write("Personal number of the second person", "12")
    own.press("Confirm the booking")
    expect(own.page.locator(".error-summary")).to_be_visible()
    looks_right(own, "second-wrong")
    own.write("Personal number of the second person", "920300000")
    for part, text in (("day", "1"), ("month", "3"), ("year", "1992")):
        own.hands.write(own.page.locator(f"#second_1_birth_{part}"), text)
    confirm(own)
    own.sees("Two people must come")
    expect(own.page.get_by_text("920300000")).to_have_count(0)
    looks_right(own, "second-booked")


def test_a_lecture_tells_its_seats(mine: Callable[..., Window]) -> None:
    own = mine(6)
    own.open("/services/theory-lecture/times/")
    own.hands.press(own.page.locator("a.day-tab:not(.day-tab-none)").nth(2))
    words = own.page.locator("a.slot small").first
    expect(words).to_have_text(re.compile(r"\d"))
    looks_right(own, "lecture-times")
    own.hands.press(own.page.locator("a.slot").first)
    expect(held(own)).to_be_visible()
    confirm(own)
