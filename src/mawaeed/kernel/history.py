"""State changes, written in the transaction that makes them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from mawaeed.kernel.actor import Actor
from mawaeed.kernel.models import History
from mawaeed.kernel.statements import insert


def record(
    *,
    subject_kind: str,
    subject_id: int,
    from_state: str,
    to_state: str,
    actor: Actor,
    at: datetime,
    day: date,
    agency_id: int | None = None,
    centre_id: int | None = None,
    reason: str = "",
    details: dict[str, Any] | None = None,
) -> History:
    """Write the one history row of a state change. `at` is UTC, `day` the local date."""
    row = History(
        subject_kind=subject_kind,
        subject_id=subject_id,
        from_state=from_state,
        to_state=to_state,
        actor_kind=actor.kind,
        actor_id=actor.id,
        at=at,
        day=day,
        agency_id=agency_id,
        centre_id=centre_id,
        reason=reason,
        details=details or {},
    )
    return insert(row)
