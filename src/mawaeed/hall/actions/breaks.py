"""A pause in the work at a counter: nobody is called to it meanwhile."""

from __future__ import annotations

from datetime import datetime

from mawaeed.hall import events
from mawaeed.hall.actions.calls import lock_session, require_nobody_at
from mawaeed.hall.actions.centre_changes import tell_centre
from mawaeed.hall.errors import CounterClosed
from mawaeed.hall.models import CounterBreak, CounterSession
from mawaeed.kernel.actor import Actor
from mawaeed.kernel.database import write_transaction

SUBJECT = "counter"


def start_break(*, counter_session: CounterSession, now: datetime, actor: Actor) -> CounterBreak:
    """Begin a pause; a repeat returns the one that runs.

    Refuses `CounterBusy` while a visitor is called to the counter or served there, and
    `CounterClosed`. Emits `break_started`.
    """
    with write_transaction():
        lock_session(counter_session)
        held = _running(counter_session)
        if held is not None:
            return held
        if not CounterSession.objects.filter(
            pk=counter_session.pk, closed_at__isnull=True
        ).exists():
            raise CounterClosed
        require_nobody_at(counter_session)
        began = CounterBreak.objects.create(counter_session=counter_session, began_at=now)
        _tell(counter_session, events.BREAK_STARTED, ("open", "on_break"), actor, now)
        return began


def end_break(
    *, counter_session: CounterSession, now: datetime, actor: Actor
) -> CounterBreak | None:
    """Go on working; a repeat changes nothing and returns None. Emits `break_ended`."""
    with write_transaction():
        lock_session(counter_session)
        held = _running(counter_session)
        if held is None:
            return None
        held.ended_at = now
        held.save(update_fields=["ended_at"])
        _tell(counter_session, events.BREAK_ENDED, ("on_break", "open"), actor, now)
        return held


def _running(session: CounterSession) -> CounterBreak | None:
    return CounterBreak.objects.filter(counter_session=session, ended_at__isnull=True).first()


def _tell(
    session: CounterSession, event: str, states: tuple[str, str], actor: Actor, now: datetime
) -> None:
    tell_centre(
        session.counter.centre,
        subject=(SUBJECT, session.counter_id),
        states=states,
        event=event,
        actor=actor,
        now=now,
        details={"counter_session": session.pk, "staff_id": session.staff_id},
    )
