"""The coming days of a centre as bars: what is open, sold, kept, closed, and what is short."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from django.db.models import F, IntegerField, Max, Min, Q, Sum
from django.db.models.functions import Greatest, Least
from django.utils.translation import get_language_bidi

from mawaeed.availability.models import Interval
from mawaeed.centres.models import Centre, Pool
from mawaeed.centres.names import localised
from mawaeed.kernel.clock import day_bounds, local_date

WIDTH = 100.0
WHOLE: IntegerField[int, int] = IntegerField()


class Part(NamedTuple):
    """A piece of a bar, in hundredths of its width."""

    kind: str
    x: float
    width: float


@dataclass(frozen=True, slots=True)
class PoolDay:
    """One pool on one day; places are counted per interval, all together."""

    pool: str
    opens: datetime | None
    closes: datetime | None
    parts: tuple[Part, ...]
    sold_percent: int
    closed_percent: int
    short: int


@dataclass(frozen=True, slots=True)
class Day:
    """A local date with its pools; none where the centre is shut."""

    date: date
    pools: tuple[PoolDay, ...]

    @property
    def short(self) -> int:
        """The most people too many at any time of it."""
        return max((pool.short for pool in self.pools), default=0)


def days_of(centre: Centre, now: datetime, language: str) -> list[Day]:
    """Today and every coming day that is open for booking, first to last."""
    today = local_date(now, centre.timezone)
    begin = day_bounds(today, centre.timezone)[0]
    pools = {pool.pk: pool for pool in Pool.objects.filter(centre=centre).order_by("id")}
    found: dict[date, list[tuple[int, PoolDay]]] = {}
    for row in _sums(centre, begin):
        pool = pools[row["pool_id"]]
        shown = _pool_day(localised(pool.name, language), row)
        found.setdefault(row["session__date"], []).append((pool.pk, shown))
    return [
        Day(day, tuple(shown for _, shown in sorted(found[day], key=lambda each: each[0])))
        for day in sorted(found)
    ]


def _sums(centre: Centre, begin: datetime) -> Iterator[dict[str, Any]]:
    """One statement: each pool and day with what its intervals add up to."""
    rows = Interval.objects.filter(pool__centre=centre, starts_at__gte=begin)
    sold = F("taken_public") + F("taken_staff") + F("cooling")
    grouped = rows.values("pool_id", "session__date").annotate(
        nominal=Sum(Greatest(F("capacity"), F("session__places")), output_field=WHOLE),
        capacity_sum=Sum("capacity"),
        sold=Sum(Least(sold, F("capacity"), output_field=WHOLE)),
        kept=Sum(F("staff_reserve") + F("walk_in_reserve") + F("withheld"), output_field=WHOLE),
        short=Max("shortfall"),
        opens=Min("starts_at", filter=Q(capacity__gt=0)),
        closes=Max("ends_at", filter=Q(capacity__gt=0)),
    )
    yield from grouped.order_by("session__date", "pool_id")


def _pool_day(name: str, row: dict[str, Any]) -> PoolDay:
    nominal = max(1, row["nominal"])
    capacity, sold = row["capacity_sum"], row["sold"]
    kept = max(0, min(row["kept"], capacity - sold))
    pieces = [
        ("sold", sold),
        ("kept", kept),
        ("open", capacity - sold - kept),
        ("closed", nominal - capacity),
    ]
    return PoolDay(
        pool=name,
        opens=row["opens"],
        closes=row["closes"],
        parts=tuple(_parts(pieces, nominal)),
        sold_percent=round(100 * sold / capacity) if capacity else 0,
        closed_percent=round(100 * (nominal - capacity) / nominal),
        short=row["short"],
    )


def _parts(pieces: list[tuple[str, int]], nominal: int) -> Iterator[Part]:
    """The pieces side by side, in the direction of the page."""
    rtl = get_language_bidi()
    reached = 0.0
    for kind, amount in pieces:
        width = round(WIDTH * amount / nominal, 2)
        if width > 0:
            yield Part(kind, round(WIDTH - reached - width if rtl else reached, 2), width)
        reached += width
