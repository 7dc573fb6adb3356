"""A supervisor sees trouble, presses once, and it is over; all centres; the day on paper."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from browser.conftest import LOCALES, PATIENCE_MS, SCREENS, listen
from browser.hands import Pointer
from browser.visit import Window, Words
from hall_day import CLERK, booked, offering_of
from mawaeed.centres.models import Counter, Offering, Pool
from mawaeed.hall import actions as hall
from mawaeed.hall.models import CounterSession
from mawaeed.kernel.actor import Actor
from mawaeed.kernel.clock import real_now
from mawaeed.kernel.models import DemoClock
from mawaeed.people.models import Role
from running_site import RunningSite, served_test_database
from small_world import both, local, make_staff, make_world, open_pool
from staff_desk import Desk

NINE = local(9)
PAGES = re.compile(rb"/Type\s*/Page\b(?!s)")


@dataclass(frozen=True, slots=True)
class Morning:
    """Nine o'clock: one waits 35 minutes, and at another pool a clerk has nobody."""

    site: RunningSite
    desk: Desk
    idle: CounterSession


@pytest.fixture
def morning(transactional_db: None) -> Iterator[Morning]:
    world = make_world(places=2, days=2)
    other = Pool.objects.create(centre=world.dana, code="other", name=both("Other"))
    open_pool(other, days=1, places=1)
    third = Counter.objects.create(centre=world.dana, pool=other, number=3)
    Offering.objects.filter(centre=world.dana, service=world.customs).update(pool=other)
    staff = {
        "boss": make_staff(world, "boss", Role.ADMINISTRATOR),
        "clerk": make_staff(world, "clerk", Role.CLERK, world.dana),
    }
    idle = hall.open_counter(counter=third, staff=staff["clerk"], now=local(8))
    hall.issue_walk_in(
        offering=offering_of(world.dana), actor=Actor("kiosk", 1), now=local(8, 25), language="ar"
    )
    for place in range(24):
        booked(local(9 + (place + 2) // 6, (place + 2) % 6 * 10))
    DemoClock.objects.create(real_at=real_now(), shown_at=NINE)
    with served_test_database(MAWAEED_DEMO="1") as site:
        yield Morning(site, Desk(world, NINE, staff), idle)


@pytest.mark.parametrize("language", LOCALES)
def test_trouble_is_seen_pressed_and_over(
    morning: Morning, browser: Browser, language: str, tmp_path: Path
) -> None:
    strays: list[str] = []
    context = browser.new_context(**SCREENS["desktop"], locale=LOCALES[language])
    held = morning.desk.client("boss", language).cookies
    context.add_cookies(
        [{"name": n, "value": held[n].value, "url": morning.site.url} for n in held]
    )
    listen(context, morning.site.url, strays)
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    boss = Window(page, morning.site.url, Words(language), Pointer(), "desktop")
    boss.choose_language()
    see_all_centres(boss)
    press_the_alert(boss, morning)
    print_the_day(boss, tmp_path)
    context.close()
    assert strays == []


def see_all_centres(boss: Window) -> None:
    """Those in trouble first; the line on top names the longest wait."""
    boss.open("/supervisor/")
    expect(boss.page.locator("h1")).to_contain_text("35")
    first = boss.page.locator(".hall-line").first
    expect(first).to_have_class(re.compile("hall-line-danger"))
    boss.photograph("halls")
    boss.hands.press(first.get_by_role("link"))


def press_the_alert(boss: Window, morning: Morning) -> None:
    """The idle counter is lent; its clerk calls, and nothing needs anybody any more."""
    alert = boss.page.locator(".alert-row")
    expect(alert).to_have_count(1)
    expect(alert).to_contain_text("A001")
    boss.photograph("supervisor-alert")
    boss.hands.press(alert.get_by_role("button"))
    expect(alert.get_by_role("button")).to_have_count(0)
    expect(boss.page.locator(".notice-success")).to_be_visible()
    session = CounterSession.objects.select_related("counter__centre").get(pk=morning.idle.pk)
    assert hall.call_next(counter_session=session, now=NINE + timedelta(minutes=1), actor=CLERK)
    boss.sees("Nothing needs you now.")
    expect(alert).to_have_count(0)


def print_the_day(boss: Window, kept: Path) -> None:
    """On A4, with every page's head and number; and as a file that needs nothing else."""
    boss.follow("List of the day on paper")
    boss.photograph("day-list")
    with boss.page.expect_download() as downloading:
        boss.press("Keep it as a file")
    text = Path(downloading.value.path()).read_text()
    assert text.count('class="paper-reference"') == 24
    assert "@page" in text
    boss.press("Show the list to print")
    boss.is_in_language()
    expect(boss.page.locator(".paper-reference")).to_have_count(24)
    boss.photograph("day-list-paper")
    pdf = kept / "day.pdf"
    boss.page.pdf(path=pdf, prefer_css_page_size=True)
    assert len(PAGES.findall(pdf.read_bytes())) == 2
