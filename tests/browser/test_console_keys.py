"""A clerk's whole visit by keys alone, with a call taken back and a break."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from browser.conftest import LOCALES, Open
from browser.visit import Window
from hall_day import walked_in
from mawaeed.kernel.clock import real_now
from mawaeed.kernel.models import DemoClock
from mawaeed.people.models import Role
from running_site import RunningSite, served_test_database
from small_world import local, make_staff, make_world
from staff_desk import Desk

NINE = local(9)
CLERK = "clerk"


@pytest.fixture
def desk(transactional_db: None) -> Desk:
    """One visitor waits for each language's clerk."""
    world = make_world(days=1)
    for _ in LOCALES:
        walked_in(world.dana, local(8, 55))
    DemoClock.objects.create(real_at=real_now(), shown_at=NINE)
    return Desk(world, NINE, {CLERK: make_staff(world, CLERK, Role.CLERK, world.dana)})


@pytest.fixture
def running_site(desk: Desk) -> Iterator[RunningSite]:
    with served_test_database(MAWAEED_DEMO="1") as site:
        yield site


def test_a_visit_by_three_keys_with_one_taken_back(window: Open, desk: Desk) -> None:
    for language in LOCALES:
        clerk = at_work(window, desk, language)
        expect(clerk.page.locator(".counter-choices")).to_be_visible()
        press(clerk.page, "1", "call")  # opens the counter of that number
        press(clerk.page, "n", "start")
        number = clerk.page.locator(".console-number").inner_text()
        press(clerk.page, "z", "call")  # the wrong moment
        press(clerk.page, "n", "start")
        expect(clerk.page.locator(".console-number")).to_have_text(number)
        clerk.photograph("console-called")
        press(clerk.page, "s", "finish")
        clerk.page.keyboard.press("w")
        expect(clerk.page.locator("select[name=outcome]")).to_be_visible()
        clerk.photograph("console-serving")
        press(clerk.page, "f", "call")
        press(clerk.page, "b", "end_break")
        press(clerk.page, "b", "call")
        clerk.page.keyboard.press("c")
        expect(clerk.page.locator(".counter-choices")).to_be_visible()


def at_work(window: Open, desk: Desk, language: str) -> Window:
    """The clerk's page, signed in."""
    clerk = window(language, "desktop")
    held = desk.client(CLERK, language).cookies
    clerk.page.context.add_cookies(
        [{"name": name, "value": held[name].value, "url": clerk.site} for name in held]
    )
    clerk.open("/counter/dana/")
    return clerk


def press(page: Page, key: str, then: str) -> None:
    """Press a key; afterwards the verb `then` is the big one, and its page takes keys."""
    page.keyboard.press(key)
    expect(page.locator(f".console-verb button[value={then}]")).to_be_visible()
    page.wait_for_load_state("load")  # keys are heard once the scripts have run
