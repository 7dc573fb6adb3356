"""How many places an interval has, given everything that is true of its time: pure decisions.

The figure is always computed anew from what is known (hours, counters, absences, closures,
releases), never changed by differences: doing and undoing in any order ends in the same place.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import NamedTuple

from mawaeed.availability.release_rules import LetGo, released_places

SHAPE_COLUMNS = ("capacity", "staff_reserve", "walk_in_reserve", "withheld", "shortfall")


class Closed(NamedTuple):
    """Nobody is served from `starts_at` to `ends_at` (UTC), in one pool or (None) in all."""

    pool_id: int | None
    starts_at: datetime
    ends_at: datetime


class Away(NamedTuple):
    """A counter is out of its pool for a time, lent to another pool or (None) to none."""

    from_pool_id: int
    to_pool_id: int | None
    starts_at: datetime
    ends_at: datetime
    counter_id: int = 0


class Span(NamedTuple):
    """A session as it is or would be: its bounds and its places."""

    starts_at: datetime
    ends_at: datetime
    places: int


class Sold(NamedTuple):
    """What is taken of an interval, or resting."""

    public: int = 0
    staff: int = 0
    cooling: int = 0


class Shape(NamedTuple):
    """The columns of an interval that follow from what is known of its time."""

    capacity: int
    staff_reserve: int
    walk_in_reserve: int
    withheld: int
    shortfall: int

    def columns(self) -> dict[str, int]:
        """By name, as they are stored."""
        return dict(zip(SHAPE_COLUMNS, self, strict=True))


@dataclass(frozen=True, slots=True)
class PoolFacts:
    """What a pool says of itself; `seats` where a place is a seat, not a counter."""

    counters: int
    seats: int | None = None
    staff_reserve: int = 0
    walk_in_reserve: int = 0


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything true of a centre's coming time beside its sessions.

    A change that is only looked at has some sessions otherwise than they are stored: by their id
    in `spans`, or by pool and local day, where other hours apply, in `hours`.
    """

    pools: dict[int, PoolFacts]
    closed: tuple[Closed, ...] = ()
    away: tuple[Away, ...] = ()
    spans: dict[int, Span] = field(default_factory=dict)
    hours: dict[tuple[int, date], tuple[Span, ...]] = field(default_factory=dict)


def capacity_at(
    pool_id: int, starts_at: datetime, ends_at: datetime, span: Span, facts: Facts
) -> int:
    """The places of one interval: none where closed or outside its session.

    A counter away takes its place from every interval it misses a part of, and gives one to those
    of the other pool that it is there for from beginning to end.
    """
    if starts_at < span.starts_at or ends_at > span.ends_at:
        return 0
    for each in facts.closed:
        if (
            each.pool_id in {None, pool_id}
            and each.starts_at < ends_at
            and starts_at < each.ends_at
        ):
            return 0
    change = 0
    for move in facts.away:
        if move.from_pool_id == pool_id and move.starts_at < ends_at and starts_at < move.ends_at:
            change -= 1
        if move.to_pool_id == pool_id and move.starts_at <= starts_at and ends_at <= move.ends_at:
            change += 1
    pool = facts.pools[pool_id]
    if pool.seats is not None:
        return span.places if pool.counters + change > 0 else 0
    return max(0, span.places + change)


def shape_of(capacity: int, pool: PoolFacts, sold: Sold, let_go: LetGo) -> Shape:
    """How an interval of this capacity is divided, and by how much it is sold beyond it.

    A reserve that rolled down keeps what staff have given away of it.
    """
    wanted = 0 if "staff" in let_go.rolled else min(pool.staff_reserve, capacity)
    staff = max(wanted, sold.staff)
    room = max(0, capacity - staff)
    walk_in = 0 if "walk_in" in let_go.rolled else min(pool.walk_in_reserve, room)
    public = room - walk_in
    return Shape(
        capacity=capacity,
        staff_reserve=staff,
        walk_in_reserve=walk_in,
        withheld=public - released_places(public, let_go.percent),
        shortfall=max(0, sum(sold) - capacity),
    )


def span_of(spans: Iterable[Span], starts_at: datetime, ends_at: datetime) -> Span:
    """The one that has the whole interval in it, else an empty one."""
    for span in spans:
        if span.starts_at <= starts_at and ends_at <= span.ends_at:
            return span
    return Span(starts_at, starts_at, 0)


def places_after(places: int, before: int, after: int, most: int | None) -> int:
    """A session's places when its pool's counters go from `before` to `after`.

    `most` is how many of them its hours staff (None: all).
    """
    ceiling = max(before, after) if most is None else most
    return max(0, places + min(after, ceiling) - min(before, ceiling))
