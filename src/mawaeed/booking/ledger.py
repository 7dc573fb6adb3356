"""The ledger recomputed from appointments: what it should say, beside what it says."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from datetime import datetime

from mawaeed.availability.models import Interval
from mawaeed.booking.models import Appointment


@dataclass(frozen=True, slots=True)
class Difference:
    """One interval whose counters do not match the appointments covering it."""

    interval_id: int
    pool_id: int
    starts_at: datetime
    taken_public: int
    taken_staff: int
    expected_public: int
    expected_staff: int


def ledger_differences(*, since: datetime | None = None) -> list[Difference]:
    """Every interval (from `since` on) whose places taken are not those of its appointments."""
    expected: dict[tuple[int, datetime, str], int] = {}
    starts: dict[int, list[tuple[datetime, int]]] = {}
    intervals = Interval.objects.order_by("pool_id", "starts_at")
    if since is not None:
        intervals = intervals.filter(starts_at__gte=since)
    rows = list(intervals.values_list("id", "pool_id", "starts_at", "taken_public", "taken_staff"))
    for identifier, pool_id, starts_at, _public, _staff in rows:
        starts.setdefault(pool_id, []).append((starts_at, identifier))
    covering = Appointment.objects.filter(state__in=Appointment.COVERING)
    if since is not None:
        covering = covering.filter(ends_at__gt=since)
    for pool_id, begin, end, places in covering.values_list(
        "pool_id", "starts_at", "ends_at", "places"
    ):
        for moment, _ in _between(starts.get(pool_id, []), begin, end):
            key = (pool_id, moment, places)
            expected[key] = expected.get(key, 0) + 1
    differences = []
    for identifier, pool_id, starts_at, public, staff in rows:
        want_public = expected.get((pool_id, starts_at, "public"), 0)
        want_staff = expected.get((pool_id, starts_at, "staff"), 0)
        if (want_public, want_staff) != (public, staff):
            differences.append(
                Difference(identifier, pool_id, starts_at, public, staff, want_public, want_staff)
            )
    return differences


def _between(
    rows: list[tuple[datetime, int]], begin: datetime, end: datetime
) -> list[tuple[datetime, int]]:
    first = bisect_left(rows, (begin, 0))
    last = bisect_left(rows, (end, 0))
    return rows[first:last]
