"""What becomes of a freed place: public at once, resting, or offered in turn."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from booking.waiting_world import accept, acting, book, cancel, states, switch_on, wait
from mawaeed.availability.models import Cooling, Interval
from mawaeed.booking import actions
from mawaeed.booking.errors import SlotTaken
from mawaeed.booking.ledger import ledger_differences
from mawaeed.booking.models import Appointment, Hold
from mawaeed.kernel.actor import SYSTEM
from mawaeed.kernel.models import OutboxEvent
from mawaeed.people.models import Person
from small_world import NOW, World, local, make_person, make_world

pytestmark = pytest.mark.django_db
START = local(9, days=3)


@pytest.fixture
def world() -> World:
    return make_world(places=1)


@pytest.fixture
def people(world: World) -> list[Person]:
    return [make_person(serial, mobile=f"+973360020{serial:02d}") for serial in range(5)]


def row(starts_at: datetime = START) -> Interval:
    return Interval.objects.get(pool__centre__code="dana", starts_at=starts_at)


def test_by_default_whatever_is_freed_is_bookable_at_once(people: list[Person]) -> None:
    cancel(book(people[0], START))
    again = book(people[1], START)
    actions.move_appointment(appointment=again, starts_at=local(11, days=3), actor=SYSTEM, now=NOW)
    third = book(people[2], START)
    actions.cancel_by_centre(appointment=third, actor=SYSTEM, reason="test", now=NOW)
    assert book(people[3], START).state == "booked"
    assert not Cooling.objects.exists()
    assert ledger_differences() == []


def test_a_place_rests_and_is_warmed_when_due(people: list[Person]) -> None:
    switch_on(freed__cool_down_minutes=60)
    cancel(book(people[0], START))
    assert (row().taken_public, row().cooling) == (0, 1)
    [cooling] = Cooling.objects.all()
    assert timedelta(minutes=30) <= cooling.until - NOW <= timedelta(minutes=60)
    with pytest.raises(SlotTaken):
        book(people[1], START)
    assert ledger_differences() == []
    assert actions.warm_due_places(now=cooling.until - timedelta(seconds=1)) == 0
    assert actions.warm_due_places(now=cooling.until) == 1
    assert book(people[1], START).state == "booked"
    assert ledger_differences() == []


def test_nothing_rests_within_a_day_of_the_start(people: list[Person]) -> None:
    switch_on(freed__cool_down_minutes=60)
    held = book(people[0], START)
    cancel(held, now=START - timedelta(hours=24))
    assert not Cooling.objects.exists()
    assert row().taken_public == 0


def test_a_move_leaves_its_old_place_to_rest_unless_the_new_one_overlaps_it(
    people: list[Person],
) -> None:
    switch_on(freed__cool_down_minutes=60)
    held = book(people[0], START, service_code="customs")
    near = actions.move_appointment(
        appointment=held, starts_at=START + timedelta(minutes=10), actor=SYSTEM, now=NOW
    )
    assert not Cooling.objects.exists()
    assert book(people[1], START).state == "booked"
    actions.move_appointment(appointment=near, starts_at=local(12, days=3), actor=SYSTEM, now=NOW)
    [cooling] = Cooling.objects.all()
    assert (cooling.starts_at, cooling.ends_at) == (
        START + timedelta(minutes=10),
        START + timedelta(minutes=30),
    )
    assert ledger_differences() == []


def test_crossing_moves_of_resting_places_keep_the_ledger(people: list[Person]) -> None:
    switch_on(freed__cool_down_minutes=60)
    first, second = book(people[0], START), book(people[1], START + timedelta(minutes=10))
    cancel(first)
    with pytest.raises(SlotTaken):
        actions.move_appointment(appointment=second, starts_at=START, actor=SYSTEM, now=NOW)
    assert ledger_differences() == []


def test_what_makes_good_for_a_shortfall_neither_rests_nor_is_offered(
    people: list[Person],
) -> None:
    switch_on(freed__cool_down_minutes=60)
    held = book(people[0], START)
    Interval.objects.filter(pool=held.pool, taken_public=1).update(capacity=0, shortfall=1)
    cancel(held)
    assert not Cooling.objects.exists()
    assert (row().taken_public, row().shortfall) == (0, 0)
    assert ledger_differences() == []


def test_a_place_that_closes_is_kept_for_nobody(people: list[Person]) -> None:
    switch_on(freed__waiting_list_first=True)
    held = book(people[0], START)
    entry = wait(people[1])
    actions.cancel_by_centre(
        appointment=held, actor=SYSTEM, reason="closure", now=NOW, place_closes=True
    )
    assert states(entry) == ["waiting"]
    assert row().taken_public == 0


def test_the_first_who_waits_is_offered_the_place_and_takes_it(people: list[Person]) -> None:
    switch_on(freed__waiting_list_first=True)
    held = book(people[0], START)
    first = wait(people[1])
    second = wait(people[2], now=NOW + timedelta(seconds=1))
    cancel(held)
    assert states(first, second) == ["offered", "waiting"]
    [hold] = Hold.objects.all()
    assert (hold.person, hold.purpose, hold.starts_at) == (people[1], "offer", START)
    assert hold.expires_at == NOW + timedelta(minutes=30)
    with pytest.raises(SlotTaken):
        book(people[3], START)
    taken = accept(first)
    assert (taken.person, taken.starts_at, taken.state) == (people[1], START, "booked")
    assert states(first, second) == ["satisfied", "waiting"]
    assert not Hold.objects.exists()
    assert ledger_differences() == []


def test_an_offer_that_lapses_goes_on_in_turn_and_then_to_everybody(
    people: list[Person],
) -> None:
    switch_on(freed__waiting_list_first=True)
    held = book(people[0], START)
    entries = [wait(each, now=NOW + timedelta(seconds=pk)) for pk, each in enumerate(people[1:3])]
    cancel(held)
    half = timedelta(minutes=30)
    assert actions.pass_on_lapsed_offers(now=NOW + half - timedelta(seconds=1)) == 0
    assert actions.pass_on_lapsed_offers(now=NOW + half) == 1
    assert states(*entries) == ["waiting", "offered"]
    assert Hold.objects.get().person == people[2]
    assert actions.pass_on_lapsed_offers(now=NOW + 2 * half) == 1
    assert states(*entries) == ["waiting", "waiting"]
    assert not Hold.objects.exists()
    assert row().taken_public == 0
    assert OutboxEvent.objects.filter(kind="place_passed_on").count() == 1
    assert ledger_differences() == []


def test_a_declined_offer_goes_on_at_once(people: list[Person]) -> None:
    switch_on(freed__waiting_list_first=True)
    held = book(people[0], START)
    first, second = wait(people[1]), wait(people[2], now=NOW + timedelta(seconds=1))
    cancel(held)
    first.refresh_from_db()
    actions.decline_offer(entry=first, actor=acting(people[1]), now=NOW)
    assert states(first, second) == ["waiting", "offered"]


def test_leaving_with_an_offer_passes_it_on(people: list[Person]) -> None:
    switch_on(freed__waiting_list_first=True)
    held = book(people[0], START)
    first = wait(people[1])
    cancel(held)
    first.refresh_from_db()
    actions.leave_waiting_list(entry=first, actor=acting(people[1]), now=NOW)
    assert states(first) == ["left"]
    assert row().taken_public == 0
    assert ledger_differences() == []


def test_an_expired_offer_is_reclaimed_by_whoever_books(people: list[Person]) -> None:
    switch_on(freed__waiting_list_first=True)
    held = book(people[0], START)
    first = wait(people[1])
    cancel(held)
    later = NOW + timedelta(minutes=31)
    assert book(people[3], START, now=later).state == "booked"
    assert actions.pass_on_lapsed_offers(now=later) == 1
    assert states(first) == ["waiting"]
    assert ledger_differences() == []


def test_a_shorter_service_is_offered_the_first_part_of_the_place(people: list[Person]) -> None:
    switch_on(freed__waiting_list_first=True)
    held = book(people[0], START, service_code="customs")
    entry = wait(people[1])
    cancel(held)
    assert states(entry) == ["offered"]
    assert Hold.objects.get().ends_at == START + timedelta(minutes=10)
    assert row(START + timedelta(minutes=10)).taken_public == 0
    assert ledger_differences() == []


def test_the_place_given_up_for_an_earlier_one_goes_to_the_next(people: list[Person]) -> None:
    switch_on(freed__waiting_list_first=True)
    early, late = book(people[0], START), book(people[1], local(12, days=3))
    entry = wait(people[1], appointment=late)
    next_one = wait(people[2], now=NOW + timedelta(seconds=1))
    cancel(early)
    moved = accept(entry)
    assert (moved.pk, moved.starts_at) == (late.pk, START)
    assert states(entry, next_one) == ["satisfied", "offered"]
    assert Hold.objects.get().starts_at == local(12, days=3)
    assert Appointment.objects.filter(person=people[1], state="booked").count() == 1
    assert ledger_differences() == []


def test_nothing_is_offered_within_a_day_of_the_start(people: list[Person]) -> None:
    switch_on(freed__waiting_list_first=True)
    held = book(people[0], START)
    entry = wait(people[1])
    cancel(held, now=START - timedelta(hours=24, minutes=20))
    assert states(entry) == ["waiting"]
    assert row().taken_public == 0
