"""A day in the hall of the small world: arriving, opening counters, reading history."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from mawaeed.booking import actions as booking
from mawaeed.booking.models import Appointment
from mawaeed.centres.models import Centre, Counter, Offering
from mawaeed.hall import actions
from mawaeed.hall.models import CounterSession, Ticket
from mawaeed.kernel.actor import SYSTEM, Actor
from mawaeed.kernel.models import History, OutboxEvent
from mawaeed.people.models import Person, Role
from small_world import NOW, World, local, make_person, make_staff

CLERK = Actor("staff", 1)
KIOSK = Actor("kiosk", 1)


def booked(
    starts_at: datetime,
    *,
    person: Person | None = None,
    service: str = "renewal",
    centre: str = "dana",
) -> Appointment:
    """An appointment booked at 08:00 by a resident of its own."""
    person = person or make_person(Person.objects.count() + 1)
    return booking.book_appointment(
        person=person,
        service_code=service,
        centre_code=centre,
        starts_at=starts_at,
        actor=SYSTEM,
        now=NOW,
    )


def arrived(starts_at: datetime, at: datetime | None = None, **more: Any) -> Ticket:
    """The ticket of an appointment checked in at `at` (by default at its start)."""
    return actions.check_in(appointment=booked(starts_at, **more), actor=KIOSK, now=at or starts_at)


def offering_of(centre: Centre, service: str = "renewal") -> Offering:
    return Offering.objects.select_related("centre", "service", "group", "pool").get(
        centre=centre, service__code=service
    )


def walked_in(centre: Centre, at: datetime, **more: Any) -> Ticket:
    more.setdefault("language", "ar")
    return actions.issue_walk_in(offering=offering_of(centre), actor=KIOSK, now=at, **more)


def working(
    world: World, number: int = 1, *, centre: Centre | None = None, at: datetime | None = None
) -> CounterSession:
    """A clerk at a counter of the centre (Dana)."""
    centre = centre or world.dana
    counter = Counter.objects.select_related("centre").get(centre=centre, number=number)
    staff = make_staff(world, f"clerk-{centre.code}-{number}", Role.CLERK, centre)
    return actions.open_counter(counter=counter, staff=staff, now=at or local(7))


def fresh(ticket: Ticket) -> Ticket:
    return Ticket.objects.select_related("centre", "counter").get(pk=ticket.pk)


def state_of_appointment(appointment: Appointment | None) -> str:
    assert appointment is not None
    return Appointment.objects.values_list("state", flat=True).get(pk=appointment.pk)


def rows_of(ticket: Ticket) -> list[tuple[str, str]]:
    """The ticket's history as (from, to)."""
    rows = History.objects.filter(subject_kind="ticket", subject_id=ticket.pk).order_by("pk")
    return list(rows.values_list("from_state", "to_state"))


def events_of(ticket: Ticket) -> list[str]:
    """Kinds of the events of this ticket, in order."""
    rows = OutboxEvent.objects.filter(subject_kind="ticket", subject_id=ticket.pk)
    return list(rows.order_by("pk").values_list("kind", flat=True))
