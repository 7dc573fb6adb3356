"""A supervisor closes a morning: sees whom it displaces, moves them, and opens it again."""

from __future__ import annotations

from datetime import datetime, timedelta

from playwright.sync_api import Locator, expect

from browser.conftest import Open
from browser.hands import Pointer
from browser.test_journeys import (
    Newcomer,
    choose_time,
    confirm,
    find_service,
    sign_in,
    staff_window,
    ticket_of,
)
from browser.visit import Phone, Window
from running_site import RunningSite
from small_world import ZONE

AMAL = Newcomer("850600000", ("7", "6", "1985"), "36001246", "فحص النظر")
OMAR = Newcomer("860700000", ("8", "7", "1986"), "36001247", "eye test")
HALF_AN_HOUR = timedelta(minutes=30)


def test_closing_a_morning_in_arabic(window: Open, running_site: RunningSite) -> None:
    close_and_open_again(window, running_site, AMAL, "ar", "phone")


def test_closing_a_morning_in_english(window: Open, running_site: RunningSite) -> None:
    close_and_open_again(window, running_site, OMAR, "en", "desktop")


def close_and_open_again(
    window: Open, site: RunningSite, who: Newcomer, language: str, screen: str
) -> None:
    mine = window(language, screen, Pointer())
    phone = Phone(site.url, f"+973{who.mobile}")
    find_service(mine, who)
    choose_time(mine, day=2)
    sign_in(mine, who, phone)
    reference = confirm(mine)
    before = starts_at(mine)
    boss = staff_window(window, language, "calendar", "supervisor-galleria", Pointer())
    boss.photograph("calendar")
    look_at_who_is_affected(boss, before, reference)
    boss.write("Why", "Burst pipe")
    boss.press("Change it now")
    boss.sees_heading("The coming days")
    boss.photograph("calendar-closed")
    told = phone.message("appointment_displaced")
    assert phone.link("appointment_displaced") in told
    mine.page.reload()
    after = starts_at(mine)
    assert not before - HALF_AN_HOUR < after < before + HALF_AN_HOUR
    boss.page.locator("form[action$='/undo/'] button").first.click()
    expect(boss.page.locator(".calendar-undone").first).to_contain_text(boss.say("Undone"))
    boss.photograph("calendar-undone")
    mine.page.reload()
    assert starts_at(mine) == after


def look_at_who_is_affected(boss: Window, around: datetime, reference: str) -> None:
    """The half hours before and after a time; nothing is changed yet."""
    boss.follow("Close for a time")
    asked = {
        "From day": f"{around:%Y-%m-%d}",
        "From time": f"{around - HALF_AN_HOUR:%H:%M}",
        "To time": f"{around + HALF_AN_HOUR:%H:%M}",
    }
    for label, value in asked.items():
        boss.hands.write(field(boss, label), value)
    boss.photograph("calendar-close")
    boss.press("Show who is affected")
    row = boss.page.get_by_role("row").filter(has_text=reference)
    expect(row).to_contain_text(f"{around:%H:%M}")
    boss.photograph("calendar-affected")


def field(boss: Window, label: str) -> Locator:
    return boss.page.get_by_label(boss.say.within("closing", label), exact=True)


def starts_at(mine: Window) -> datetime:
    """The wall time on the ticket."""
    written = ticket_of(mine).locator("time").get_attribute("datetime")
    assert written is not None
    return datetime.fromisoformat(written).astimezone(ZONE)
