"""“I need more time”, from the visitor's own page."""

from __future__ import annotations

from datetime import datetime, timedelta

from mawaeed.hall import events
from mawaeed.hall.actions.changes import change
from mawaeed.hall.errors import NoMoreTime
from mawaeed.hall.models import Ticket
from mawaeed.hall.policies import scopes_of
from mawaeed.kernel.actor import Actor
from mawaeed.kernel.database import write_transaction
from mawaeed.kernel.policies import policy


def ask_more_time(*, ticket: Ticket, now: datetime) -> Ticket:
    """Pass the waiting visitor over for a few minutes; the turn is kept, not lost.

    Each time postpones by `hall.more_time_minutes` from now, or from the end of the pause asked
    before; at most `hall.more_time_times`. Refuses `NoMoreTime` and, unless waiting, `Stale`.
    Emits `more_time_asked`.
    """
    scopes = scopes_of(ticket.centre)
    times = policy("hall.more_time_times", now, scopes)
    if ticket.more_time_used >= times:
        raise NoMoreTime(times=times)
    minutes = policy("hall.more_time_minutes", now, scopes)
    begins = max(now, ticket.not_before or now)
    with write_transaction():
        return change(
            ticket,
            "more_time",
            event=events.MORE_TIME_ASKED,
            actor=Actor("person", ticket.person_id),
            now=now,
            not_before=begins + timedelta(minutes=minutes),
            more_time_used=ticket.more_time_used + 1,
        )
