"""The one way a ticket changes: conditional update, history row and event together."""

from __future__ import annotations

from copy import copy
from datetime import datetime
from typing import Any

from mawaeed.hall.models import Ticket
from mawaeed.hall.rules import TICKET_TRANSITIONS
from mawaeed.hall.topics import hall_topic, ticket_topic
from mawaeed.kernel import history, outbox
from mawaeed.kernel.actor import Actor
from mawaeed.kernel.errors import Stale
from mawaeed.kernel.statements import update_where

SUBJECT = "ticket"


def require(ticket: Ticket, verb: str) -> str:
    """The state `verb` leads to from where the ticket is; refuses `Stale`."""
    target = TICKET_TRANSITIONS.get((ticket.state, verb))
    if target is None:
        raise Stale(state=ticket.state)
    return target


def unchanged(ticket: Ticket) -> dict[str, Any]:
    """The ticket's row as long as nobody has changed it: what every update is conditional on.

    `calls` is in it so that two recalls of one state cannot both count; the places, so that a
    ticket sent on in this very moment is not called where it was, nor started there; and
    `more_time_used`, so that a visitor who asked for a pause is not called in this very moment.
    """
    compared = ("pk", "state", "calls", "more_time_used", "pool_id", "counter_id")
    wanted = ("wanted_counter_id", "wanted_staff_id")
    return {name: getattr(ticket, name) for name in (*compared, *wanted)}


def change(
    ticket: Ticket,
    verb: str,
    *,
    event: str,
    actor: Actor,
    now: datetime,
    reason: str = "",
    details: dict[str, Any] | None = None,
    payload: dict[str, Any] | None = None,
    **fields: Any,
) -> Ticket:
    """Carry out `verb` inside the caller's transaction; returns the ticket as it is now.

    History says at which counter, which is how a counter's last press is found. Refuses `Stale`
    when the state does not allow it or changed meanwhile; `ticket` itself stays as it was read.
    """
    fields["state"] = require(ticket, verb)
    if update_where(Ticket, unchanged(ticket), fields) != 1:
        raise Stale
    changed = copy(ticket)
    for name, value in fields.items():
        setattr(changed, name, value)
    tell(
        changed,
        event=event,
        from_state=ticket.state,
        actor=actor,
        now=now,
        reason=reason,
        details={**_counter_of(ticket), **(details or {})},
        payload=payload,
    )
    return changed


def _counter_of(ticket: Ticket) -> dict[str, int]:
    return {"counter": ticket.counter.number} if ticket.counter else {}


def tell(
    ticket: Ticket,
    *,
    event: str,
    from_state: str,
    actor: Actor,
    now: datetime,
    reason: str = "",
    details: dict[str, Any] | None = None,
    payload: dict[str, Any] | None = None,
) -> None:
    """Write the history row and the outbox event; both carry the ticket's own day.

    A ticket closed after midnight thus stays whole under one day.
    """
    history.record(
        subject_kind=SUBJECT,
        subject_id=ticket.pk,
        from_state=from_state,
        to_state=ticket.state,
        actor=actor,
        at=now,
        day=ticket.day,
        agency_id=ticket.agency_id,
        centre_id=ticket.centre_id,
        reason=reason,
        details={"event": event, **(details or {})},
    )
    outbox.emit(
        kind=event,
        subject_kind=SUBJECT,
        subject_id=ticket.pk,
        at=now,
        day=ticket.day,
        centre_id=ticket.centre_id,
        topics=[hall_topic(ticket.centre.code), ticket_topic(ticket.secret)],
        payload={"ticket_id": ticket.pk, **(payload or {})},
    )
