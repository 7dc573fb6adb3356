"""Somebody who was missed came after all."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError

from mawaeed.hall.actions.arrivals import require_open
from mawaeed.hall.actions.changes import change, require
from mawaeed.hall.errors import ReactivationOver
from mawaeed.hall.models import Ticket
from mawaeed.hall.policies import scopes_of
from mawaeed.kernel.actor import Actor
from mawaeed.kernel.clock import local_date
from mawaeed.kernel.database import write_transaction
from mawaeed.kernel.errors import Stale
from mawaeed.kernel.models import History
from mawaeed.kernel.policies import policy


def reactivate(*, ticket: Ticket, actor: Actor, now: datetime) -> Ticket:
    """A missed ticket waits again with its number, due from now: its turn had come and gone.

    The place of its appointment was freed, so it ranks as a walk-in's; being served makes the
    missed appointment good. Where the person was taken up again meanwhile, that ticket is returned.
    Refuses `ReactivationOver` (after `hall.reactivate_minutes`, or the day), `NotOpen`, `Stale`.
    Emits `ticket_reactivated`.
    """
    require(ticket, "reactivate")
    minutes = policy("hall.reactivate_minutes", now, scopes_of(ticket.centre))
    today = ticket.day == local_date(now, ticket.centre.timezone)
    if not today or now > _missed_at(ticket) + timedelta(minutes=minutes):
        raise ReactivationOver(minutes=minutes)
    require_open(ticket.offering, now)
    try:
        with write_transaction():
            return change(
                ticket,
                "reactivate",
                event="ticket_reactivated",
                actor=actor,
                now=now,
                counter=None,
                calls=0,
                due_at=now,
                **_rank(ticket),
            )
    except IntegrityError:  # `one_open_ticket_per_appointment`: taken up again before
        tickets = Ticket.objects.select_related("centre", "counter")
        found = tickets.filter(appointment=ticket.appointment, state__in=Ticket.OPEN).first()
        if found is None:
            raise Stale from None
        return found


def _rank(ticket: Ticket) -> dict[str, Any]:
    if ticket.priority_class != Ticket.PriorityClass.APPOINTMENT:
        return {}
    return {"priority_class": Ticket.PriorityClass.WALK_IN, "late": True}


def _missed_at(ticket: Ticket) -> datetime:
    rows = History.objects.filter(
        subject_kind="ticket", subject_id=ticket.pk, to_state=Ticket.State.MISSED
    )
    return rows.latest("pk").at
