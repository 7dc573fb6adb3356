"""The waiting list: who is told of which place, and how often."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from booking.waiting_world import (
    accept,
    book,
    cancel,
    deliver,
    states,
    switch_on,
    told,
    wait,
)
from mawaeed.availability.models import CalendarChange
from mawaeed.booking import actions
from mawaeed.booking.models import WaitingEntry
from mawaeed.booking.waiting.queries import token_of
from mawaeed.kernel import outbox
from mawaeed.kernel.actor import SYSTEM
from mawaeed.notifications.models import Message
from mawaeed.people.models import Person
from small_world import NOW, TODAY, World, local, make_person, make_world

pytestmark = pytest.mark.django_db
START = local(9, days=3)
DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)


@pytest.fixture
def world() -> World:
    return make_world(places=1)


@pytest.fixture
def people(world: World) -> list[Person]:
    return [
        make_person(serial, mobile=f"+973360020{serial:02d}", language="en") for serial in range(9)
    ]


def test_a_freed_place_is_told_in_turn_to_so_many(people: list[Person]) -> None:
    switch_on(waiting__told_per_place=2)
    held = book(people[0], START)
    entries = [wait(each, now=NOW + pk * SECOND) for pk, each in enumerate(people[1:5])]
    cancel(held)
    deliver()
    assert told() == [people[1].mobile, people[2].mobile]
    assert states(*entries) == ["waiting"] * 4
    entries[0].refresh_from_db()
    assert (entries[0].messages, entries[0].last_message_at) == (1, NOW)
    assert (entries[0].offered_pool, entries[0].offered_starts_at) == (held.pool, START)
    text = Message.objects.filter(kind="place_told")[0].text
    assert f"/w/{token_of(entries[0])}" in text


def test_a_place_is_told_only_to_those_whom_it_suits(people: list[Person]) -> None:
    held = book(people[0], START)
    earlier = book(people[1], local(8, days=3))
    wait(people[1], appointment=earlier)  # holds something earlier already
    wait(people[2], centre_code="muharraq")
    wait(people[3], until_date=TODAY + 2 * DAY)
    wait(people[4], from_date=TODAY + 4 * DAY)
    wait(people[5], centre_code="dana", until_date=TODAY + 3 * DAY)
    wait(people[6], service_code="customs")  # needs twenty minutes
    for serial, minutes in ((7, 10), (8, -10)):
        book(people[serial], START + timedelta(minutes=minutes))
    cancel(held)
    deliver()
    assert told() == [people[5].mobile]


def test_a_longer_service_is_told_where_what_is_beside_is_free_too(people: list[Person]) -> None:
    held = book(people[0], START)
    entry = wait(people[1], service_code="customs")
    cancel(held)
    deliver()
    entry.refresh_from_db()
    assert entry.offered_starts_at == START - timedelta(minutes=10)


def test_a_longer_service_may_begin_with_the_freed_place(people: list[Person]) -> None:
    held = book(people[0], START)
    book(people[2], START - timedelta(minutes=10))
    entry = wait(people[1], service_code="customs")
    cancel(held)
    deliver()
    entry.refresh_from_db()
    assert entry.offered_starts_at == START


def test_a_place_that_somebody_took_meanwhile_is_told_to_nobody(people: list[Person]) -> None:
    held = book(people[0], START)
    wait(people[1])
    cancel(held)
    book(people[2], START)
    deliver()
    assert told() == []


def test_the_old_place_of_a_move_is_told(people: list[Person]) -> None:
    held = book(people[0], START)
    entry = wait(people[1])
    actions.move_appointment(appointment=held, starts_at=local(12, days=3), actor=SYSTEM, now=NOW)
    deliver()
    entry.refresh_from_db()
    assert (told(), entry.offered_starts_at) == ([people[1].mobile], START)


def test_what_is_left_of_a_missed_place_is_told(people: list[Person]) -> None:
    today = local(9)
    held = book(people[0], today, service_code="customs")
    entry = wait(people[1])
    late = today + timedelta(minutes=5)
    actions.mark_no_show(appointment=held, actor=SYSTEM, now=late, reason="test")
    deliver(late)
    entry.refresh_from_db()
    assert entry.offered_starts_at == today + timedelta(minutes=10)


def test_a_missed_place_that_is_over_is_told_to_nobody(people: list[Person]) -> None:
    held = book(people[0], local(9))
    wait(people[1])
    over = local(9, 16)
    actions.mark_no_show(appointment=held, actor=SYSTEM, now=over, reason="test")
    deliver(over)
    assert told() == []


def test_a_resting_place_is_told_when_it_is_warm(people: list[Person]) -> None:
    switch_on(freed__cool_down_minutes=60)
    held = book(people[0], START)
    wait(people[1])
    cancel(held)
    deliver()
    assert told() == []
    later = NOW + timedelta(hours=1)
    assert actions.warm_due_places(now=later) == 1
    deliver(later)
    assert told() == [people[1].mobile]


def test_a_place_whose_hold_lapsed_is_told(people: list[Person]) -> None:
    held = book(people[0], START)
    wait(people[1])
    cancel(held)
    actions.hold_places(
        person=people[2], service_codes=["renewal"], centre_code="dana", starts_at=START, now=NOW
    )
    deliver()
    assert told() == []
    later = NOW + timedelta(minutes=4)
    assert actions.release_expired_holds(now=later) == 1
    deliver(later)
    assert told() == [people[1].mobile]


def test_a_place_whose_hold_is_given_up_for_another_is_told(people: list[Person]) -> None:
    held = book(people[0], START)
    wait(people[1])
    cancel(held)
    for start in (START, local(9, days=4)):
        actions.hold_places(
            person=people[2],
            service_codes=["renewal"],
            centre_code="dana",
            starts_at=start,
            now=NOW,
        )
        if start == START:
            deliver()
            assert told() == []
    deliver()
    assert told() == [people[1].mobile]


def test_places_let_go_or_opened_are_told_each_to_so_many(
    people: list[Person], world: World
) -> None:
    switch_on(waiting__told_per_place=2)
    for pk, each in enumerate(people):
        wait(each, now=NOW + pk * SECOND, from_date=TODAY + 3 * DAY)
    outbox.emit(
        kind="places_released",
        subject_kind="release",
        subject_id=1,
        at=NOW,
        day=TODAY,
        centre_id=world.dana.pk,
        payload={"pool_id": world.dana_pool.pk, "date": "2026-11-25", "places": 84},
    )
    deliver()
    assert told() == [people[0].mobile, people[1].mobile]


def test_a_new_day_and_an_undone_change_are_told_and_a_closure_is_not(
    people: list[Person], world: World
) -> None:
    def happened(kind: str, subject_id: int, **payload: Any) -> list[str]:
        outbox.emit(
            kind=kind,
            subject_kind="test",
            subject_id=subject_id,
            at=NOW,
            day=TODAY,
            centre_id=world.dana.pk,
            payload=payload,
        )
        deliver()
        return told()

    change = CalendarChange.objects.create(
        centre=world.dana,
        kind=CalendarChange.Kind.CLOSURE,
        starts_at=local(8, days=3),
        ends_at=local(9, days=3),
        made_at=NOW,
    )
    first = wait(people[0], centre_code="dana", until_date=TODAY + 3 * DAY)
    assert happened("calendar_changed", change.pk, state="made") == []
    assert happened("calendar_changed", change.pk, state="undone") == [people[0].mobile]
    first.refresh_from_db()
    assert first.offered_starts_at == local(8, days=3)
    wait(people[1], from_date=TODAY + 5 * DAY)
    day = (TODAY + 5 * DAY).isoformat()
    opened = happened("places_opened", world.dana.calendar.pk, from_date=day, until_date=day)
    assert opened[1:] == [people[1].mobile]


def test_one_message_a_day_and_three_in_all(people: list[Person]) -> None:
    entry = wait(people[1])
    for days, messages in ((0, 1), (0, 1), (1, 2), (2, 3), (3, 3)):
        moment = NOW + days * DAY
        cancel(book(people[0], local(9, days=days + 2), now=moment), now=moment)
        deliver(moment)
        entry.refresh_from_db()
        assert (days, entry.messages, len(told())) == (days, messages, messages)


def test_two_waits_of_one_person_share_the_messages_of_a_day(people: list[Person]) -> None:
    wait(people[1])
    wait(people[1], service_code="passport")
    cancel(book(people[0], START))
    cancel(book(people[0], START, service_code="passport"))
    deliver()
    assert told() == [people[1].mobile]


def test_leaving_and_joining_again_gives_no_second_message_that_day(people: list[Person]) -> None:
    entry = wait(people[1])
    cancel(book(people[0], START))
    deliver()
    actions.leave_waiting_list(entry=WaitingEntry.objects.get(pk=entry.pk), actor=SYSTEM, now=NOW)
    wait(people[1])
    cancel(book(people[0], START))
    deliver()
    assert len(told()) == 1


def test_an_offer_is_told_with_its_end_and_an_answered_one_is_not_told(
    people: list[Person],
) -> None:
    switch_on(freed__waiting_list_first=True)
    held = book(people[0], START)
    entry = wait(people[1])
    cancel(held)
    deliver()
    [message] = Message.objects.filter(kind="place_offered")
    assert "8:30 am" in message.text
    assert message.to == people[1].mobile
    other = book(people[2], local(10, days=3))
    second = wait(people[3])
    cancel(other)
    accept(second)
    deliver()
    assert told() == [people[1].mobile]
    assert states(entry, second) == ["offered", "satisfied"]
