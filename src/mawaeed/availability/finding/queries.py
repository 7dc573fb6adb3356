"""Finding a time: the earliest in every centre, the nearest to a place, a week at a glance.

One reading of the ledger (`read_times`) answers all of it. Days are local to each centre.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Literal, NamedTuple

from django.db.models import Q

from mawaeed.availability.finding.rules import (
    PARTS,
    Candidate,
    DayParts,
    PlaceNeeded,
    Position,
    Sort,
    UnknownGovernorate,
    distance_km,
    in_order,
    position_of,
)
from mawaeed.availability.models import CentreCalendar, Closure, Session
from mawaeed.availability.queries import Slot, last_bookable_date, slots_for
from mawaeed.centres.models import Centre, Offering
from mawaeed.centres.queries import governorates_in_use, offerings_of
from mawaeed.kernel.clock import local_date

DayState = Literal["free", "full", "closed", "over", "not_open"]
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody looks for; refuses `PlaceNeeded` for the nearest to nowhere."""

    part: str | None = None
    day: date | None = None
    position: Position | None = None
    sort: Sort = "earliest"

    def __post_init__(self) -> None:
        if self.sort == "nearest" and self.position is None:
            raise PlaceNeeded


class Opening(NamedTuple):
    """One session of a pool, UTC, half-open."""

    centre_id: int
    date: date
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class TimesRead:
    """What the ledger and the calendar said about a service at `now`, for every centre."""

    service: str
    now: datetime
    offerings: Sequence[Offering]
    slots: dict[str, list[tuple[Slot, date, str]]]
    openings: Sequence[Opening]
    closures: Sequence[Closure]
    open_until: dict[int, date | None]

    def at(self, centre: str | None) -> list[Offering]:
        """The offerings asked about: all of them, or the one of a centre."""
        return [each for each in self.offerings if centre in {None, each.centre.code}]


@dataclass(frozen=True, slots=True)
class FoundCentre:
    """A centre with its first free times that fit, and how far away it is (km)."""

    centre: Centre
    distance_km: float | None
    slots: tuple[Slot, ...]


@dataclass(frozen=True, slots=True)
class WeekDay:
    """A bookable date: free times by part of the day, or why there are none.

    `why` is the name (by language) of the holiday or closure that shuts every centre asked about.
    """

    date: date
    state: DayState
    free: dict[str, int] = field(default_factory=dict)
    why: dict[str, str] | None = None

    @property
    def total(self) -> int:
        """Free times of the whole day."""
        return sum(self.free.values())


def read_times(*, service: str, now: datetime) -> TimesRead:
    """Everything the questions below need, in a fixed number of statements."""
    offerings = list(offerings_of(service))
    slots = slots_for(service=service, now=now)
    spans = {each.centre.timezone: None for each in offerings}
    parts = {zone: DayParts(zone, *_span(now, zone)) for zone in spans}
    placed: dict[str, list[tuple[Slot, date, str]]] = defaultdict(list)
    zones = {each.centre.code: parts[each.centre.timezone] for each in offerings}
    for slot in slots:
        if slot.centre_code in zones:
            placed[slot.centre_code].append((slot, *zones[slot.centre_code].of(slot.starts_at)))
    return TimesRead(
        service,
        now,
        offerings,
        dict(placed),
        _openings(offerings, now),
        _closures(offerings, now),
        _open_until(offerings),
    )


def place_of(
    latitude: str | float | None, longitude: str | float | None, governorate: str = ""
) -> Position | None:
    """Where somebody is: their rounded position, else their governorate's point, else None.

    Refuses `BadPosition` for half of one, `UnknownGovernorate`.
    """
    if latitude is not None or longitude is not None:
        return position_of(latitude, longitude)
    return governorate_position(governorate) if governorate else None


def governorate_position(code: str) -> Position:
    """The point that stands for a governorate; refuses `UnknownGovernorate`."""
    found = governorates_in_use().filter(code=code).first()
    if found is None:
        raise UnknownGovernorate(governorate=code)
    return Position(found.latitude, found.longitude)


