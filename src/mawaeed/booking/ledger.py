"""The ledger recomputed from what covers it: what it should say, beside what it says."""

from __future__ import annotations

import logging
import time
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from itertools import chain
from zoneinfo import ZoneInfo

from django.conf import settings

from mawaeed.availability.models import Cooling, Interval
from mawaeed.booking.models import Appointment, Hold, LedgerCheck
from mawaeed.centres.models import Pool

logger = logging.getLogger(__name__)

SHOWN = 100
NIGHT_HOUR = 3
_COUNTED = ("public", "staff", "cooling")


@dataclass(frozen=True, slots=True)
class Difference:
    """One interval whose counters are not those of the appointments and holds covering it."""

    interval_id: int
    pool_id: int
    starts_at: datetime
    says: dict[str, int]
    should_say: dict[str, int]


def ledger_differences(*, since: datetime | None = None) -> list[Difference]:
    """Every interval of the working set (from `since` on) whose counters are wrong.

    Places taken are recomputed from `booked`, `checked_in` and `fulfilled` appointments and from
    holds, places cooling from their rows, the shortfall from both. Pool by pool.
    """
    pools = Pool.objects.order_by("pk").values_list("pk", flat=True)
    return list(chain.from_iterable(_differences(pool_id, since) for pool_id in pools))


def check_ledger(*, now: datetime) -> LedgerCheck:
    """Run the check over everything and keep its result.

    Appointments go on being made meanwhile, so what differs is looked at again: only what differs
    in the same way both times is a difference.
    """
    begun = time.monotonic()
    found = ledger_differences()
    if found:
        again = [each for pool in _pools_of(found) for each in _differences(pool, None)]
        found = [each for each in found if each in again]
    if found:
        logger.error("the ledger is wrong in %s intervals", len(found))
    return LedgerCheck.objects.create(
        at=now,
        intervals=Interval.objects.count(),
        differences=[_written(each) for each in found[:SHOWN]],
        seconds=round(time.monotonic() - begun, 3),
    )


def check_ledger_nightly(*, now: datetime) -> LedgerCheck | None:
    """The check, once for each local night from three o'clock on; None if it was done."""
    zone = ZoneInfo(settings.TIME_ZONE)
    night = now.astimezone(zone).replace(hour=NIGHT_HOUR, minute=0, second=0, microsecond=0)
    if night > now:
        night -= timedelta(days=1)
    if LedgerCheck.objects.filter(at__gte=night).exists():
        return None
    return check_ledger(now=now)


def told(check: LedgerCheck) -> list[str]:
    """A line for each difference of a check."""
    lines = []
    for each in check.differences:
        says, should = each["says"], each["should_say"]
        wrong = [
            f"{name} {says[name]}, not {should[name]}"
            for name in says
            if says[name] != should[name]
        ]
        lines.append(f"pool {each['pool_id']}, {each['starts_at']}: says {'; '.join(wrong)}")
    return lines


def _pools_of(found: Iterable[Difference]) -> list[int]:
    return sorted({each.pool_id for each in found})


def _differences(pool_id: int, since: datetime | None) -> Iterator[Difference]:
    intervals = Interval.objects.filter(pool_id=pool_id)
    if since is not None:
        intervals = intervals.filter(starts_at__gte=since)
    rows = list(
        intervals.order_by("starts_at").values_list(
            "id",
            "starts_at",
            "capacity",
            "taken_public",
            "taken_staff",
            "cooling",
            "shortfall",
        )
    )
    starts = [row[1] for row in rows]
    expected: Counter[tuple[datetime, str]] = Counter()
    for begin, end, kind in _covering(pool_id, starts[0]) if starts else ():
        for moment in starts[bisect_left(starts, begin) : bisect_left(starts, end)]:
            expected[moment, kind] += 1
    for identifier, starts_at, capacity, public, staff, cooling, shortfall in rows:
        should = {kind: expected[starts_at, kind] for kind in _COUNTED}
        should["shortfall"] = max(0, sum(should.values()) - capacity)
        says = {"public": public, "staff": staff, "cooling": cooling, "shortfall": shortfall}
        if says != should:
            yield Difference(identifier, pool_id, starts_at, says, should)


def _covering(pool_id: int, since: datetime) -> Iterable[tuple[datetime, datetime, str]]:
    """Begin, end and kind of everything that takes places of the pool after `since`."""
    appointments = Appointment.objects.filter(state__in=Appointment.COVERING)
    for rows in (appointments, Hold.objects.all()):
        theirs = rows.filter(pool_id=pool_id, ends_at__gt=since)
        yield from theirs.values_list("starts_at", "ends_at", "places")
    cold = Cooling.objects.filter(pool_id=pool_id, ends_at__gt=since)
    for begin, end in cold.values_list("starts_at", "ends_at"):
        yield begin, end, "cooling"


def _written(difference: Difference) -> dict[str, object]:
    return {**asdict(difference), "starts_at": difference.starts_at.isoformat()}
