"""A ticket changes place without being served: transfer, park, resume, leave."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from mawaeed.booking import actions as booking
from mawaeed.booking.models import Appointment
from mawaeed.booking.queries import parts_to_come
from mawaeed.centres.models import Counter, Offering
from mawaeed.hall.actions.changes import change, require
from mawaeed.hall.models import Ticket
from mawaeed.kernel.actor import Actor
from mawaeed.kernel.database import write_transaction
from mawaeed.kernel.errors import NotFound


def transfer(
    *,
    ticket: Ticket,
    actor: Actor,
    now: datetime,
    offering: Offering | None = None,
    counter: Counter | None = None,
    reason: str = "",
) -> Ticket:
    """Send the visitor on, to another service or to one counter, with the number and due time kept.

    Refuses `NotFound` for another centre's service or counter, and `Stale`. Emits
    `ticket_transferred`.
    """
    require(ticket, "transfer")
    fields = _destination(ticket, offering, counter)
    with write_transaction():
        return change(
            ticket,
            "transfer",
            event="ticket_transferred",
            actor=actor,
            now=now,
            reason=reason,
            details={"pool_id": fields.get("pool_id", ticket.pool_id)},
            counter=None,
            **fields,
        )


def _destination(
    ticket: Ticket, offering: Offering | None, counter: Counter | None
) -> dict[str, Any]:
    fields: dict[str, Any] = {"wanted_counter": None}
    if offering is None and counter is None:
        raise NotFound
    if offering is not None:
        if offering.centre_id != ticket.centre_id or not offering.active:
            raise NotFound
        fields |= {"offering": offering, "pool_id": offering.pool_id}
    if counter is not None:
        if counter.centre_id != ticket.centre_id or not counter.active:
            raise NotFound
        fields |= {"wanted_counter": counter, "pool_id": counter.pool_id}
    return fields


def park(*, ticket: Ticket, actor: Actor, now: datetime, reason: str = "") -> Ticket:
    """Put the visitor aside (a photo, a payment); the counter is free. Emits `ticket_parked`."""
    with write_transaction():
        return change(
            ticket, "park", event="ticket_parked", actor=actor, now=now, reason=reason, counter=None
        )


def resume(*, ticket: Ticket, actor: Actor, now: datetime) -> Ticket:
    """The visitor is back and waits again, due since the same moment. Emits `ticket_resumed`."""
    with write_transaction():
        return change(ticket, "resume", event="ticket_resumed", actor=actor, now=now)


def leave(*, ticket: Ticket, actor: Actor, now: datetime, reason: str = "visitor_left") -> Ticket:
    """The visitor gives the ticket up. Whoever came is no no-show: there is no event of conduct.

    A checked-in appointment is cancelled by the centre, with what was to follow it in the same
    visit. Refuses `Stale`. Emits `ticket_left`.
    """
    return _end(ticket, "leave", actor, now, reason)


def close_ticket(*, ticket: Ticket, actor: Actor, now: datetime) -> Ticket:
    """The day is over and the ticket was still open: nobody's fault but ours."""
    return _end(ticket, "close", actor, now, "day_closed")


def cancel_ticket(*, ticket: Ticket, actor: Actor, now: datetime, reason: str = "") -> Ticket:
    """The appointment behind the ticket was cancelled elsewhere. Emits `ticket_cancelled`."""
    with write_transaction():
        return change(
            ticket, "cancel", event="ticket_cancelled", actor=actor, now=now, reason=reason
        )


def _end(ticket: Ticket, verb: str, actor: Actor, now: datetime, reason: str) -> Ticket:
    require(ticket, verb)
    with write_transaction():
        appointment = _checked_in(ticket)
        if appointment is not None:
            _give_up(appointment, actor, now, reason)
        return change(ticket, verb, event="ticket_left", actor=actor, now=now, reason=reason)


def _give_up(appointment: Appointment, actor: Actor, now: datetime, reason: str) -> None:
    """The appointment and what was to follow it in the same visit; in the order of locks."""
    parts = [appointment, *parts_to_come(appointment)]
    turns = sorted(enumerate(parts, 1), key=lambda pair: (pair[1].pool_id, pair[1].starts_at))
    for turn, part in turns:
        which = (turn, len(parts))
        booking.cancel_by_centre(appointment=part, actor=actor, reason=reason, now=now, turn=which)


def _checked_in(ticket: Ticket) -> Appointment | None:
    """The ticket's appointment, read afresh, as long as it waits to be fulfilled."""
    if ticket.appointment_id is None:
        return None
    checked_in = Appointment.objects.filter(state=Appointment.State.CHECKED_IN)
    return (
        checked_in.select_related("centre", "offering", "offering__centre")
        .filter(pk=ticket.appointment_id)
        .first()
    )
