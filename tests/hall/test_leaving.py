"""Giving the place up before the call: a late cancellation, unless the delay is the hall's."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest

from hall_day import CLERK, KIOSK, arrived, fresh, state_of_appointment, working
from mawaeed.booking import actions as booking
from mawaeed.booking.legs import Wanted
from mawaeed.conduct.models import Event
from mawaeed.conduct.queries import as_value
from mawaeed.conduct.rules import current_run
from mawaeed.hall import actions
from mawaeed.hall.leaving import leaving_counts
from mawaeed.hall.models import DelayWarning, Ticket, WaitEstimate
from mawaeed.kernel.actor import SYSTEM, Actor
from mawaeed.kernel.models import OutboxEvent, PolicyValue
from mawaeed.kernel.policies import forget_policies
from mawaeed.people.models import Person
from small_world import NOW, World, local, make_person, make_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return make_world(places=2, days=1)


def set_policy(key: str, value: object) -> None:
    PolicyValue.objects.create(key=key, value=value, effective_from=local(0))
    forget_policies()


def nothing(_ticket: Ticket) -> None:
    """As it is."""


def asked_for_more_time(ticket: Ticket) -> None:
    Ticket.objects.filter(pk=ticket.pk).update(more_time_used=1)


def is_expected_late(ticket: Ticket) -> None:
    WaitEstimate.objects.create(
        ticket=ticket,
        centre=ticket.centre,
        day=ticket.day,
        made_at=local(9),
        p50=50,
        p90=60,
        low=50,
        high=60,
        ahead=9,
        method=WaitEstimate.Method.ANALYTIC,
    )


def was_told_of_a_delay(ticket: Ticket) -> None:
    assert ticket.appointment is not None
    DelayWarning.objects.create(appointment=ticket.appointment, minutes=20, at=local(8))


def was_called(ticket: Ticket) -> None:
    actions.park(ticket=call(ticket), actor=CLERK, now=local(9, 1))


def call(ticket: Ticket) -> Ticket:
    Ticket.objects.filter(pk=ticket.pk).update(state=Ticket.State.CALLED, calls=1)
    return fresh(ticket)


@pytest.mark.parametrize(
    ("happened", "at", "counts"),
    [
        (nothing, local(8, 50), True),
        (nothing, local(9, 30), True),
        (nothing, local(9, 31), False),
        (asked_for_more_time, local(9, 31), True),
        (is_expected_late, local(9, 5), False),
        (was_told_of_a_delay, local(9, 5), False),
        (was_called, local(9, 5), False),
        (lambda _: set_policy("conduct.leaving_counts", value=False), local(9, 5), False),
        (lambda _: set_policy("conduct.free_cancel_minutes", value=0), local(8, 50), False),
    ],
    ids=["before", "as promised", "late", "own time", "late soon", "told", "called", "off", "free"],
)
def test_leaving_counts_as_long_as_nothing_is_the_halls_delay(
    world: World, happened: Callable[[Ticket], None], at: datetime, *, counts: bool
) -> None:
    ticket = arrived(local(9), local(8, 45))
    happened(ticket)
    ticket = Ticket.objects.get(pk=ticket.pk)
    assert leaving_counts(ticket, at) is counts
    actions.leave(ticket=ticket, actor=Actor("person", ticket.person_id), now=at)
    assert (fresh(ticket).state, state_of_appointment(ticket.appointment)) == ("left", "cancelled")
    recorded = list(Event.objects.values_list("kind", "at"))
    assert recorded == ([("late_cancellation", at)] if counts else [])
    told = OutboxEvent.objects.get(kind="appointment_cancelled").payload
    assert (told["by"], told["late"]) == ("person", counts)


def test_a_visit_of_several_is_one_event_and_none_once_a_part_was_served(world: World) -> None:
    booker = make_person(1)
    ticket = arrived_for_two(booker, local(9))
    actions.leave(ticket=ticket, actor=Actor("person", booker.pk), now=local(9, 5))
    events = [as_value(event) for event in Event.objects.all()]
    assert (len(events), len(current_run(events))) == (2, 1)

    came = make_person(2)
    ticket = arrived_for_two(came, local(10))
    called = actions.call_next(counter_session=working(world), now=local(10), actor=CLERK)
    assert called == ticket
    started = actions.start_service(ticket=called, actor=CLERK, now=local(10))
    actions.finish_service(ticket=started, actor=CLERK, now=local(10, 10))
    second = Ticket.objects.get(person=came, state=Ticket.State.WAITING)
    actions.leave(ticket=second, actor=Actor("person", came.pk), now=local(10, 15))
    assert list(Event.objects.filter(person=came).values_list("kind", flat=True)) == ["attended"]


def arrived_for_two(person: Person, at: datetime) -> Ticket:
    first, _second = booking.book_visit(
        person=person,
        wanted=[Wanted("renewal"), Wanted("passport")],
        centre_code="dana",
        starts_at=at,
        actor=SYSTEM,
        now=NOW,
    )
    return actions.check_in(appointment=first, actor=KIOSK, now=at)
