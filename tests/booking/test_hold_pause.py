"""Nobody keeps a place for ever by holding it anew whenever the hold runs out."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from mawaeed.booking import actions
from mawaeed.booking.errors import HoldPaused, LimitReached
from mawaeed.booking.ledger import ledger_differences
from mawaeed.booking.models import Appointment, Hold
from mawaeed.booking.rules import is_pausing
from mawaeed.kernel import policies
from mawaeed.kernel.actor import SYSTEM
from mawaeed.kernel.models import PolicyValue
from mawaeed.people.models import Person
from small_world import NOW, World, local, make_person, make_world

TEN, ELEVEN = local(10, days=1), local(11, days=1)
OVER = NOW + timedelta(minutes=3)
SECOND = timedelta(seconds=1)
FREE_AGAIN = OVER + 60 * SECOND


@pytest.fixture
def world(db: None) -> World:
    return make_world(places=1)


@pytest.fixture
def person(world: World) -> Person:
    return make_person(1)


def hold(person: Person, now: datetime, at: datetime = TEN, *services: str) -> list[Hold]:
    return actions.hold_places(
        person=person,
        service_codes=services or ("renewal",),
        centre_code="dana",
        starts_at=at,
        now=now,
    )


def book(
    person: Person, now: datetime, service: str = "renewal", at: datetime = TEN
) -> Appointment:
    return actions.book_appointment(
        person=person,
        service_code=service,
        centre_code="dana",
        starts_at=at,
        actor=SYSTEM,
        now=now,
    )


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (OVER - SECOND, False),
        (OVER, True),
        (FREE_AGAIN - SECOND, True),
        (FREE_AGAIN, False),
    ],
)
def test_the_pause_begins_with_the_end_of_the_hold(now: datetime, expected: bool) -> None:
    assert is_pausing(OVER, now, timedelta(seconds=60)) == expected
    assert not is_pausing(None, now, timedelta(seconds=60))


@pytest.mark.parametrize("reclaimed", [False, True])
def test_after_a_hold_ran_out_somebody_else_has_the_first_try(
    person: Person, reclaimed: bool
) -> None:
    hold(person, NOW)
    if reclaimed:
        assert actions.release_expired_holds(now=OVER) == 1
    for at in (TEN, ELEVEN):
        with pytest.raises(HoldPaused):
            hold(person, FREE_AGAIN - SECOND, at)
    actions.release_hold(person=person, now=FREE_AGAIN - SECOND)  # too late to count
    with pytest.raises(HoldPaused):
        hold(person, FREE_AGAIN - SECOND)
    assert hold(make_person(2), FREE_AGAIN - SECOND)
    assert hold(person, FREE_AGAIN, ELEVEN)
    assert ledger_differences() == []


def test_who_is_refused_a_hold_may_still_book(person: Person) -> None:
    hold(person, NOW)
    with pytest.raises(HoldPaused):
        hold(person, OVER)
    assert book(person, OVER).starts_at == TEN
    assert hold(person, OVER, ELEVEN, "customs")  # something came of it


@pytest.mark.parametrize("end", ["let go", "booked"])
def test_a_hold_that_ended_well_asks_for_no_pause(person: Person, end: str) -> None:
    hold(person, NOW)
    if end == "booked":
        book(person, NOW)
    else:
        actions.release_hold(person=person, now=NOW)
    assert hold(person, OVER, ELEVEN, "customs")


def test_another_choice_counts_from_its_own_end(person: Person) -> None:
    hold(person, NOW)
    hold(person, NOW + 60 * SECOND, ELEVEN)
    assert hold(person, OVER + SECOND, TEN)
    with pytest.raises(HoldPaused):
        hold(person, OVER + 181 * SECOND, ELEVEN)


def test_the_pause_is_a_setting(person: Person) -> None:
    PolicyValue.objects.create(key="hold.pause_seconds", value=0, effective_from=NOW)
    policies.forget_policies()
    hold(person, NOW)
    assert hold(person, OVER)


def test_nobody_holds_more_than_they_may_book(person: Person) -> None:
    PolicyValue.objects.create(key="booking.active_cap", value=2, effective_from=NOW)
    policies.forget_policies()
    book(person, NOW)
    assert hold(person, NOW, ELEVEN, "passport")
    with pytest.raises(LimitReached):
        hold(person, NOW, ELEVEN, "passport", "customs")
    book(person, NOW, "passport", ELEVEN)
    with pytest.raises(LimitReached):
        hold(person, NOW, local(12, days=1), "renewal")
    assert not Hold.objects.exists()
    assert ledger_differences() == []
