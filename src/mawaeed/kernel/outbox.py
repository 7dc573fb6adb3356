"""What happened, promised to its consumers if and only if the transaction commits.

An action emits events inside its transaction. After commit the worker fans each event out into
one delivery row per consumer registered for its kind, and carries the deliveries out at least
once (see `kernel.deliveries`). Consumers are registered at start-up, by the upper modules.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime
from typing import Any

from mawaeed.kernel import nudges
from mawaeed.kernel.models import OutboxEvent
from mawaeed.kernel.statements import insert

Consumer = Callable[[OutboxEvent, datetime], None]
_consumers: dict[str, dict[str, Consumer]] = {}


def emit(
    *,
    kind: str,
    subject_kind: str,
    subject_id: int,
    at: datetime,
    day: date,
    centre_id: int | None = None,
    topics: Iterable[str] = (),
    payload: dict[str, Any] | None = None,
) -> OutboxEvent:
    """Write one event, and signal it after the commit.

    `kind` is in the past tense; `payload` holds no personal value in clear.
    """
    nudges.after_commit()
    event = OutboxEvent(
        kind=kind,
        subject_kind=subject_kind,
        subject_id=subject_id,
        at=at,
        day=day,
        centre_id=centre_id,
        topics=" ".join(topics),
        payload=payload or {},
    )
    return insert(event)


def register(name: str, kinds: Iterable[str], consumer: Consumer) -> None:
    """Let `consumer`, known as `name`, receive every event of these kinds (idempotent itself)."""
    for kind in kinds:
        _consumers.setdefault(kind, {})[name] = consumer


def consumers_of(kind: str) -> dict[str, Consumer]:
    """Name → function for one kind of event."""
    return _consumers.get(kind, {})
