"""Booked by somebody else: by reception for a caller, and by a relative who has consent."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from browser.conftest import Open
from browser.gate import grave_faults_in
from browser.hands import Pointer
from browser.test_holds_and_visits import Somebody, sign_in
from browser.test_journeys import staff_window
from browser.visit import Phone, Window
from mawaeed.commands.demo_people import QUIET_CENTRE
from running_site import RunningSite

SCREEN = {"ar": "phone", "en": "desktop"}


def somebody(serial: int, language: str) -> Somebody:
    """A number and a mobile that no other journey uses."""
    month = serial + (0 if language == "ar" else 6)
    return Somebody(f"78{month:02d}00000", f"1978-{month:02d}-07", f"360021{month:02d}")


@pytest.fixture(params=sorted(SCREEN))
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_reception_books_moves_and_cancels_for_a_caller(
    window: Open, running_site: RunningSite, language: str
) -> None:
    desk = staff_window(window, language, "desk", "reception-galleria", Pointer())
    caller = somebody(1, language)
    phone = Phone(running_site.url, f"+973{caller.mobile}")
    register(desk, caller)
    desk.follow("Book an appointment")
    desk.photograph("desk-book-service")
    desk.page.get_by_label(desk.say("Service"), exact=True).select_option("plate-change")
    desk.press("Show free times")
    desk.photograph("desk-book-times")
    desk.follow("Staff places")
    desk.page.locator("a.slot").first.click()
    no_grave_faults(desk)
    desk.hands.choose(desk.page.locator("input[name=channel][value=phone]"))
    desk.press("Book")  # without a reason
    desk.sees("A staff place needs a reason: choose one, or write it down.")
    desk.hands.choose(desk.page.locator("input[name=reason][value=urgent]"))
    desk.photograph("desk-book-check")
    desk.press("Book")
    booked = phone.message("appointment_booked")
    reference = desk.page.locator(".notice-success bdi, .notice-success p").first.inner_text()
    found = re.search(r"[0-9A-Z]{8,}", reference)
    assert found
    assert found.group() in booked
    desk.photograph("desk-booked")
    no_grave_faults(desk)
    move = f"/desk/{QUIET_CENTRE}/move/{found.group()}/"
    desk.page.locator(f"a[href='{move}']").click()
    desk.photograph("desk-move-times")
    desk.page.locator("a.slot").last.click()
    desk.photograph("desk-move-check")
    desk.press("Move the appointment")
    phone.message("appointment_moved", found.group())
    desk.page.locator(f"a[href='{move.replace('/move/', '/cancel/')}']").click()
    desk.photograph("desk-cancel")
    desk.press("Cancel the appointment")
    phone.message("appointment_cancelled")
    head = staff_window(window, language, "supervisor", "supervisor-galleria", Pointer())
    expect(head.page.locator("#reserve")).to_contain_text(
        head.say.within("reserve", "Urgent: travel, illness, a court date")
    )
    head.photograph("supervisor-reserve")


def register(desk: Window, caller: Somebody) -> None:
    """Nobody has the number: open an unverified account for the one who calls."""
    desk.follow("Register somebody who has no account")
    desk.hands.choose(desk.page.locator("input[name=card][value=calls]"))
    desk.write("Personal number", caller.number)
    year, month, day = caller.born.split("-")
    for label, part in (("Day", day), ("Month", month), ("Year", year)):
        desk.write(label, part)
    desk.write("Mobile number", caller.mobile)
    desk.photograph("desk-register")
    no_grave_faults(desk)
    desk.press("Register")
    desk.sees("Registered. You can book for this person now.")
    desk.photograph("desk-visitor")


def test_a_relative_books_by_consent_until_it_is_taken_back(
    window: Open, running_site: RunningSite, language: str
) -> None:
    grantor, helper = somebody(2, language), somebody(3, language)
    theirs, mine = (signed_in(window, running_site, language, who) for who in (grantor, helper))
    phone = Phone(running_site.url, f"+973{grantor.mobile}")
    theirs.open("/appointments/")
    theirs.follow("People I trust")
    theirs.photograph("trusted-empty")
    theirs.write("Personal number of the other person", helper.number)
    theirs.write("My name, as they will see it", "Examplename")
    theirs.press("Let them book for me")
    theirs.sees_heading("They may book for me")
    theirs.photograph("trusted-given")
    no_grave_faults(theirs)
    told = Phone(running_site.url, f"+973{helper.mobile}")
    mine.open(told.link("consent_given"))
    expect(mine.page.get_by_text("Examplename")).to_be_visible()
    mine.photograph("trusted-received")
    mine.open("/services/plate-change/")
    mine.page.locator("a.slot").first.click()
    mine.page.get_by_label("Examplename").check(force=True)
    mine.photograph("trusted-check")
    mine.press("Confirm the booking")
    link = phone.link("appointment_booked")
    theirs.open(link)
    theirs.open("/appointments/")
    theirs.photograph("trusted-appointments")
    theirs.page.locator("article.appointment a").first.click()
    theirs.sees("Somebody you trust booked this for you")
    expect(theirs.link("Move to another time")).to_have_count(0)
    theirs.photograph("trusted-appointment")
    theirs.follow("Cancel the appointment")
    theirs.press("Cancel the appointment")
    phone.message("appointment_cancelled")
    told.message("appointment_cancelled")
    theirs.open("/trusted/")
    theirs.press("Take back")
    theirs.sees("Nobody. Only you book for yourself.")
    mine.open("/trusted/")
    expect(mine.page.get_by_text("Examplename")).to_have_count(0)


def signed_in(window: Open, site: RunningSite, language: str, who: Somebody) -> Window:
    opened = window(language, SCREEN[language])
    opened.choose_language()
    token = sign_in(site.url, who)
    opened.page.context.add_cookies([{"name": "resident", "value": token, "url": site.url}])
    return opened


def no_grave_faults(shown: Window) -> None:
    """The page has none of the faults that shut people out."""
    assert grave_faults_in(shown.page, "light", "dark") == []
