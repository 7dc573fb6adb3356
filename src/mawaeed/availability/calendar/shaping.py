"""Rows of the ledger brought to the places they should have. Call inside a write transaction.

The centre's calendar row is locked by the caller; rows are locked in (pool, start) order, so that
between reading what is sold and writing what follows from it nobody books.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any, NamedTuple

from mawaeed.availability.calendar.capacity_rules import (
    SHAPE_COLUMNS,
    Facts,
    Shape,
    Sold,
    Span,
    capacity_at,
    shape_of,
    span_of,
)
from mawaeed.availability.models import Interval, Release
from mawaeed.availability.release_rules import ALL, NOTHING_YET, LetGo

PoolDay = tuple[int, date]
_FIELDS = (
    "id",
    "pool_id",
    "starts_at",
    "ends_at",
    "session_id",
    "session__date",
    "session__starts_at",
    "session__ends_at",
    "session__places",
    *SHAPE_COLUMNS,
    "taken_public",
    "taken_staff",
    "cooling",
)


class LedgerRow(NamedTuple):
    """One interval as it was read."""

    pk: int
    pool_id: int
    starts_at: datetime
    ends_at: datetime
    session_id: int
    day: date
    span: Span
    shape: Shape
    sold: Sold

    def public_left(self, shape: Shape) -> int:
        """Free public places, had it this shape; negative where more is kept or sold."""
        kept = shape.staff_reserve + shape.walk_in_reserve + shape.withheld
        return shape.capacity - kept - self.sold.public - self.sold.cooling


def ledger_rows(
    pool_ids: Iterable[int], since: datetime, until: datetime, *, lock: bool = False
) -> list[LedgerRow]:
    """Intervals that overlap [since, until) of some pools, in (pool, start) order."""
    found = Interval.objects.filter(
        pool_id__in=list(pool_ids), starts_at__lt=until, ends_at__gt=since
    )
    if lock:
        found = found.select_for_update(of=("self",))
    rows = found.order_by("pool_id", "starts_at").values_list(*_FIELDS)
    return [_row(row) for row in rows]


def _row(row: tuple[Any, ...]) -> LedgerRow:
    pk, pool_id, starts_at, ends_at, session_id, day = row[:6]
    return LedgerRow(
        pk,
        pool_id,
        starts_at,
        ends_at,
        session_id,
        day,
        span=Span(*row[6:9]),
        shape=Shape(*row[9:14]),
        sold=Sold(*row[14:]),
    )


def let_go_of(pool_ids: Iterable[int], first_day: date) -> dict[PoolDay, LetGo]:
    """What releases have let go of each pool and day with a policy; the others have let go all."""
    found: dict[PoolDay, LetGo] = {}
    rows = Release.objects.filter(pool_id__in=list(pool_ids), date__gte=first_day)
    for pool_id, day, percent, rolls_down, released_at in rows.values_list(
        "pool_id", "date", "percent", "rolls_down", "released_at"
    ):
        so_far = found.setdefault((pool_id, day), NOTHING_YET)
        if released_at is not None:
            found[pool_id, day] = so_far.and_also(percent, rolls_down)
    return found


def shapes(
    rows: Iterable[LedgerRow], facts: Facts, let_go: Mapping[PoolDay, LetGo]
) -> list[tuple[LedgerRow, Shape]]:
    """Each row with the shape that follows from what is known of its time."""
    found = []
    for row in rows:
        span = _span(row, facts)
        capacity = capacity_at(row.pool_id, row.starts_at, row.ends_at, span, facts)
        pool = facts.pools[row.pool_id]
        shape = shape_of(capacity, pool, row.sold, let_go.get((row.pool_id, row.day), ALL))
        found.append((row, shape))
    return found


def _span(row: LedgerRow, facts: Facts) -> Span:
    hours = facts.hours.get((row.pool_id, row.day))
    if hours is not None:
        return span_of(hours, row.starts_at, row.ends_at)
    return facts.spans.get(row.session_id, row.span)


def write_shapes(wanted: Iterable[tuple[LedgerRow, Shape]]) -> int:
    """Store what differs; returns how many rows. They were locked when they were read."""
    groups: dict[Shape, list[int]] = {}
    for row, shape in wanted:
        if shape != row.shape:
            groups.setdefault(shape, []).append(row.pk)
    for shape, ids in groups.items():
        changed = Interval.objects.filter(pk__in=ids).update(**shape.columns())
        if changed != len(ids):
            raise AssertionError("an interval went away while it was locked")
    return sum(map(len, groups.values()))
