"""What the statement takes, in the order of the function's parameters."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, NamedTuple


class Parameters(NamedTuple):
    """Every value of one ordinary booking; moments are UTC, `day` and `today` local dates."""

    key_actor: str | None
    key: str | None
    body_hash: str | None
    result: dict[str, Any] | None
    real: datetime | None
    person: int
    beneficiary: int
    companion: int | None
    agency: int
    offering: int
    service: int
    centre: int
    pool: int
    starts_at: datetime
    ends_at: datetime
    day: date
    limit: int
    cap: int
    terms: str
    reference: str
    secret: str
    channel: str
    staff: int | None
    confirmed_at: datetime | None
    now: datetime
    today: date
    actor_kind: str
    actor: int | None
    topics: str
    alone: bool
