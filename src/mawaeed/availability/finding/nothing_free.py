"""The plain answer when nothing is free: what to do instead, and when to look again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from django.db.models import Q

from mawaeed.availability.calendar.expansion import hours_of
from mawaeed.availability.finding.queries import TimesRead
from mawaeed.availability.models import Closure, OpeningRule
from mawaeed.availability.queries import last_bookable_date
from mawaeed.availability.releases import next_release
from mawaeed.availability.rules import DayOff, periods_on
from mawaeed.centres.models import Centre, Offering
from mawaeed.kernel.clock import day_bounds, local_date

# A holiday may be long; beyond this nobody plans a visit.
LOOK_AHEAD_DAYS = 30


class NextDay(NamedTuple):
    """A local date that cannot be booked yet, and when (UTC) it can."""

    date: date
    bookable_at: datetime
    zone: str


class ComingRelease(NamedTuple):
    """Places held back so far: for which local date, where, and the announced window (UTC)."""

    date: date
    centre: Centre
    announced_from: datetime
    announced_until: datetime


@dataclass(frozen=True, slots=True)
class WalkInHours:
    """When a centre next serves people without an appointment, UTC, half-open, apart."""

    centre: Centre
    date: date
    periods: tuple[tuple[datetime, datetime], ...]


@dataclass(frozen=True, slots=True)
class NothingFree:
    """What remains to those who find no free time."""

    next_day: NextDay | None
    release: ComingRelease | None
    walk_ins: tuple[WalkInHours, ...]
    online_url: str


def nothing_free(read: TimesRead, centre: str | None = None) -> NothingFree | None:
    """The answer for a service without any free time (at a centre); None while there is one.

    Three more statements, whatever the number of centres.
    """
    offerings = read.at(centre)
    if not offerings or any(read.slots.get(each.centre.code) for each in offerings):
        return None
    return NothingFree(
        _next_day(offerings, read.now),
        _release(read, offerings, centre),
        tuple(_walk_ins(read, offerings)),
        offerings[0].service.online_url,
    )


def _release(
    read: TimesRead, offerings: Sequence[Offering], centre: str | None
) -> ComingRelease | None:
    """The first announced one; never the drawn minute itself."""
    coming = next_release(read.service, read.now, centre=centre)
    where = {each.centre.code: each.centre for each in offerings}
    if coming is None or coming.centre_code not in where:
        return None
    return ComingRelease(coming.day, where[coming.centre_code], coming.starts_at, coming.ends_at)


def _next_day(offerings: Sequence[Offering], now: datetime) -> NextDay | None:
    """The first open day beyond the horizon of any of the centres."""
    rules = _rules(offerings)
    closures = _closures(offerings)
    coming = [
        found
        for each in offerings
        if (found := _next_day_at(each, now, rules, closures)) is not None
    ]
    return min(coming, key=lambda each: each.bookable_at, default=None)


def _next_day_at(
    offering: Offering, now: datetime, rules: list[OpeningRule], closures: list[Closure]
) -> NextDay | None:
    centre = offering.centre
    zone = ZoneInfo(centre.timezone)
    hours = [
        hours_of(rule)
        for rule in rules
        if rule.centre_id == centre.pk and rule.pool_id in {None, offering.pool_id}
    ]
    days_off = [
        DayOff(row.from_date, row.until_date, row.from_time, row.until_time)
        for row in closures
        if row.centre_id in {None, centre.pk} and row.agency_id == centre.agency_id
    ]
    today, last = local_date(now, centre.timezone), last_bookable_date(now, centre.timezone)
    for ahead in range(1, LOOK_AHEAD_DAYS + 1):
        day = last + timedelta(days=ahead)
        if periods_on(day, hours, days_off, zone):
            bookable = day_bounds(today + timedelta(days=ahead), centre.timezone)[0]
            return NextDay(day, bookable, centre.timezone)
    return None


def _rules(offerings: Sequence[Offering]) -> list[OpeningRule]:
    centres = [each.centre_id for each in offerings]
    return list(OpeningRule.objects.filter(centre_id__in=centres, active=True))


def _closures(offerings: Sequence[Offering]) -> list[Closure]:
    scope = Q(centre_id__in=[each.centre_id for each in offerings]) | Q(
        centre=None, agency_id__in={each.centre.agency_id for each in offerings}
    )
    return list(Closure.objects.filter(scope, confirmed=True, active=True))


def _walk_ins(read: TimesRead, offerings: Sequence[Offering]) -> list[WalkInHours]:
    found = []
    for each in offerings:
        if not (each.walk_ins and each.centre.walk_ins):
            continue
        coming = [
            opening
            for opening in read.openings
            if opening.centre_id == each.centre_id and opening.ends_at > read.now
        ]
        if coming:
            day = coming[0].date
            spans = [(one.starts_at, one.ends_at) for one in coming if one.date == day]
            found.append(WalkInHours(each.centre, day, _joined(spans)))
    return sorted(found, key=lambda hours: (hours.periods[0], hours.centre.order))


def _joined(
    spans: Sequence[tuple[datetime, datetime]],
) -> tuple[tuple[datetime, datetime], ...]:
    """Spans in order of start, those that meet made one."""
    joined: list[tuple[datetime, datetime]] = []
    for starts_at, ends_at in spans:
        if joined and starts_at <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(ends_at, joined[-1][1]))
        else:
            joined.append((starts_at, ends_at))
    return tuple(joined)
