"""The table of outcomes in the glossary, row by row."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from hall_day import (
    CLERK,
    arrived,
    booked,
    events_of,
    fresh,
    rows_of,
    state_of_appointment,
    walked_in,
    working,
)
from mawaeed.booking import actions as booking
from mawaeed.booking.ledger import ledger_differences
from mawaeed.booking.models import Appointment
from mawaeed.conduct.models import Event
from mawaeed.hall import actions, errors
from mawaeed.hall.consumers import cancel_open_ticket
from mawaeed.hall.models import Ticket
from mawaeed.kernel.actor import SYSTEM
from mawaeed.kernel.models import OutboxEvent
from small_world import TODAY, World, local, make_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return make_world(places=2, days=1)


NINE = local(9)


def called_twice(world: World, at: datetime, arrives: datetime = NINE) -> Ticket:
    """The ticket of a 09:00 appointment, called at counter 1 at `at`, and once more."""
    arrived(local(9), arrives)
    ticket = actions.call_next(counter_session=working(world), now=at, actor=CLERK)
    assert ticket is not None
    return actions.recall(ticket=ticket, actor=CLERK, now=at + timedelta(seconds=20))


def outcome(ticket: Ticket) -> tuple[str, str, list[str]]:
    """Ticket, appointment, kinds of conduct events."""
    kinds = Event.objects.order_by("pk").values_list("kind", flat=True)
    return fresh(ticket).state, state_of_appointment(ticket.appointment), list(kinds)


def test_never_checked_in_is_a_no_show_without_a_ticket(world: World) -> None:
    appointment = booked(local(9))
    assert booking.expire_unclaimed(now=local(9, 15)) == 1
    assert state_of_appointment(appointment) == "no_show"
    assert list(Event.objects.values_list("kind", "at")) == [("missed", local(9))]
    assert not Ticket.objects.exists()


@pytest.mark.parametrize("called_at", [local(9, 1), local(9, 30)])
def test_called_within_the_promised_range_and_absent_is_missed(
    world: World, called_at: datetime
) -> None:
    ticket = called_twice(world, called_at)
    actions.mark_missed(ticket=ticket, actor=CLERK, now=local(9, 33))
    assert outcome(ticket) == ("missed", "no_show", ["missed"])
    assert events_of(ticket)[-1] == "ticket_missed"
    assert ledger_differences() == []


def test_called_later_than_promised_and_absent_is_nobodys_fault(world: World) -> None:
    ticket = called_twice(world, local(9, 31))
    actions.mark_missed(ticket=ticket, actor=CLERK, now=local(9, 33))
    assert outcome(ticket) == ("left", "cancelled", [])
    assert events_of(ticket)[-1] == "ticket_left"


def test_called_late_because_the_visitor_asked_for_more_time_is_no_excuse(world: World) -> None:
    session = working(world)
    ticket = arrived(NINE)
    actions.ask_more_time(ticket=ticket, now=local(9, 29))
    called = actions.call_next(counter_session=session, now=local(9, 34), actor=CLERK)
    assert called is not None
    again = actions.recall(ticket=called, actor=CLERK, now=local(9, 35))
    actions.mark_missed(ticket=again, actor=CLERK, now=local(9, 36))
    assert outcome(ticket) == ("missed", "no_show", ["missed"])


def test_called_again_late_after_being_parked_counts_as_late(world: World) -> None:
    ticket = called_twice(world, local(9, 5))
    parked = actions.park(ticket=ticket, actor=CLERK, now=local(9, 6))
    actions.resume(ticket=parked, actor=CLERK, now=local(9, 40))
    session = ticket.counter.work.get()  # type: ignore[union-attr]
    again = actions.call_next(counter_session=session, now=local(9, 41), actor=CLERK)
    assert again is not None
    again = actions.recall(ticket=again, actor=CLERK, now=local(9, 42))
    actions.mark_missed(ticket=again, actor=CLERK, now=local(9, 44))
    assert outcome(ticket) == ("left", "cancelled", [])


def test_called_before_the_booked_start_cannot_be_missed_yet(world: World) -> None:
    ticket = called_twice(world, local(8, 40), local(8, 35))
    with pytest.raises(errors.NotDueYet) as refused:
        actions.mark_missed(ticket=ticket, actor=CLERK, now=local(8, 45))
    assert refused.value.data == {"starts_time": "09:00"}
    assert outcome(ticket) == ("called", "checked_in", [])
    ticket = actions.recall(ticket=fresh(ticket), actor=CLERK, now=local(9, 2))
    actions.mark_missed(ticket=ticket, actor=CLERK, now=local(9, 4))
    assert outcome(ticket) == ("missed", "no_show", ["missed"])


def test_too_few_calls_refuse_missed(world: World) -> None:
    arrived(local(9))
    ticket = actions.call_next(counter_session=working(world), now=local(9, 1), actor=CLERK)
    assert ticket is not None
    with pytest.raises(errors.TooFewCalls) as refused:
        actions.mark_missed(ticket=ticket, actor=CLERK, now=local(9, 2))
    assert refused.value.data == {"calls": 1, "needed": 2}
    assert outcome(ticket) == ("called", "checked_in", [])


def test_served_fulfils_and_resets_the_run(world: World) -> None:
    ticket = called_twice(world, local(9, 1))
    started = actions.start_service(ticket=ticket, actor=CLERK, now=local(9, 2))
    actions.finish_service(ticket=started, actor=CLERK, now=local(9, 12))
    assert outcome(ticket) == ("served", "fulfilled", ["attended"])
    event = OutboxEvent.objects.get(kind="service_finished")
    assert event.payload == {"ticket_id": ticket.pk}
    assert rows_of(ticket) == [
        ("", "waiting"),
        ("waiting", "called"),
        ("called", "called"),
        ("called", "serving"),
        ("serving", "served"),
    ]


@pytest.mark.parametrize("state", ["waiting", "called", "serving", "parked"])
def test_day_closed_with_the_ticket_open_is_nobodys_fault(world: World, state: str) -> None:
    ticket = arrived(NINE) if state == "waiting" else called_twice(world, local(9, 1))
    if state == "serving":
        ticket = actions.start_service(ticket=ticket, actor=CLERK, now=local(9, 2))
    if state == "parked":
        ticket = actions.park(ticket=ticket, actor=CLERK, now=local(9, 2))
    result = actions.close_day(centre=world.dana, day=TODAY, now=local(15), actor=SYSTEM)
    assert result == actions.DayClose(1, 1, 0 if state == "waiting" else 1)
    assert outcome(ticket) == ("left", "cancelled", [])
    told = OutboxEvent.objects.get(kind="day_closed")
    assert told.payload["tickets_left"] == 1


def test_close_day_repeated_finds_nothing(world: World) -> None:
    arrived(local(9))
    walked_in(world.dana, local(9))
    stranger = walked_in(world.muharraq, local(9))
    tomorrow = walked_in(world.dana, local(9), language="en")
    Ticket.objects.filter(pk=tomorrow.pk).update(day=TODAY + timedelta(days=1))
    first = actions.close_day(centre=world.dana, day=TODAY, now=local(15), actor=SYSTEM)
    assert first == actions.DayClose(2, 1, 0)
    again = actions.close_day(centre=world.dana, day=TODAY, now=local(15), actor=SYSTEM)
    assert again == actions.DayClose(0, 0, 0)
    assert OutboxEvent.objects.filter(kind="day_closed").count() == 1
    assert [fresh(stranger).state, fresh(tomorrow).state] == ["waiting", "waiting"]


def test_leaving_by_a_word_to_staff_never_counts(world: World) -> None:
    ticket = arrived(local(9))
    actions.leave(ticket=ticket, actor=CLERK, now=local(9, 5))
    assert outcome(ticket) == ("left", "cancelled", [])


def test_walk_in_missed_touches_nobodys_record(world: World) -> None:
    walked_in(world.dana, local(9))
    ticket = actions.call_next(counter_session=working(world), now=local(9, 1), actor=CLERK)
    assert ticket is not None
    ticket = actions.recall(ticket=ticket, actor=CLERK, now=local(9, 2))
    assert actions.mark_missed(ticket=ticket, actor=CLERK, now=local(9, 3)).state == "missed"
    assert not Event.objects.exists()


def test_appointment_cancelled_elsewhere_takes_its_ticket_out_of_the_hall(world: World) -> None:
    ticket = arrived(local(9))
    appointment = Appointment.objects.get()
    booking.cancel_by_centre(
        appointment=appointment, actor=CLERK, reason="closure", now=local(9, 5)
    )
    event = OutboxEvent.objects.get(kind="appointment_cancelled")
    cancel_open_ticket(event, local(9, 6))
    cancel_open_ticket(event, local(9, 7))
    assert outcome(ticket) == ("cancelled", "cancelled", [])
    assert rows_of(ticket) == [("", "waiting"), ("waiting", "cancelled")]


@pytest.mark.parametrize(("centre", "reversed_events"), [("dana", 1), ("muharraq", 0)])
def test_served_without_appointment_the_same_day_makes_the_missed_one_good(
    world: World, centre: str, reversed_events: int
) -> None:
    missed = booked(local(9))
    booking.expire_unclaimed(now=local(9, 15))
    place = world.dana if centre == "dana" else world.muharraq
    walked_in(place, local(9, 20), person=missed.person)
    session = working(world, centre=place)
    called = actions.call_next(counter_session=session, now=local(9, 25), actor=CLERK)
    assert called is not None
    serving = actions.start_service(ticket=called, actor=CLERK, now=local(9, 26))
    actions.finish_service(ticket=serving, actor=CLERK, now=local(9, 36))
    events = Event.objects.filter(kind="missed", reversed_reason="served_same_day")
    assert events.count() == reversed_events
