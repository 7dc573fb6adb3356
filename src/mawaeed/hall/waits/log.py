"""Finished and running days as the log that learned estimates are made from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime

from mawaeed.centres.models import Centre
from mawaeed.hall.estimates.replay import LoggedTicket
from mawaeed.hall.models import Ticket
from mawaeed.hall.waits.state import minutes_by_offering
from mawaeed.kernel.clock import day_bounds
from mawaeed.kernel.models import History


def queue_of(pool_id: int, priority_class: str) -> str:
    """What counts as one queue: a pool's tickets of one class."""
    return f"{pool_id}/{priority_class}"


def days_with_tickets(centres: Sequence[Centre], start: date, end: date) -> list[date]:
    """Local days in the half-open period on which any of the centres gave tickets."""
    found = Ticket.objects.filter(
        centre_id__in=[centre.pk for centre in centres], day__gte=start, day__lt=end
    )
    return sorted(set(found.order_by().values_list("day", flat=True).distinct()))


def log_of_day(centres: Iterable[Centre], day: date) -> list[LoggedTicket]:
    """Every ticket of the day that was called, with its first call."""
    found: list[LoggedTicket] = []
    for centre in centres:
        found += _of_centre(centre, day)
    return found


def _of_centre(centre: Centre, day: date) -> list[LoggedTicket]:
    midnight, _ = day_bounds(day, centre.timezone)
    calls = first_calls(centre, day)
    planned = minutes_by_offering(centre)
    tickets = Ticket.objects.filter(centre=centre, day=day, pk__in=list(calls)).order_by("pk")
    values = tickets.values_list("pk", "pool_id", "priority_class", "offering_id", "created_at")
    found = []
    for pk, pool_id, priority_class, offering_id, created_at in values:
        issued = (created_at - midnight).total_seconds() / 60
        called = (calls[pk] - midnight).total_seconds() / 60
        found.append(
            LoggedTicket(
                office=str(centre.pk),
                queue=queue_of(pool_id, priority_class),
                day=day,
                seq=pk,
                issued_at=issued,
                called_at=max(issued, called),
                wait=max(0.0, called - issued),
                waiting=0,
                counters=0,
                planned_minutes=planned.get(offering_id, 10.0),
                clean=True,
            )
        )
    return found


def first_calls(centre: Centre, day: date) -> dict[int, datetime]:
    """Ticket id → when it was first called on a local day, from history."""
    rows = History.objects.filter(
        centre_id=centre.pk, day=day, subject_kind="ticket", to_state="called"
    )
    return dict(rows.order_by("-pk").values_list("subject_id", "at"))
