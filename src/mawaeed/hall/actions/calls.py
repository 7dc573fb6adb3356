"""At the counter: call, call again, start, or give up waiting for somebody."""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import IntegrityError
from django.db.models import Exists, OuterRef, QuerySet, Subquery

from mawaeed.booking import actions as booking
from mawaeed.booking.models import Appointment
from mawaeed.hall import dispatch, events, queries
from mawaeed.hall.actions.changes import change, require
from mawaeed.hall.actions.moves import give_up
from mawaeed.hall.errors import (
    CounterBusy,
    CounterClosed,
    NotDueYet,
    OnBreak,
    RecallTooSoon,
    TooFewCalls,
)
from mawaeed.hall.models import CounterBreak, CounterSession, Ticket
from mawaeed.hall.policies import promised_minutes, scopes_of
from mawaeed.hall.rules import is_within_promise
from mawaeed.kernel.actor import Actor
from mawaeed.kernel.database import write_transaction
from mawaeed.kernel.errors import Stale
from mawaeed.kernel.policies import policy
from mawaeed.kernel.statements import Question, given


def call_next(*, counter_session: CounterSession, now: datetime, actor: Actor) -> Ticket | None:
    """Call the next ticket of the counter's pool to it; None when nobody waits.

    Exactly one counter wins a ticket: the choice is made on a plain read, and only the conditional
    update decides; the loser chooses again. Refuses `CounterBusy`, `CounterClosed`, `OnBreak`.
    Emits `ticket_called`.
    """
    for _ in range(dispatch.MAX_LOST_RACES):
        ticket = queries.next_for_counter(counter_session.counter, now, counter_session)
        if ticket is None:
            require_free(counter_session)
            return None
        try:
            return _call(ticket, counter_session, now, actor)
        except Stale:
            continue
    raise Stale


def _call(
    ticket: Ticket, session: CounterSession, now: datetime, actor: Actor, reason: str = ""
) -> Ticket:
    try:
        with write_transaction():
            lock_session(session)
            require_free(session)
            return change(
                ticket,
                "call",
                event=events.TICKET_CALLED,
                actor=actor,
                now=now,
                reason=reason,
                details=_place(ticket, session, reason),
                counter=session.counter,
                wanted_counter=None,
                wanted_staff=None,
                calls=1,
            )
    except IntegrityError:  # the same counter called twice at once: `counter_serves_one`
        require_free(session)
        raise


def lock_session(session: CounterSession) -> None:
    """Hold the session's row: closing the counter, breaks and calls take turns by it."""
    _LOCKED.first(session=session.pk)


_LOCKED = Question(
    lambda: (
        CounterSession.objects.select_for_update()
        .filter(pk=given("session"))
        .values_list("pk", flat=True)
    )
)


def require_free(session: CounterSession) -> None:
    """Refuse `CounterClosed`, `CounterBusy` and `OnBreak`."""
    at_work = _AT_WORK.first(session=session.pk)
    if at_work is None:
        raise CounterClosed
    number, on_break = at_work
    if number is not None:
        raise CounterBusy(number=number)
    if on_break:
        raise OnBreak


def _at_work() -> QuerySet[CounterSession, tuple[Any, ...]]:
    """Of an open session: the number of who is at its counter, and whether it is on a break."""
    held = Ticket.objects.filter(counter_id=OuterRef("counter_id"), state__in=Ticket.AT_COUNTER)
    pauses = CounterBreak.objects.filter(counter_session_id=OuterRef("pk"), ended_at__isnull=True)
    return CounterSession.objects.filter(pk=given("session"), closed_at__isnull=True).values_list(
        Subquery(held.order_by("pk").values("number")[:1]), Exists(pauses)
    )


_AT_WORK = Question(_at_work)


def require_nobody_at(session: CounterSession) -> None:
    """Refuse `CounterBusy` while a visitor is called to the counter or served there."""
    held = Ticket.objects.filter(counter=session.counter, state__in=Ticket.AT_COUNTER).first()
    if held is not None:
        raise CounterBusy(number=held.number)


