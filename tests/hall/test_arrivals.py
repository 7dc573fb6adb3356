"""Check-in and its window, walk-ins, numbers, and being taken up again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from hall_day import (
    CLERK,
    KIOSK,
    arrived,
    booked,
    events_of,
    offering_of,
    rows_of,
    state_of_appointment,
    walked_in,
    working,
)
from mawaeed.booking import actions as booking
from mawaeed.conduct.models import Event
from mawaeed.hall import actions, errors
from mawaeed.hall.models import NumberSeries, Ticket
from mawaeed.hall.topics import ticket_topic
from mawaeed.kernel.errors import DomainError, Stale
from mawaeed.kernel.models import History, OutboxEvent, PolicyValue
from mawaeed.kernel.policies import forget_policies
from small_world import TODAY, World, local, make_person, make_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> Iterator[World]:
    forget_policies()
    yield make_world(places=2)
    forget_policies()


def test_check_in_gives_a_numbered_ticket_with_one_history_row_and_event(world: World) -> None:
    person = make_person(1, mobile="+97336001235", language="en")
    appointment = booked(local(9), person=person)
    ticket = actions.check_in(appointment=appointment, actor=KIOSK, now=local(8, 40))
    assert (ticket.number, ticket.state, ticket.priority_class) == (
        "A001",
        "waiting",
        "appointment",
    )
    assert (ticket.due_at, ticket.late, ticket.day) == (local(9), False, TODAY)
    assert (ticket.mobile, ticket.language, ticket.person) == ("+97336001235", "en", person)
    assert state_of_appointment(appointment) == "checked_in"
    assert rows_of(ticket) == [("", "waiting")]
    event = OutboxEvent.objects.get(kind="ticket_issued")
    assert event.payload == {"ticket_id": ticket.pk}
    assert event.topics == f"hall:dana {ticket_topic(ticket.secret)}"
    row = History.objects.get(subject_kind="ticket")
    assert (row.centre_id, row.day, row.actor_kind) == (world.dana.pk, TODAY, "kiosk")


def test_check_in_repeated_returns_the_same_ticket(world: World) -> None:
    appointment = booked(local(9))
    first = actions.check_in(appointment=appointment, actor=KIOSK, now=local(9))
    again = actions.check_in(appointment=appointment, actor=CLERK, now=local(9, 1))
    assert again == first
    assert Ticket.objects.count() == 1
    assert rows_of(first) == [("", "waiting")]


def test_check_in_with_an_old_copy_returns_the_ticket_of_the_visit(world: World) -> None:
    appointment = booked(local(9))
    stale = type(appointment).objects.select_related("offering", "centre").get(pk=appointment.pk)
    first = actions.check_in(appointment=appointment, actor=KIOSK, now=local(9))
    Ticket.objects.filter(pk=first.pk).update(state="served")
    assert stale.state == "booked"
    assert actions.check_in(appointment=stale, actor=CLERK, now=local(9)) == first


@pytest.mark.parametrize(
    ("at", "refusal"),
    [
        (local(8, 29), errors.TooEarly),
        (local(8, 30), None),
        (local(9, 15) - timedelta(seconds=1), None),
        (local(9, 15), errors.TooLate),
        (local(9, days=-1), errors.NotToday),
        (local(9, days=1), errors.NotToday),
    ],
)
def test_check_in_window(world: World, at: datetime, refusal: type[DomainError] | None) -> None:
    appointment = booked(local(9))
    if refusal is None:
        assert actions.check_in(appointment=appointment, actor=KIOSK, now=at).state == "waiting"
        return
    with pytest.raises(refusal):
        actions.check_in(appointment=appointment, actor=KIOSK, now=at)
    assert state_of_appointment(appointment) == "booked"
    assert Ticket.objects.count() == 0


def test_too_early_says_when_check_in_opens(world: World) -> None:
    with pytest.raises(errors.TooEarly) as refused:
        actions.check_in(appointment=booked(local(9)), actor=KIOSK, now=local(8))
    assert refused.value.data == {"opens_at": local(8, 30), "opens_time": "08:30"}
    assert (refused.value.http_status, refused.value.code) == (409, "too_early")


def test_check_in_of_a_cancelled_appointment_is_stale(world: World) -> None:
    appointment = booked(local(9))
    booking.cancel_by_centre(appointment=appointment, actor=CLERK, reason="closed", now=local(8))
    with pytest.raises(Stale):
        actions.check_in(appointment=appointment, actor=KIOSK, now=local(9))
    assert Ticket.objects.count() == 0


def test_check_in_after_the_grace_is_late_and_due_on_arrival(world: World) -> None:
    PolicyValue.objects.create(key="checkin.closes_minutes", value=40, effective_from=local(0))
    forget_policies()
    ticket = arrived(local(9), local(9, 20))
    assert (ticket.late, ticket.due_at) == (True, local(9, 20))
    ticket = arrived(local(9, 10), local(9, 20))
    assert (ticket.late, ticket.due_at) == (False, local(9, 20))


def test_walk_in_is_due_from_now_in_the_class_asked_for(world: World) -> None:
    plain = walked_in(world.dana, local(9), mobile="+97336001236", language="en")
    favoured = walked_in(world.dana, local(9, 1), priority=True)
    assert (plain.priority_class, plain.due_at, plain.number) == ("walk_in", local(9), "A001")
    assert (plain.mobile, plain.language, plain.appointment) == ("+97336001236", "en", None)
    assert (favoured.priority_class, favoured.number) == ("priority", "A002")
    assert events_of(plain) == ["ticket_issued"]


@pytest.mark.parametrize("at", [local(6, 59), local(14), local(22)])
def test_walk_in_outside_opening_hours_is_refused(world: World, at: datetime) -> None:
    with pytest.raises(errors.NotOpen):
        walked_in(world.dana, at)
    assert not Ticket.objects.exists()
    assert not NumberSeries.objects.exists()


def test_walk_in_where_the_centre_or_the_offering_takes_none_is_refused(world: World) -> None:
    offering = offering_of(world.dana)
    type(offering).objects.filter(pk=offering.pk).update(walk_ins=False)
    with pytest.raises(errors.NoWalkIns):
        walked_in(world.dana, local(9))
    type(world.muharraq).objects.filter(pk=world.muharraq.pk).update(walk_ins=False)
    with pytest.raises(errors.NoWalkIns):
        walked_in(world.muharraq, local(9))


def test_numbers_run_per_centre_and_start_anew_each_day(world: World) -> None:
    given = [
        walked_in(world.dana, local(9)).number,
        arrived(local(9)).number,
        walked_in(world.muharraq, local(9)).number,
        walked_in(world.dana, local(9, days=1)).number,
    ]
    assert given == ["A001", "A002", "A001", "A001"]


def test_the_thousandth_number_has_four_digits(world: World) -> None:
    NumberSeries.objects.create(centre=world.dana, letter="A", day=TODAY, last_number=998)
    numbers = [walked_in(world.dana, local(9)).number for _ in range(2)]
    assert numbers == ["A999", "A1000"]


def test_missed_appointment_taken_up_the_same_day_and_served_is_forgiven(world: World) -> None:
    appointment = booked(local(9))
    booking.expire_unclaimed(now=local(9, 15))
    appointment.refresh_from_db()
    with pytest.raises(errors.TooLate):
        actions.check_in(appointment=appointment, actor=KIOSK, now=local(9, 50))
    ticket = actions.readmit(appointment=appointment, actor=CLERK, now=local(9, 50))
    assert actions.readmit(appointment=appointment, actor=CLERK, now=local(9, 51)) == ticket
    assert (ticket.priority_class, ticket.late, ticket.due_at) == ("walk_in", True, local(9, 50))
    session = working(world)
    called = actions.call_next(counter_session=session, now=local(10), actor=CLERK)
    assert called == ticket
    started = actions.start_service(ticket=called, actor=CLERK, now=local(10, 1))
    assert Event.objects.get(kind="missed").reversed_at is None
    actions.finish_service(ticket=started, actor=CLERK, now=local(10, 9))
    assert Event.objects.get(kind="missed").reversed_at == local(10, 9)
    assert Event.objects.get(kind="attended").person_id == appointment.person_id
    assert state_of_appointment(appointment) == "no_show"


def test_readmit_refuses_another_day_and_another_state(world: World) -> None:
    appointment = booked(local(9))
    with pytest.raises(errors.NotReadmittable):
        actions.readmit(appointment=appointment, actor=CLERK, now=local(9))
    booking.expire_unclaimed(now=local(9, 15))
    appointment.refresh_from_db()
    with pytest.raises(errors.NotReadmittable):
        actions.readmit(appointment=appointment, actor=CLERK, now=local(9, days=1))
    with pytest.raises(errors.NotOpen):
        actions.readmit(appointment=appointment, actor=CLERK, now=local(15))
    assert Ticket.objects.count() == 0


def test_walk_in_of_a_known_person_counts_as_attended(world: World) -> None:
    person = make_person(1)
    ticket = walked_in(world.dana, local(9), person=person)
    called = actions.call_next(counter_session=working(world), now=local(9, 5), actor=CLERK)
    assert called == ticket
    started = actions.start_service(ticket=called, actor=CLERK, now=local(9, 6))
    actions.finish_service(ticket=started, actor=CLERK, now=local(9, 20))
    event = Event.objects.get(person=person)
    assert (event.kind, event.at, event.appointment_id) == ("attended", local(9, 20), None)
