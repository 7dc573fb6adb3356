"""The one way a change at a centre that is no ticket's is told: history row and event together."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from mawaeed.centres.models import Centre
from mawaeed.hall.topics import hall_topic
from mawaeed.kernel import history, outbox
from mawaeed.kernel.actor import Actor
from mawaeed.kernel.clock import local_date


def tell_centre(
    centre: Centre,
    *,
    subject: tuple[str, int],
    states: tuple[str, str],
    event: str,
    actor: Actor,
    now: datetime,
    day: date | None = None,
    reason: str = "",
    details: dict[str, Any] | None = None,
    payload: dict[str, Any] | None = None,
) -> None:
    """Write both inside the caller's transaction, under the local `day` (by default that of `now`).

    `subject` is a kind and its id, `states` those before and after. History keeps `details` with
    the event's name; everything that shows the centre's hall hears of it.
    """
    day = day or local_date(now, centre.timezone)
    kind, subject_id = subject
    history.record(
        subject_kind=kind,
        subject_id=subject_id,
        from_state=states[0],
        to_state=states[1],
        actor=actor,
        at=now,
        day=day,
        agency_id=centre.agency_id,
        centre_id=centre.pk,
        reason=reason,
        details={"event": event, **(details or {})},
    )
    outbox.emit(
        kind=event,
        subject_kind=kind,
        subject_id=subject_id,
        at=now,
        day=day,
        centre_id=centre.pk,
        topics=[hall_topic(centre.code)],
        payload=payload,
    )
