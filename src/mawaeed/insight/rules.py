"""Pure arithmetic on quarter hours."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

QUARTER = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Quarter:
    """A quarter hour: tickets issued, appointments starting, visitors that can be served."""

    starts_at: datetime
    arrivals: int
    booked: int
    capacity: float


@dataclass(frozen=True, slots=True)
class Span:
    """A period in which visitors can be served at `per_minute`."""

    starts_at: datetime
    ends_at: datetime
    per_minute: float


def quarter_of(moment: datetime) -> datetime:
    """The start of the quarter hour `moment` falls into."""
    return moment.replace(minute=moment.minute - moment.minute % 15, second=0, microsecond=0)


def quarters_between(first: datetime, last: datetime) -> list[datetime]:
    """The starts of all quarters from the one of `first` to the one of `last`, inclusive."""
    start, end = quarter_of(first), quarter_of(last)
    return [start + index * QUARTER for index in range((end - start) // QUARTER + 1)]


def share_of_quarters(spans: Iterable[Span]) -> dict[datetime, float]:
    """Visitors that can be served per quarter hour: each span shared out by its minutes."""
    shares: dict[datetime, float] = {}
    for span in spans:
        start = quarter_of(span.starts_at)
        while start < span.ends_at:
            overlap = min(span.ends_at, start + QUARTER) - max(span.starts_at, start)
            minutes = overlap.total_seconds() / 60
            shares[start] = shares.get(start, 0.0) + minutes * span.per_minute
            start += QUARTER
    return shares