def centres_found(read: TimesRead, wanted: Wanted, per_centre: int = 1) -> list[FoundCentre]:
    """Every centre that offers the service, with its first times that fit, in the order wanted.

    Those without a fitting time come last.
    """
    found = {
        each.centre.code: FoundCentre(
            each.centre,
            _distance(each.centre, wanted.position),
            _fitting(read, each.centre.code, wanted)[:per_centre],
        )
        for each in read.offerings
    }
    candidates = [
        Candidate(
            code,
            each.distance_km,
            each.slots[0].starts_at if each.slots else None,
            each.centre.order,
        )
        for code, each in found.items()
    ]
    return [found[each.centre] for each in in_order(candidates, wanted.sort)]


def week_at(read: TimesRead, centre: str | None = None) -> list[WeekDay]:
    """The dates of the horizon, today first, at one centre or over all that offer the service."""
    offerings = read.at(centre)
    free: dict[date, Counter[str]] = defaultdict(Counter)
    for each in offerings:
        for _, day, part in read.slots.get(each.centre.code, ()):
            free[day][part] += 1
    return [_week_day(read, offerings, day, free[day]) for day in _dates(offerings, read.now)]


def _week_day(
    read: TimesRead, offerings: Sequence[Offering], day: date, free: Counter[str]
) -> WeekDay:
    if free:
        return WeekDay(day, "free", {part: free[part] for part in PARTS})
    ids = {each.centre_id for each in offerings}
    ends = [each.ends_at for each in read.openings if each.date == day and each.centre_id in ids]
    if ends:
        return WeekDay(day, "full" if max(ends) > read.now else "over")
    why = _why(read.closures, offerings, day)
    if why is None and all(day > (read.open_until.get(each) or date.min) for each in ids):
        return WeekDay(day, "not_open")
    return WeekDay(day, "closed", why=why)


def _why(
    closures: Sequence[Closure], offerings: Sequence[Offering], day: date
) -> dict[str, str] | None:
    """The name of what shuts all of these centres on a day, the first of several."""
    that_day = [each for each in closures if each.from_date <= day <= each.until_date]
    names = [
        next((row.name for row in that_day if row.centre_id in {None, each.centre_id}), None)
        for each in offerings
    ]
    return names[0] if names and None not in names else None


def _fitting(read: TimesRead, centre: str, wanted: Wanted) -> tuple[Slot, ...]:
    return tuple(
        slot
        for slot, day, part in read.slots.get(centre, ())
        if wanted.part in {None, part} and wanted.day in {None, day}
    )


def _distance(centre: Centre, position: Position | None) -> float | None:
    if position is None or centre.latitude is None or centre.longitude is None:
        return None
    return distance_km(position, Position(centre.latitude, centre.longitude))


def _span(now: datetime, zone: str) -> tuple[date, date]:
    return local_date(now, zone), last_bookable_date(now, zone)


def _dates(offerings: Iterable[Offering], now: datetime) -> list[date]:
    spans = [_span(now, zone) for zone in {each.centre.timezone for each in offerings}]
    if not spans:
        return []
    first, last = min(span[0] for span in spans), max(span[1] for span in spans)
    return [first + ONE_DAY * offset for offset in range((last - first).days + 1)]


def _openings(offerings: Sequence[Offering], now: datetime) -> list[Opening]:
    dates = _dates(offerings, now)
    if not dates:
        return []
    rows = Session.objects.filter(
        centre_id__in=[each.centre_id for each in offerings],
        pool_id__in=[each.pool_id for each in offerings],
        date__gte=dates[0],
        date__lte=dates[-1],
    )
    read = rows.order_by("starts_at").values_list("centre_id", "date", "starts_at", "ends_at")
    return [Opening(*row) for row in read]


def _closures(offerings: Sequence[Offering], now: datetime) -> list[Closure]:
    dates = _dates(offerings, now)
    if not dates:
        return []
    scope = Q(centre_id__in=[each.centre_id for each in offerings]) | Q(
        centre=None, agency_id__in={each.centre.agency_id for each in offerings}
    )
    confirmed = Closure.objects.filter(scope, confirmed=True, active=True)
    return list(confirmed.filter(from_date__lte=dates[-1], until_date__gte=dates[0]).order_by("id"))


def _open_until(offerings: Sequence[Offering]) -> dict[int, date | None]:
    ids = [each.centre_id for each in offerings]
    rows = CentreCalendar.objects.filter(centre_id__in=ids)
    return dict(rows.values_list("centre_id", "open_until"))