def _place(ticket: Ticket, session: CounterSession, reason: str = "") -> dict[str, Any]:
    """Where the visitor is called to, out of order or not, and whom the ticket was kept for."""
    kept = {"wanted_counter": ticket.wanted_counter_id, "wanted_staff": ticket.wanted_staff_id}
    return {
        "counter": session.counter.number,
        "counter_session": session.pk,
        **({"out_of_order": True} if reason else {}),
        **{name: value for name, value in kept.items() if value is not None},
    }


def recall(*, ticket: Ticket, actor: Actor, now: datetime) -> Ticket:
    """Call the same visitor again; counts the calls.

    Refuses `RecallTooSoon` (within `hall.recall_seconds` of the last call) and `Stale`. Emits
    `ticket_recalled`.
    """
    require(ticket, "recall")
    pause = timedelta(seconds=policy("hall.recall_seconds", now, scopes_of(ticket.centre)))
    left = queries.calls_of(ticket)[1] + pause - now
    if left > timedelta():
        raise RecallTooSoon(seconds=math.ceil(left.total_seconds()))
    with write_transaction():
        return change(
            ticket,
            "recall",
            event=events.TICKET_RECALLED,
            actor=actor,
            now=now,
            calls=ticket.calls + 1,
        )


def start_service(*, ticket: Ticket, actor: Actor, now: datetime) -> Ticket:
    """The visitor is at the counter and the service begins. Emits `service_started`."""
    with write_transaction():
        return change(ticket, "start", event="service_started", actor=actor, now=now)


def mark_missed(*, ticket: Ticket, actor: Actor, now: datetime) -> Ticket:
    """The visitor did not come after the set number of calls.

    Called within the promised range: ticket `missed`, appointment `no_show`. Called later than
    promised: ticket `left`, appointment and what was to follow it in the visit cancelled by the
    centre, no event of conduct. Refuses `Stale`, `TooFewCalls`, `NotDueYet` (the visitor was
    called before the booked start). Emits `ticket_missed` or `ticket_left`.
    """
    require(ticket, "miss")
    scopes = scopes_of(ticket.centre)
    needed = policy("hall.calls_before_missed", now, scopes)
    if ticket.calls < needed:
        raise TooFewCalls(calls=ticket.calls, needed=needed)
    appointment = appointment_now(ticket)
    if appointment is None or appointment.state != Appointment.State.CHECKED_IN:
        with write_transaction():
            return change(ticket, "miss", event=events.TICKET_MISSED, actor=actor, now=now)
    first_call, last_call = queries.calls_of(ticket)
    _require_due(appointment, last_call)
    if is_within_promise(appointment.starts_at, first_call, promised_minutes(ticket, now)):
        return _miss(ticket, appointment, actor, now)
    return _excuse(ticket, appointment, actor, now)


def _miss(ticket: Ticket, appointment: Appointment, actor: Actor, now: datetime) -> Ticket:
    with write_transaction():
        booking.mark_no_show(
            appointment=appointment, actor=actor, now=now, reason="called_not_there"
        )
        ended = {"appointment": Appointment.State.NO_SHOW.value}
        return change(
            ticket, "miss", event=events.TICKET_MISSED, actor=actor, now=now, details=ended
        )


def _excuse(ticket: Ticket, appointment: Appointment, actor: Actor, now: datetime) -> Ticket:
    reason = "called_late"
    with write_transaction():
        given_up = give_up(appointment, actor, now, reason)
        return change(
            ticket,
            "excuse",
            event=events.TICKET_LEFT,
            actor=actor,
            now=now,
            reason=reason,
            details={
                "appointment": Appointment.State.CANCELLED.value,
                "parts": [part.pk for part in given_up[1:]],
            },
        )


def _require_due(appointment: Appointment, last_call: datetime) -> None:
    if last_call < appointment.starts_at:
        local = appointment.starts_at.astimezone(ZoneInfo(appointment.centre.timezone))
        raise NotDueYet(starts_time=f"{local:%H:%M}")


def appointment_now(ticket: Ticket) -> Appointment | None:
    """Read afresh: the ticket may carry a copy from before somebody changed it."""
    if ticket.appointment_id is None:
        return None
    return _APPOINTMENT.get(appointment=ticket.appointment_id)


_APPOINTMENT = Question(
    lambda: Appointment.objects.select_related(
        "centre", "offering__service", "offering__centre", "person"
    ).filter(pk=given("appointment"))
)
