"""The analytic range of one ticket from a few small reads: what is said before anything better."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Avg, F
from django.db.models.functions import Coalesce

from mawaeed.availability.models import Session
from mawaeed.hall.estimates.analytic import gamma_estimate
from mawaeed.hall.models import CounterSession, Ticket
from mawaeed.hall.queries import people_ahead

# From the end of one visitor to the call of the next, in minutes.
TURN_AROUND = 0.3
# Planned minutes of a service that does not say.
USUAL_MINUTES = 10.0


@dataclass(frozen=True, slots=True)
class Reckoned:
    """P50 and P90 in minutes from now, and how many are before."""

    p50: float
    p90: float
    ahead: int


def reckon(ticket: Ticket, now: datetime) -> Reckoned:
    """The gamma law of the people ahead over the counters at work. Four small reads.

    With no counter open it counts those planned, from the opening on.
    """
    ahead = people_ahead(ticket, now)
    counters = _counters_at_work(ticket)
    delay = 0.0
    if not counters:
        counters, delay = _planned(ticket, now)
    found = gamma_estimate(ahead, (_service_minutes(ticket) + TURN_AROUND) / counters)
    return Reckoned(delay + found.p50, delay + found.p90, ahead)


def _counters_at_work(ticket: Ticket) -> int:
    return CounterSession.objects.filter(
        counter__pool_id=ticket.pool_id, closed_at__isnull=True
    ).count()


def _planned(ticket: Ticket, now: datetime) -> tuple[int, float]:
    """Counters of the next session of the pool today, and minutes until it begins."""
    session = (
        Session.objects.filter(pool_id=ticket.pool_id, date=ticket.day, ends_at__gt=now)
        .order_by("starts_at")
        .first()
    )
    if session is None:
        return 1, 0.0
    return max(1, session.places), max(0.0, (session.starts_at - now).total_seconds() / 60)


def _service_minutes(ticket: Ticket) -> float:
    minutes = Coalesce(F("offering__duration_override"), F("offering__service__duration_minutes"))
    open_tickets = Ticket.objects.filter(
        pool_id=ticket.pool_id, day=ticket.day, state__in=(*Ticket.AT_COUNTER, Ticket.State.WAITING)
    )
    return open_tickets.aggregate(mean=Avg(minutes * 1.0))["mean"] or USUAL_MINUTES
