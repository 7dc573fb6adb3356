"""At the counter: call, call again, start, finish, or give up waiting for somebody."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from django.db import IntegrityError

from mawaeed.booking import actions as booking
from mawaeed.booking.models import Appointment
from mawaeed.booking.queries import next_part
from mawaeed.conduct import actions as conduct
from mawaeed.conduct.models import Event
from mawaeed.hall import queries
from mawaeed.hall.actions.arrivals import check_in_next
from mawaeed.hall.actions.changes import change, require
from mawaeed.hall.errors import CounterBusy, CounterClosed, NotDueYet, TooFewCalls
from mawaeed.hall.models import CounterSession, Ticket
from mawaeed.hall.policies import scopes_of
from mawaeed.hall.rules import is_within_promise
from mawaeed.kernel.actor import Actor
from mawaeed.kernel.database import write_transaction
from mawaeed.kernel.errors import Stale
from mawaeed.kernel.policies import policy

# A lost race means that somebody else was served; this many in a row is a fault, not a race.
MAX_LOST_RACES = 200


def call_next(*, counter_session: CounterSession, now: datetime, actor: Actor) -> Ticket | None:
    """Call the next ticket of the counter's pool to it; None when nobody waits.

    Exactly one counter wins a ticket: the choice is made on a plain read, and only the conditional
    update decides; the loser chooses again. Refuses `CounterBusy`, `CounterClosed`. Emits
    `ticket_called`.
    """
    for _ in range(MAX_LOST_RACES):
        ticket = queries.next_for_counter(counter_session.counter, now)
        if ticket is None:
            _require_free(counter_session)
            return None
        try:
            return _call(ticket, counter_session, now, actor)
        except Stale:
            continue
    raise Stale


def _call(ticket: Ticket, session: CounterSession, now: datetime, actor: Actor) -> Ticket:
    try:
        with write_transaction():
            _lock(session)
            _require_free(session)
            return change(
                ticket,
                "call",
                event="ticket_called",
                actor=actor,
                now=now,
                details=_place(session),
                counter=session.counter,
                wanted_counter=None,
                calls=1,
            )
    except IntegrityError:  # the same counter called twice at once: `counter_serves_one`
        _require_free(session)
        raise


def _lock(session: CounterSession) -> None:
    """Hold the session's row, which closing the counter changes first."""
    CounterSession.objects.select_for_update().filter(pk=session.pk).first()


def _require_free(session: CounterSession) -> None:
    """Refuse `CounterClosed` and `CounterBusy`."""
    if not CounterSession.objects.filter(pk=session.pk, closed_at__isnull=True).exists():
        raise CounterClosed
    held = Ticket.objects.filter(counter=session.counter, state__in=Ticket.AT_COUNTER).first()
    if held is not None:
        raise CounterBusy(number=held.number)


def _place(session: CounterSession) -> dict[str, int]:
    return {"counter": session.counter.number, "counter_session": session.pk}


def recall(*, ticket: Ticket, actor: Actor, now: datetime) -> Ticket:
    """Call the same visitor again; counts the calls. Refuses `Stale`. Emits `ticket_recalled`."""
    with write_transaction():
        return change(
            ticket,
            "recall",
            event="ticket_recalled",
            actor=actor,
            now=now,
            details={"counter": ticket.counter.number} if ticket.counter else {},
            calls=ticket.calls + 1,
        )


def start_service(*, ticket: Ticket, actor: Actor, now: datetime) -> Ticket:
    """The visitor is at the counter and the service begins. Emits `service_started`."""
    with write_transaction():
        return change(ticket, "start", event="service_started", actor=actor, now=now)


def finish_service(*, ticket: Ticket, actor: Actor, now: datetime) -> Ticket:
    """The service is done: the appointment is fulfilled, an attended visit is on record.

    An appointment missed at this centre the same day loses its event of conduct, whether it was
    taken up again or a ticket without appointment was given to the person. The next part of the
    same visit gets its ticket. Refuses `Stale`. Emits `service_finished`, and what booking, conduct
    and check-in emit.
    """
    require(ticket, "finish")
    with write_transaction():
        appointment = _appointment_now(ticket)
        _attend(ticket, appointment, actor, now)
        _send_on(appointment, actor, now)
        return change(ticket, "finish", event="service_finished", actor=actor, now=now)


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


def _send_on(appointment: Appointment | None, actor: Actor, now: datetime) -> None:
    """Whoever came for several needs no second check-in, and misses nothing while being served."""
    following = next_part(appointment) if appointment is not None else None
    if following is not None:
        check_in_next(appointment=following, actor=actor, now=now)


def _made_good(ticket: Ticket, appointment: Appointment | None) -> list[int]:
    """Which missed appointments this visit makes good: its own, or a walk-in's of the same day."""
    missed = Appointment.objects.filter(state=Appointment.State.NO_SHOW)
    if appointment is not None:
        missed = missed.filter(pk=appointment.pk)
    else:
        missed = missed.filter(person=ticket.person, centre_id=ticket.centre_id, day=ticket.day)
    return list(missed.order_by("pk").values_list("pk", flat=True))


def mark_missed(*, ticket: Ticket, actor: Actor, now: datetime) -> Ticket:
    """The visitor did not come after the set number of calls.

    Called within the promised range: ticket `missed`, appointment `no_show`. Called later than
    promised: ticket `left`, appointment cancelled by the centre, no event of conduct. Refuses
    `Stale`, `TooFewCalls`, `NotDueYet` (the visitor was called before the booked start). Emits
    `ticket_missed` or `ticket_left`.
    """
    require(ticket, "miss")
    scopes = scopes_of(ticket.centre)
    needed = policy("hall.calls_before_missed", now, scopes)
    if ticket.calls < needed:
        raise TooFewCalls(calls=ticket.calls, needed=needed)
    appointment = _appointment_now(ticket)
    if appointment is None or appointment.state != Appointment.State.CHECKED_IN:
        with write_transaction():
            return change(ticket, "miss", event="ticket_missed", actor=actor, now=now)
    first_call, last_call = queries.calls_of(ticket)
    _require_due(appointment, last_call)
    promised = policy("hall.promised_range_minutes", now, scopes)
    if is_within_promise(appointment.starts_at, first_call, promised):
        return _miss(ticket, appointment, actor, now)
    return _excuse(ticket, appointment, actor, now)


def _miss(ticket: Ticket, appointment: Appointment, actor: Actor, now: datetime) -> Ticket:
    with write_transaction():
        booking.mark_no_show(
            appointment=appointment, actor=actor, now=now, reason="called_not_there"
        )
        return change(ticket, "miss", event="ticket_missed", actor=actor, now=now)


def _excuse(ticket: Ticket, appointment: Appointment, actor: Actor, now: datetime) -> Ticket:
    reason = "called_late"
    with write_transaction():
        booking.cancel_by_centre(appointment=appointment, actor=actor, reason=reason, now=now)
        return change(ticket, "excuse", event="ticket_left", actor=actor, now=now, reason=reason)


def _require_due(appointment: Appointment, last_call: datetime) -> None:
    if last_call < appointment.starts_at:
        local = appointment.starts_at.astimezone(ZoneInfo(appointment.centre.timezone))
        raise NotDueYet(starts_time=f"{local:%H:%M}")


def _appointment_now(ticket: Ticket) -> Appointment | None:
    """Read afresh: the ticket may carry a copy from before somebody changed it."""
    if ticket.appointment_id is None:
        return None
    return Appointment.objects.select_related(
        "centre", "offering", "offering__centre", "person"
    ).get(pk=ticket.appointment_id)
