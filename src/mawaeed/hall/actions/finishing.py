"""The service is done: one of several, or the last; and the next visitor in the same press."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from mawaeed.booking import actions as booking
from mawaeed.booking.models import Appointment
from mawaeed.booking.queries import next_part
from mawaeed.conduct import actions as conduct
from mawaeed.conduct.models import Event
from mawaeed.hall import events
from mawaeed.hall.actions import legs
from mawaeed.hall.actions.arrivals import check_in_next
from mawaeed.hall.actions.calls import appointment_now, call_next, lock_session
from mawaeed.hall.actions.changes import change, require
from mawaeed.hall.models import CounterSession, Ticket
from mawaeed.kernel.actor import Actor
from mawaeed.kernel.database import write_transaction
from mawaeed.kernel.errors import Stale


def finish_service(*, ticket: Ticket, actor: Actor, now: datetime) -> Ticket:
    """The service is done: the appointment is fulfilled, an attended visit is on record.

    An appointment missed at this centre the same day loses its event of conduct, whether it was
    taken up again or a ticket without appointment was given to the person. A ticket with several
    services goes on to the next one's queue with its number; else the next part of the same visit
    gets its ticket. Refuses `Stale`. Emits `service_finished` (or `ticket_leg_finished`), and what
    booking, conduct and check-in emit.
    """
    require(ticket, "finish")
    with write_transaction():
        return _finish(ticket, None, actor, now)


def finish_and_call(
    *, ticket: Ticket, counter_session: CounterSession, now: datetime, actor: Actor
) -> Ticket | None:
    """Finish with this visitor and call the next one, in one press and one transaction.

    None when nobody waits: what is finished stays finished. Pressed twice, the second finds the
    visitor gone and calls nobody. Refuses `Stale`, and what `call_next` refuses.
    """
    require(ticket, "finish")
    if ticket.counter_id != counter_session.counter_id:
        raise Stale
    with write_transaction():
        _finish(ticket, counter_session, actor, now)
        return call_next(counter_session=counter_session, now=now, actor=actor)


def _finish(ticket: Ticket, session: CounterSession | None, actor: Actor, now: datetime) -> Ticket:
    appointment = appointment_now(ticket)
    following = legs.following(ticket)
    done: dict[str, Any] = {}
    if not legs.any_done(ticket):
        _attend(ticket, appointment, actor, now)
        done["attended"] = True
    if following is None:
        sent_on = _send_on(appointment, actor, now)
        if sent_on is not None:
            done["next_ticket"] = sent_on.pk
    if session is not None:
        lock_session(session)
    if following is not None:
        return legs.finish_leg(ticket, following, done, actor, now)
    changed = change(
        ticket, "finish", event=events.SERVICE_FINISHED, actor=actor, now=now, details=done
    )
    legs.finish_last(ticket)
    return changed


def _attend(ticket: Ticket, appointment: Appointment | None, actor: Actor, now: datetime) -> None:
    """Before the ticket, because of the order of locks (standing, appointment, ticket)."""
    if appointment is not None and appointment.state == Appointment.State.CHECKED_IN:
        booking.fulfil(appointment=appointment, actor=actor, now=now)
        return
    if ticket.person_id is None:
        return
    conduct.standing_for_update(ticket.person_id)
    for missed in _made_good(ticket, appointment):
        conduct.reverse_event(appointment_id=missed, reason="served_same_day", actor=actor, now=now)
    conduct.record_event(
        person_id=ticket.person_id,
        kind=Event.Kind.ATTENDED,
        at=now,
        appointment_id=appointment.pk if appointment is not None else None,
        centre_id=ticket.centre_id,
        now=now,
        actor=actor,
    )


def _send_on(appointment: Appointment | None, actor: Actor, now: datetime) -> Ticket | None:
    """Whoever came for several needs no second check-in, and misses nothing while being served."""
    following = next_part(appointment) if appointment is not None else None
    if following is None:
        return None
    return check_in_next(appointment=following, actor=actor, now=now)


def _made_good(ticket: Ticket, appointment: Appointment | None) -> list[int]:
    """Which missed appointments this visit makes good: its own, or a walk-in's of the same day."""
    missed = Appointment.objects.filter(state=Appointment.State.NO_SHOW)
    if appointment is not None:
        missed = missed.filter(pk=appointment.pk)
    else:
        missed = missed.filter(person=ticket.person, centre_id=ticket.centre_id, day=ticket.day)
    return list(missed.order_by("pk").values_list("pk", flat=True))
