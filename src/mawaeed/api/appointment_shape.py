"""An appointment as the API tells it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from mawaeed.api.edge import with_offset
from mawaeed.booking.models import Appointment
from mawaeed.booking.queries import can_cancel, can_move
from mawaeed.hall.models import Ticket
from mawaeed.people.models import Person


def shaped(appointment: Appointment, now: datetime, person: Person | None = None) -> dict[str, Any]:
    """One appointment with its latest hall ticket."""
    return shaped_all([appointment], now, person)[0]


def shaped_new(appointment: Appointment, now: datetime) -> dict[str, Any]:
    """An appointment that was only just made: no ticket can have been given for it."""
    return _shaped(appointment, None, now, None)


def shaped_all(
    appointments: Sequence[Appointment], now: datetime, person: Person | None = None
) -> list[dict[str, Any]]:
    """Many appointments as `person` sees them (by default whoever booked them).

    Their tickets are read in one statement.
    """
    ids = [appointment.pk for appointment in appointments]
    rows = Ticket.objects.filter(appointment_id__in=ids).order_by("pk")
    tickets = {ticket.appointment_id: ticket for ticket in rows}
    return [_shaped(each, tickets.get(each.pk), now, person) for each in appointments]


def _shaped(
    appointment: Appointment, ticket: Ticket | None, now: datetime, person: Person | None
) -> dict[str, Any]:
    booked_it = person is None or person.pk == appointment.person_id
    zone = appointment.centre.timezone
    return {
        "reference": appointment.reference,
        "state": appointment.state,
        "service": appointment.service.code,
        "centre": appointment.centre.code,
        "starts_at": with_offset(appointment.starts_at, zone),
        "ends_at": with_offset(appointment.ends_at, zone),
        "ticket": {"number": ticket.number, "state": ticket.state} if ticket else None,
        "can_move": booked_it and can_move(appointment, now),
        "can_cancel": can_cancel(appointment, now),
        "visit": appointment.visit.reference if appointment.visit else None,
        "leg": appointment.leg if appointment.visit_id else None,
    }
