"""From weekly rules to free times: pure decisions, no clock and no database.

Local dates and wall times go in with their zone, UTC moments come out; every period is half-open.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from math import ceil
from typing import NamedTuple
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Hours:
    """A weekly rule as it applies to one pool; `for_pool` if it names that pool itself."""

    weekdays: frozenset[int]
    opens: time
    closes: time
    effective_from: date
    effective_until: date | None = None
    precedence: int = 0
    counters: int | None = None
    for_pool: bool = False

    def applies_on(self, day: date) -> bool:
        """Whether `day` is one of its weekdays (ISO) and inside its dates (inclusive)."""
        if day < self.effective_from or (self.effective_until and day > self.effective_until):
            return False
        return day.isoweekday() in self.weekdays


@dataclass(frozen=True, slots=True)
class DayOff:
    """A confirmed closure: whole local days, or the same hours of each of them."""

    from_date: date
    until_date: date
    from_time: time | None = None
    until_time: time | None = None


@dataclass(frozen=True, slots=True)
class Period:
    """A stretch of UTC time, half-open, in which `counters` are staffed (all if None)."""

    starts_at: datetime
    ends_at: datetime
    counters: int | None = None


def hours_on(day: date, rules: Iterable[Hours]) -> list[Hours]:
    """The rules that count on `day`: those of the highest precedence, all of them.

    At equal precedence rules of the pool itself go before rules of the whole centre.
    """
    applying = [rule for rule in rules if rule.applies_on(day)]
    if not applying:
        return []
    best = max((rule.precedence, rule.for_pool) for rule in applying)
    return [rule for rule in applying if (rule.precedence, rule.for_pool) == best]


def periods_on(
    day: date, rules: Iterable[Hours], days_off: Iterable[DayOff], zone: ZoneInfo
) -> list[Period]:
    """When a pool is open on the local `day`: its hours minus what is closed, in order, apart."""
    hours = sorted(hours_on(day, rules), key=lambda rule: (rule.opens, rule.closes))
    periods = [
        Period(_utc(day, rule.opens, zone), _utc(day, rule.closes, zone), rule.counters)
        for rule in hours
    ]
    closed = [
        _closed_on(day, off, zone) for off in days_off if off.from_date <= day <= off.until_date
    ]
    return [part for period in _apart(periods) for part in _without(period, closed)]


def _apart(periods: list[Period]) -> Iterator[Period]:
    """Periods in order of start, a later one cut where an earlier one still runs."""
    reached: datetime | None = None
    for period in periods:
        starts_at = period.starts_at if reached is None else max(period.starts_at, reached)
        if starts_at < period.ends_at:
            yield Period(starts_at, period.ends_at, period.counters)
            reached = period.ends_at


def _closed_on(day: date, off: DayOff, zone: ZoneInfo) -> tuple[datetime, datetime]:
    following = day + timedelta(days=1)
    starts_at = _utc(day, off.from_time or time.min, zone)
    ends_at = _utc(day, off.until_time, zone) if off.until_time else _utc(following, time.min, zone)
    return starts_at, ends_at


def _without(period: Period, closed: Iterable[tuple[datetime, datetime]]) -> list[Period]:
    parts = [period]
    for starts_at, ends_at in closed:
        parts = [
            Period(begin, end, period.counters)
            for part in parts
            for begin, end in (
                (part.starts_at, min(part.ends_at, starts_at)),
                (max(part.starts_at, ends_at), part.ends_at),
            )
            if begin < end
        ]
    return parts


def _utc(day: date, wall: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, wall, tzinfo=zone).astimezone(UTC)


def cut(period: Period, grid_minutes: int) -> list[tuple[datetime, datetime]]:
    """The whole steps of the grid inside a period, contiguous; the grid counts from the hour."""
    step = timedelta(minutes=grid_minutes)
    hour = period.starts_at.replace(minute=0, second=0, microsecond=0)
    begin = hour + ceil((period.starts_at - hour) / step) * step
    steps = (period.ends_at - begin) // step
    return [(begin + index * step, begin + (index + 1) * step) for index in range(steps)]


class Row(NamedTuple):
    """One interval of a pool as the search for free times sees it; times in Unix seconds.

    Whole numbers, because a search reads thousands of rows and shows a few of them.
    """

    starts: int
    free: int
    session_id: int
    session_starts: int


class FreeTime(NamedTuple):
    """A start (Unix seconds) with every interval it needs, and how many could still have it."""

    starts: int
    places_left: int


def intervals_needed(duration_minutes: int, grid_minutes: int) -> int:
    """How many intervals a service of this length takes a place in."""
    return ceil(duration_minutes / grid_minutes)


def find_slots(
    rows: Sequence[Row], *, needed: int, grid_minutes: int, step_minutes: int
) -> list[FreeTime]:
    """Free times in the intervals of one pool, ordered by start.

    A start stands a whole number of steps after its session's start; from it `needed` intervals
    of `grid_minutes` follow each other without a gap in the same session, each with a free
    place. `places_left` is the least of them.
    """
    step, grid = step_minutes * 60, grid_minutes * 60
    return [
        FreeTime(starts, left)
        for index, (starts, free, _, session_starts) in enumerate(rows)
        if free > 0
        and not (starts - session_starts) % step
        and (left := places_left(rows, index, needed, grid)) > 0
    ]


def places_left(rows: Sequence[Row], index: int, needed: int, grid_seconds: int) -> int:
    """The least free places over the run of `needed` intervals from `index`; 0 if it breaks."""
    expected, least, session_id, _ = rows[index]
    run = rows[index + 1 : index + needed]
    if len(run) != needed - 1:
        return 0
    for starts, free, session, _ in run:
        expected += grid_seconds
        if starts != expected or session != session_id:
            return 0
        least = min(free, least)
    return max(0, least)
