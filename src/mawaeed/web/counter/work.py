"""What the console says of the clerk's own work: the last press, breaks, time, what was done."""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from typing import Any

from mawaeed.centres.names import service_name
from mawaeed.hall.last_press import last_press, take_back_window
from mawaeed.hall.models import CounterBreak, CounterSession, ServiceGiven, Ticket, TicketLeg
from mawaeed.hall.policies import scopes_of
from mawaeed.hall.queries import changes_of, open_help_calls, tickets_of_day
from mawaeed.hall.rules import Change
from mawaeed.kernel.clock import local_date
from mawaeed.kernel.policies import policy

# Idleness below this is ordinary work between two visitors.
IDLE_SAID_AFTER = timedelta(minutes=2)
MISSED_SHOWN = 5


def work_of(session: CounterSession, now: datetime) -> dict[str, Any]:
    """The break that runs, the press that can be taken back, and help called for."""
    pause = CounterBreak.objects.filter(counter_session=session, ended_at=None).first()
    calls = open_help_calls(session.counter.centre).filter(counter=session.counter)
    return {
        "pause": pause,
        "last": _last(session, now),
        "help_called": [call.kind for call in calls],
    }


def _last(session: CounterSession, now: datetime) -> dict[str, Any] | None:
    press = last_press(session, now)
    if press is None or press.what is None:
        return None
    left = press.at + take_back_window(session, now) - now
    number = Ticket.objects.values_list("number", flat=True).get(pk=press.ticket_id)
    return {"what": press.what, "number": number, "seconds": math.ceil(left.total_seconds())}


def visit_of(ticket: Ticket, now: datetime, language: str) -> dict[str, Any]:
    """How long this service takes beside what is planned, its parts, and what was recorded."""
    began = served_since(changes_of([ticket])[ticket.pk])
    planned = timedelta(minutes=ticket.offering.duration_minutes)
    given = ServiceGiven.objects.select_related("offering__service").filter(ticket=ticket)
    legs = TicketLeg.objects.select_related("offering__service").filter(ticket=ticket, done=False)
    return {
        "planned": planned,
        "overtime": began is not None and now - began > planned,
        "given": [
            (service_name(row.offering.service, language), row.get_outcome_display(), row.note)
            for row in given.order_by("pk")
        ],
        "to_come": [
            service_name(leg.offering.service, language) for leg in legs.order_by("position")[1:]
        ],
        "outcomes": ServiceGiven.Outcome.choices,
        "present_offering": str(ticket.offering_id),
    }


def served_since(changes: list[Change]) -> datetime | None:
    """Since when the visitor is being served here; a finish taken back does not begin anew."""
    began = None
    for change in reversed(changes):
        if change.to_state == "serving":
            began = change.at
        elif change.to_state != "served":
            break
    return began


def idle_since(session: CounterSession, now: datetime) -> datetime | None:
    """Since when nobody is at the counter, if that is longer than usual; None else."""
    day = local_date(now, session.counter.centre.timezone)
    here = Ticket.objects.filter(counter=session.counter, day=day)
    changes = changes_of(list(here.select_related("centre").order_by("-pk")[:3]))
    ends = [rows[-1].at for rows in changes.values() if rows]
    since = max([session.opened_at, *ends])
    return since if now - since >= IDLE_SAID_AFTER else None


def missed_of(session: CounterSession, pool_id: int, now: datetime) -> list[Ticket]:
    """The last tickets of the pool that were missed and can still be revived."""
    centre = session.counter.centre
    window = timedelta(minutes=policy("hall.reactivate_minutes", now, scopes_of(centre)))
    tickets = tickets_of_day(centre, local_date(now, centre.timezone)).filter(
        pool_id=pool_id, state=Ticket.State.MISSED
    )
    newest = list(tickets.order_by("-pk")[:MISSED_SHOWN])
    changes = changes_of(newest)
    return [ticket for ticket in newest if now <= changes[ticket.pk][-1].at + window]
