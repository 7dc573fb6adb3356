"""Asking for a closed counter to be opened: whoever may work there reads it on their own page."""

from __future__ import annotations

from datetime import datetime

from mawaeed.centres.models import Counter
from mawaeed.hall import events
from mawaeed.hall.actions.centre_changes import tell_centre
from mawaeed.hall.errors import CounterTaken
from mawaeed.hall.models import CounterSession
from mawaeed.hall.staffing import SUBJECT, WANTED, counters_wanted
from mawaeed.kernel.actor import Actor
from mawaeed.kernel.clock import local_date
from mawaeed.kernel.database import take_turns, write_transaction
from mawaeed.kernel.errors import NotFound


def want_counter(*, counter: Counter, reason: str, actor: Actor, now: datetime) -> datetime:
    """Ask for a closed counter; a repeat while nobody has opened it returns the first asking.

    Refuses `NotFound` (out of use) and `CounterTaken` (somebody works there). Emits
    `counter_wanted`.
    """
    if not counter.active:
        raise NotFound
    centre = counter.centre
    day = local_date(now, centre.timezone)
    with write_transaction():
        take_turns(f"wanted:{counter.pk}")
        if CounterSession.objects.filter(counter=counter, closed_at__isnull=True).exists():
            raise CounterTaken(counter=counter.number)
        asked = counters_wanted(centre, day).get(counter.pk)
        if asked is not None:
            return asked
        tell_centre(
            centre,
            subject=(SUBJECT, counter.pk),
            states=("closed", WANTED),
            event=events.COUNTER_WANTED,
            actor=actor,
            now=now,
            reason=reason,
            details={"counter": counter.number},
            payload={"counter": counter.number},
        )
    return now
