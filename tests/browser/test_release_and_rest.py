"""A freed place rests before it is free again; held-back places appear at the announced minute."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from playwright.sync_api import Browser, Locator, expect

from browser.conftest import LOCALES, SCREENS, listen
from browser.gate import grave_faults_in
from browser.hands import Pointer
from browser.visit import Window, Words, until
from mawaeed.availability.models import Cooling, Interval, Release
from mawaeed.booking.actions import book_appointment, warm_due_places
from mawaeed.centres.models import Offering
from mawaeed.kernel.actor import SYSTEM
from mawaeed.kernel.clock import real_now
from mawaeed.kernel.identifiers import digest, new_token
from mawaeed.kernel.models import DemoClock, PolicyValue
from mawaeed.people.models import Person, SignIn
from running_site import served_test_database
from small_world import NOW, TODAY, World, local, make_person, make_world, open_pool

SCREEN = {"ar": "phone", "en": "desktop"}
DAY, OPENS = TODAY + timedelta(days=2), local(9, days=2)
RELEASED_AT = local(8, 30)
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Place:
    """Dana with one place on one day in two days' time, and somebody's window on it."""

    world: World
    person: Person
    mine: Window

    def times(self) -> Locator:
        """The first time of the day, on its page as it is now."""
        self.mine.open(f"/services/renewal/times/?centre=dana&day={DAY}")
        return self.mine.page.locator(f"a.slot time[datetime='{OPENS.isoformat()}']")

    def soon(self, count: int) -> None:
        """The time is there (1) or not (0) as soon as the site has seen that the clock was set."""
        until(lambda: self.times().count() == count, f"{count} times at {OPENS}")


def token_of(person: Person) -> str:
    """A sign-in of the person."""
    token, moment = new_token(), real_now()
    SignIn.objects.create(
        token_hash=digest(token),
        person=person,
        created_at=moment,
        last_used_at=moment,
        expires_at=moment + timedelta(hours=1),
    )
    return token


def set_clock(shown_at: datetime) -> None:
    DemoClock.objects.update(real_at=real_now(), shown_at=shown_at)


@pytest.fixture
def world(transactional_db: None) -> World:
    """Dana has one place on one day, in two days' time."""
    world = make_world(days=0)
    open_pool(world.dana_pool, days=1, places=1, hours=(9, 12), first_day=2)
    DemoClock.objects.create(real_at=real_now(), shown_at=NOW)
    return world


@pytest.fixture
def held_back(world: World) -> None:
    """The day's places are let go two days before, at half past eight."""
    pool = world.dana_pool
    pool.release = [{"days_before": 2, "time": "08:30", "percent": 100}]
    pool.save()
    Release.objects.create(
        pool=pool,
        date=DAY,
        step=0,
        percent=100,
        announced_from=RELEASED_AT,
        announced_until=RELEASED_AT,
        due_at=RELEASED_AT,
    )
    Interval.objects.filter(pool=pool).update(withheld=1)


@pytest.fixture(params=sorted(LOCALES))
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@contextmanager
def served(world: World, browser: Browser, language: str) -> Iterator[Place]:
    person = make_person(language=language)
    strays: list[str] = []
    with served_test_database(MAWAEED_DEMO="1") as site:
        context = browser.new_context(**SCREENS[SCREEN[language]], locale=LOCALES[language])
        listen(context, site.url, strays)
        page = context.new_page()
        mine = Window(page, site.url, Words(language), Pointer(), SCREEN[language])
        mine.choose_language()
        context.add_cookies([{"name": "resident", "value": token_of(person), "url": site.url}])
        yield Place(world, person, mine)
        context.close()
    assert strays == []


def test_a_freed_place_rests_and_is_free_again(
    world: World, browser: Browser, language: str
) -> None:
    with served(world, browser, language) as place:
        cancel_and_let_it_rest(place)


def cancel_and_let_it_rest(place: Place) -> None:
    offering = Offering.objects.get(centre=place.world.dana, service=place.world.renewal)
    PolicyValue.objects.create(
        key="freed.cool_down_minutes",
        scope_kind=PolicyValue.Scope.OFFERING,
        scope_id=offering.pk,
        value=60,
        effective_from=NOW,
    )
    booked = book_appointment(
        person=place.person,
        service_code="renewal",
        centre_code="dana",
        starts_at=OPENS,
        actor=SYSTEM,
        now=NOW,
    )
    mine = place.mine
    mine.open(f"/appointments/{booked.reference}/")
    mine.follow("Cancel the appointment")
    mine.press("Cancel the appointment")
    expect(mine.link("Cancel the appointment")).to_have_count(0)
    until_at = Cooling.objects.get().until
    assert NOW + 30 * MINUTE <= until_at <= NOW + 61 * MINUTE
    expect(place.times()).to_have_count(0)
    expect(mine.page.locator("a.slot").first).to_be_visible()
    mine.photograph("resting")
    assert warm_due_places(now=until_at - MINUTE) == 0
    set_clock(until_at)
    assert warm_due_places(now=until_at) == 1  # the worker's part
    place.soon(1)
    mine.photograph("rested")


@pytest.mark.usefixtures("held_back")
def test_places_held_back_appear_at_the_announced_minute(
    world: World, browser: Browser, language: str
) -> None:
    with served(world, browser, language) as place:
        wait_for_the_release(place)


def wait_for_the_release(place: Place) -> None:
    mine = place.mine
    expect(place.times()).to_have_count(0)
    told = mine.page.locator(".nothing-free li strong").first
    expect(told).to_contain_text("8:30")
    assert grave_faults_in(mine.page, "light", "dark") == []
    mine.photograph("release-announced")
    set_clock(RELEASED_AT)
    place.soon(1)
    expect(mine.page.locator(".nothing-free")).to_have_count(0)
    mine.photograph("release-done")
    mine.hands.press(place.times())
    mine.sees_heading("Check your booking")
    expect(mine.page.locator("section#hold[data-seconds]")).to_be_visible()
