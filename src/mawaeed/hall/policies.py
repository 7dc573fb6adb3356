"""The hall's settings, read once into the values its rules work with."""

from __future__ import annotations

from datetime import datetime, timedelta

from mawaeed.booking.models import Appointment
from mawaeed.centres.models import Centre
from mawaeed.hall.models import Ticket
from mawaeed.hall.rules import Rate, Rates
from mawaeed.kernel.policies import Scope, policy


def scopes_of(centre: Centre) -> list[Scope]:
    """Policy scopes of a centre, narrow to wide."""
    return [("centre", centre.pk), ("directorate", centre.directorate_id)]


def rates_for(centre: Centre, now: datetime) -> Rates:
    """How the classes of tickets grow at this centre now."""
    scopes = scopes_of(centre)
    ceiling = policy("hall.ceiling_minutes", now, scopes)
    credit = policy("hall.credit_priority", now, scopes)
    return {
        "appointment": Rate(policy("hall.rate_appointment", now, scopes), 0.0, ceiling),
        "walk_in": Rate(policy("hall.rate_walk_in", now, scopes), 0.0, ceiling),
        "priority": Rate(policy("hall.rate_priority", now, scopes), credit, ceiling),
    }


def most_services(centre: Centre, now: datetime) -> int:
    """How many services one ticket is good for."""
    return int(policy("visit.legs", now, scopes_of(centre)))


def check_in_window(appointment: Appointment, now: datetime) -> tuple[datetime, datetime]:
    """From when until when the appointment can be checked in (UTC; the end is outside)."""
    scopes = [("offering", appointment.offering_id), *scopes_of(appointment.centre)]
    opens = timedelta(minutes=policy("checkin.opens_minutes", now, scopes))
    closes = timedelta(minutes=policy("checkin.closes_minutes", now, scopes))
    return appointment.starts_at - opens, appointment.starts_at + closes


def due_when_sent_on(ticket: Ticket, now: datetime) -> datetime:
    """Since when a ticket counts as due that is sent on: as before, or from now (UTC)."""
    keeps = policy("hall.transfer_keeps_due", now, scopes_of(ticket.centre))
    return ticket.due_at if keeps else now


def promised_minutes(ticket: Ticket, now: datetime) -> int:
    """Up to so many minutes after the booked start a call is as promised.

    What the visitor asked to be passed over for is no delay of ours.
    """
    scopes = scopes_of(ticket.centre)
    asked_for = ticket.more_time_used * policy("hall.more_time_minutes", now, scopes)
    return int(policy("hall.promised_range_minutes", now, scopes) + asked_for)
