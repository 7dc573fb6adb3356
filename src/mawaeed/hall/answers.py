"""What a press at a counter is answered, as values: kept under the key of a request that repeats.

`statement/press.sql` writes the same.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from mawaeed.centres.models import Centre
from mawaeed.hall.models import CounterSession, Ticket
from mawaeed.hall.walk_in import WalkIn
from mawaeed.kernel.clock import with_offset


def ticket_shaped(ticket: Ticket, centre: Centre) -> dict[str, Any]:
    """A ticket as staff see it; nothing of it is personal."""
    return {
        "number": ticket.number,
        "state": ticket.state,
        "service": ticket.offering.service.code,
        "priority_class": ticket.priority_class,
        "due_at": with_offset(ticket.due_at, centre.timezone),
        "calls": ticket.calls,
        "counter": ticket.counter.number if ticket.counter else None,
    }


def just_given(asked: WalkIn, now: datetime) -> dict[str, Any]:
    """The same of a ticket that is about to be given; its `number` is not known yet."""
    return {
        "number": "",
        "state": Ticket.State.WAITING,
        "service": asked.offering.service.code,
        "priority_class": asked.priority_class,
        "due_at": with_offset(now, asked.offering.centre.timezone),
        "calls": 0,
        "counter": None,
    }


def counter_shaped(
    session: CounterSession, ticket: Ticket | None, centre: Centre
) -> dict[str, Any]:
    """A counter with the visitor it has."""
    return {
        "counter": session.counter.number,
        "open": session.closed_at is None,
        "ticket": ticket_shaped(ticket, centre) if ticket else None,
    }
