"""Staff at counters: opening and closing."""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError

from mawaeed.centres.models import Counter
from mawaeed.hall import events
from mawaeed.hall.actions.centre_changes import tell_centre
from mawaeed.hall.errors import AtOtherCounter, CounterBusy, CounterTaken
from mawaeed.hall.models import CounterSession, Ticket
from mawaeed.kernel.actor import Actor
from mawaeed.kernel.database import write_transaction
from mawaeed.kernel.errors import NotFound, Stale
from mawaeed.people.models import Staff

SUBJECT = "counter"


def open_counter(*, counter: Counter, staff: Staff, now: datetime) -> CounterSession:
    """Begin work at a counter; a repeat returns the session already open.

    Refuses `NotFound` (a counter out of use), `CounterTaken`, `AtOtherCounter`. Emits
    `counter_opened`.
    """
    if not counter.active:
        raise NotFound
    held = _held(counter, staff)
    if held is not None:
        return held
    try:
        with write_transaction():
            session = CounterSession.objects.create(counter=counter, staff=staff, opened_at=now)
            _tell(session, events.COUNTER_OPENED, Actor("staff", staff.pk), now)
            return session
    except IntegrityError:  # `counter_open_once` or `staff_at_one_counter`: who was first?
        held = _held(counter, staff)
        if held is None:
            raise Stale from None
        return held


def close_counter(
    *, counter_session: CounterSession, now: datetime, actor: Actor | None = None
) -> CounterSession:
    """End work at a counter; a repeat changes nothing.

    A break that runs ends with it. Refuses `CounterBusy` while a visitor is called or served
    there. Emits `counter_closed`.
    """
    with write_transaction():
        still_open = CounterSession.objects.filter(pk=counter_session.pk, closed_at__isnull=True)
        # First the session's row: `call_next` locks it too, so none is called to a closed counter.
        closed = still_open.update(closed_at=now)
        session = CounterSession.objects.select_related("counter__centre").get(
            pk=counter_session.pk
        )
        if not closed:
            return session
        held = Ticket.objects.filter(counter=session.counter, state__in=Ticket.AT_COUNTER).first()
        if held is not None:
            raise CounterBusy(number=held.number)
        session.breaks.filter(ended_at__isnull=True).update(ended_at=now)
        _tell(session, events.COUNTER_CLOSED, actor or Actor("staff", session.staff_id), now)
        return session


def _held(counter: Counter, staff: Staff) -> CounterSession | None:
    """The session already open for both; refuses when either is engaged elsewhere."""
    working = CounterSession.objects.select_related("counter").filter(closed_at__isnull=True)
    mine = working.filter(staff=staff).first()
    if mine is not None and mine.counter_id != counter.pk:
        raise AtOtherCounter(counter=mine.counter.number)
    if mine is None and working.filter(counter=counter).exists():
        raise CounterTaken(counter=counter.number)
    return mine


def _tell(session: CounterSession, event: str, actor: Actor, now: datetime) -> None:
    states = ("closed", "open") if session.closed_at is None else ("open", "closed")
    tell_centre(
        session.counter.centre,
        subject=(SUBJECT, session.counter_id),
        states=states,
        event=event,
        actor=actor,
        now=now,
        details={"counter_session": session.pk, "staff_id": session.staff_id},
    )
