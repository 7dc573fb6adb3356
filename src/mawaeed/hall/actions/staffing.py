"""Asking for a closed counter to be opened: whoever may work there reads it on their own page."""

from __future__ import annotations

from datetime import datetime

from mawaeed.centres.models import Counter
from mawaeed.hall.errors import CounterTaken
from mawaeed.hall.models import CounterSession
from mawaeed.hall.staffing import SUBJECT, WANTED, counters_wanted
from mawaeed.hall.topics import hall_topic
from mawaeed.kernel import history, outbox
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
        history.record(
            subject_kind=SUBJECT,
            subject_id=counter.pk,
            from_state="closed",
            to_state=WANTED,
            actor=actor,
            at=now,
            day=day,
            agency_id=centre.agency_id,
            centre_id=centre.pk,
            reason=reason,
            details={"event": "counter_wanted", "counter": counter.number},
        )
        outbox.emit(
            kind="counter_wanted",
            subject_kind=SUBJECT,
            subject_id=counter.pk,
            at=now,
            day=day,
            centre_id=centre.pk,
            topics=[hall_topic(centre.code)],
            payload={"counter": counter.number},
        )
    return now
