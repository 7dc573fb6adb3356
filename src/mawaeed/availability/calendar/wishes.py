"""What staff may want changed in a centre's days: values, checked when they are carried out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time

from mawaeed.centres.models import Counter, Pool


@dataclass(frozen=True, slots=True)
class CloseTime:
    """Nobody is served from `starts_at` to `ends_at` (UTC), in one pool or (None) in the centre."""

    starts_at: datetime
    ends_at: datetime
    pool: Pool | None = None


@dataclass(frozen=True, slots=True)
class SendAway:
    """A counter leaves its pool for a time (UTC): for another pool of the centre, or for none."""

    counter: Counter
    starts_at: datetime
    ends_at: datetime
    to_pool: Pool | None = None


@dataclass(frozen=True, slots=True)
class AddCounter:
    """A counter, new or out of service so far, serves from now on."""

    pool: Pool
    number: int


@dataclass(frozen=True, slots=True)
class RetireCounter:
    """A counter serves nobody from now on."""

    counter: Counter


@dataclass(frozen=True, slots=True)
class ChangeHours:
    """Other weekly hours from a local date on, until another (inclusive) or for good.

    They go before every other hours of these weekdays.
    """

    weekdays: str
    opens: time
    closes: time
    from_date: date
    until: date | None = None
    pool: Pool | None = None


Wish = CloseTime | SendAway | AddCounter | RetireCounter | ChangeHours
