"""A ticket changes place without being served: transfer, park, resume, leave."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from mawaeed.availability.queries import serving_pool_id
from mawaeed.booking import actions as booking
from mawaeed.booking.models import Appointment
from mawaeed.booking.queries import parts_to_come
from mawaeed.centres.models import Counter, Offering
from mawaeed.hall import events
from mawaeed.hall.actions.changes import change, require
from mawaeed.hall.actions.legs import change_present
from mawaeed.hall.errors import NotAtWork
from mawaeed.hall.leaving import leaving_counts
from mawaeed.hall.models import Ticket
from mawaeed.hall.policies import due_when_sent_on
from mawaeed.hall.queries import session_of_staff
from mawaeed.kernel.actor import Actor
from mawaeed.kernel.database import write_transaction
from mawaeed.kernel.errors import NotFound
from mawaeed.kernel.models import History
from mawaeed.people.models import Staff


def transfer(
    *,
    ticket: Ticket,
    actor: Actor,
    now: datetime,
    offering: Offering | None = None,
    counter: Counter | None = None,
    staff: Staff | None = None,
    reason: str = "",
) -> Ticket:
    """Send the visitor on, to a service, a counter or a person at work, with the number kept.

    The due time is kept too, or starts again, by the policy `hall.transfer_keeps_due`. Refuses
    `NotFound` for another centre's service or counter, `NotAtWork` and `Stale`. Emits
    `ticket_transferred`.
    """
    require(ticket, "transfer")
    fields = _destination(ticket, offering, now, counter, staff)
    with write_transaction():
        sent = change(
            ticket,
            "transfer",
            event=events.TICKET_TRANSFERRED,
            actor=actor,
            now=now,
            reason=reason,
            details={"pool_id": fields.get("pool_id", ticket.pool_id)},
            counter=None,
            due_at=due_when_sent_on(ticket, now),
            **fields,
        )
        if offering is not None:  # parts after their ticket, as in finishing
            change_present(ticket, offering)
        return sent


def _destination(
    ticket: Ticket,
    offering: Offering | None,
    now: datetime,
    counter: Counter | None,
    staff: Staff | None,
) -> dict[str, Any]:
    fields: dict[str, Any] = {"wanted_counter": None, "wanted_staff": None}
    if offering is None and counter is None and staff is None:
        raise NotFound
    if offering is not None:
        if offering.centre_id != ticket.centre_id or not offering.active:
            raise NotFound
        fields |= {"offering": offering, "pool_id": offering.pool_id}
    if counter is not None:
        if counter.centre_id != ticket.centre_id or not counter.active:
            raise NotFound
        fields |= {"wanted_counter": counter, "pool_id": serving_pool_id(counter, now)}
    if staff is not None:
        work = session_of_staff(ticket.centre, staff.pk)
        if work is None:
            raise NotAtWork
        fields |= {"wanted_staff": staff, "pool_id": serving_pool_id(work.counter, now)}
    return fields


def park(*, ticket: Ticket, actor: Actor, now: datetime, reason: str = "") -> Ticket:
    """Put the visitor aside (a photo, a document); the counter is free. Emits `ticket_parked`."""
    with write_transaction():
        return change(
            ticket,
            "park",
            event=events.TICKET_PARKED,
            actor=actor,
            now=now,
            reason=reason,
            counter=None,
        )


def resume(*, ticket: Ticket, actor: Actor, now: datetime) -> Ticket:
    """The visitor is back and waits again, due since the same moment, for whoever knows the case.

    The turn had come already, so the due time brings it back to the head; the ticket is kept for
    the member of staff who put it aside while they have a counter open and no break, and is
    anybody's of the pool else. Emits `ticket_resumed`.
    """
    require(ticket, "resume")
    kept_for = _who_parked(ticket)
    with write_transaction():
        return change(
            ticket, "resume", event="ticket_resumed", actor=actor, now=now, wanted_staff=kept_for
        )


def _who_parked(ticket: Ticket) -> Staff | None:
    """Who put the ticket aside, if they are at work at the centre now and on no break."""
    row = History.objects.filter(
        subject_kind="ticket", subject_id=ticket.pk, to_state=Ticket.State.PARKED
    ).last()
    if row is None or row.actor_kind != "staff" or row.actor_id is None:
        return None
    work = session_of_staff(ticket.centre, row.actor_id)
    if work is None or work.breaks.filter(ended_at__isnull=True).exists():
        return None
    return work.staff


def leave(*, ticket: Ticket, actor: Actor, now: datetime, reason: str = "visitor_left") -> Ticket:
    """The visitor gives the ticket up; a checked-in appointment ends with what was to follow it.

    By the person's own press that is the person's cancellation, an event of conduct where
    `hall.leaving.leaving_counts`; told by staff it is none. Refuses `Stale`. Emits `ticket_left`.
    """
    require(ticket, "leave")
    if actor.kind != "person":
        return _end(ticket, "leave", actor, now, reason)
    counts = leaving_counts(ticket, now)
    with write_transaction():
        appointment = _checked_in(ticket)
        if appointment is not None:
            parts = [appointment, *parts_to_come(appointment)]
            booking.give_up_parts(parts=parts, actor=actor, reason=reason, now=now, counts=counts)
        return change(
            ticket, "leave", event=events.TICKET_LEFT, actor=actor, now=now, reason=reason
        )


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
            give_up(appointment, actor, now, reason)
        return change(ticket, verb, event=events.TICKET_LEFT, actor=actor, now=now, reason=reason)


def give_up(
    appointment: Appointment, actor: Actor, now: datetime, reason: str
) -> list[Appointment]:
    """Cancel the appointment and what was to follow it in the same visit; in the order of locks.

    Inside the caller's transaction, without an event of conduct; returns them in turn.
    """
    parts = [appointment, *parts_to_come(appointment)]
    turns = sorted(enumerate(parts, 1), key=lambda pair: (pair[1].pool_id, pair[1].starts_at))
    for turn, part in turns:
        which = (turn, len(parts))
        booking.cancel_by_centre(appointment=part, actor=actor, reason=reason, now=now, turn=which)
    return parts


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
