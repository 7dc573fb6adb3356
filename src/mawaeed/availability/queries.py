"""Free times, read from the ledger: one statement for every centre asked about."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from operator import attrgetter, itemgetter
from typing import Any

from django.db.models import F, Q, QuerySet

from mawaeed.availability.models import Interval, Session
from mawaeed.availability.places import FREE
from mawaeed.availability.rules import FreeTime, Row, find_slots, intervals_needed
from mawaeed.centres.models import Offering
from mawaeed.kernel.clock import day_bounds, local_date
from mawaeed.kernel.policies import policy

Pools = dict[int, list[Row]]


@dataclass(frozen=True, slots=True)
class Slot:
    """A time that could be promised now: a value, never a row."""

    service_code: str
    centre_code: str
    offering_id: int
    pool_id: int
    starts_at: datetime
    ends_at: datetime
    places_left: int


@dataclass(frozen=True, slots=True)
class _Asked:
    """An offering and the bounds (UTC, half-open) in which its times are wanted."""

    service_code: str
    centre_code: str
    offering_id: int
    pool_id: int
    minutes: int
    grid_minutes: int
    step_minutes: int
    earliest: datetime
    latest: datetime


def slots_for(
    *,
    service: str,
    now: datetime,
    centre: str | None = None,
    from_date: date | None = None,
    to_date: date | None = None,
) -> list[Slot]:
    """Free times of a service, earliest first, in every active centre that offers it or in one.

    `from_date` and `to_date` are local dates, inclusive. Never in the past, never beyond the
    horizon. Two statements, whatever the number of centres.
    """
    asked = _asked(service=service, centre=centre, now=now, from_date=from_date, to_date=to_date)
    slots = [slot for each, times in _free_times(asked) for slot in _slots(each, times)]
    return sorted(slots, key=attrgetter("starts_at", "centre_code"))


def earliest_slots(*, service: str, now: datetime, per_centre: int = 1) -> dict[str, list[Slot]]:
    """Centre code → its first free times, for every active centre that offers the service.

    Centres with the earliest time come first; those with none come last, with an empty list.
    """
    asked = _asked(service=service, now=now)
    found: dict[str, list[Slot]] = {each.centre_code: [] for each in asked}
    for each, times in _free_times(asked):
        found[each.centre_code] = list(_slots(each, times[:per_centre]))
    never = datetime.max.replace(tzinfo=UTC)
    order = sorted(found, key=lambda code: found[code][0].starts_at if found[code] else never)
    return {code: found[code] for code in order}


def last_bookable_date(now: datetime, zone: str) -> date:
    """The local date up to which one may book today, inclusive."""
    days = int(policy("booking.horizon_days", now))
    return local_date(now, zone) + timedelta(days=days)


def _asked(
    *,
    service: str,
    now: datetime,
    centre: str | None = None,
    from_date: date | None = None,
    to_date: date | None = None,
) -> list[_Asked]:
    wanted = Q(service__code=service, active=True, service__active=True, centre__active=True)
    if centre is not None:
        wanted &= Q(centre__code=centre)
    rows = Offering.objects.filter(wanted, pool__active=True).values_list(
        "service__code",
        "centre__code",
        "id",
        "pool_id",
        "duration_override",
        "service__duration_minutes",
        "pool__grid_minutes",
        "pool__start_step_minutes",
        "centre__timezone",
    )
    asked = []
    for service_code, centre_code, offering, pool, own, usual, grid, step, zone in rows:
        earliest, latest = _bounds(zone, now, from_date, to_date)
        asked.append(
            _Asked(
                service_code,
                centre_code,
                offering,
                pool,
                own or usual,
                grid,
                step,
                earliest,
                latest,
            )
        )
    return asked


def _bounds(
    zone: str, now: datetime, from_date: date | None, to_date: date | None
) -> tuple[datetime, datetime]:
    horizon = last_bookable_date(now, zone)
    last = min(to_date, horizon) if to_date else horizon
    earliest = max(now, day_bounds(from_date, zone)[0]) if from_date else now
    return earliest, day_bounds(last, zone)[1]


def _free_times(asked: list[_Asked]) -> Iterator[tuple[_Asked, list[FreeTime]]]:
    """Each offering with its free times in order, from one read of the ledger."""
    if not asked:
        return
    rows = (
        Interval.objects.filter(
            FREE["public"],
            pool_id__in={each.pool_id for each in asked},
            starts_at__gt=min(each.earliest for each in asked),
            starts_at__lt=max(each.latest for each in asked),
        )
        .order_by("pool_id", "starts_at")
        .values_list(
            "pool_id",
            "starts_at",
            "ends_at",
            F("capacity")
            - F("staff_reserve")
            - F("walk_in_reserve")
            - F("taken_public")
            - F("cooling"),
            "session_id",
            "session__starts_at",
        )
    )
    pools: Pools = {pool: [Row(*row[1:]) for row in part] for pool, part in _grouped(rows)}
    for each in asked:
        step = timedelta(minutes=each.step_minutes)
        needed = intervals_needed(each.minutes, each.grid_minutes)
        times = find_slots(pools.get(each.pool_id, ()), needed, step)
        yield each, [time for time in times if each.earliest < time.starts_at < each.latest]


def _grouped(rows: Any) -> Iterator[tuple[int, Iterator[Sequence[Any]]]]:
    return groupby(rows.iterator(chunk_size=5000), key=itemgetter(0))


def _slots(asked: _Asked, times: list[FreeTime]) -> Iterator[Slot]:
    length = timedelta(minutes=asked.minutes)
    for starts_at, left in times:
        yield Slot(
            asked.service_code,
            asked.centre_code,
            asked.offering_id,
            asked.pool_id,
            starts_at,
            starts_at + length,
            left,
        )


def is_open_at(centre_id: int, moment: datetime) -> bool:
    """Whether a session of the centre runs at `moment`."""
    return _running(moment).filter(centre_id=centre_id).exists()


def open_centre_ids(moment: datetime) -> set[int]:
    """The centres with a session running at `moment`, in one statement."""
    return set(_running(moment).values_list("centre_id", flat=True))


def next_opening(after: datetime) -> datetime | None:
    """When the first session anywhere starts after `after`, as far as days are opened."""
    coming = Session.objects.filter(starts_at__gt=after).order_by("starts_at")
    return coming.values_list("starts_at", flat=True).first()


def _running(moment: datetime) -> QuerySet[Session]:
    return Session.objects.filter(starts_at__lte=moment, ends_at__gt=moment)
