"""Where and when people look for a time: places on the globe, parts of the day, order.

Pure decisions of values: no clock, no database. Distances are kilometres.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from math import asin, cos, isfinite, radians, sin, sqrt
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo

from django.utils.translation import gettext_lazy as _

from mawaeed.kernel.errors import DomainError, NotFound

# The mean radius R1 of the Geodetic Reference System 1980 (IUGG), in kilometres.
EARTH_RADIUS_KM = 6371.0088
# Two decimals of a degree are about a kilometre: near enough for a centre, too coarse for a house.
POSITION_DECIMALS = 2
MOST_LATITUDE, MOST_LONGITUDE = 90.0, 180.0

# A part of the day → the local hour it ends at; it begins where the one before it ends.
PARTS: dict[str, int] = {"morning": 12, "afternoon": 17, "evening": 24}
Sort = Literal["earliest", "nearest"]
SORTS: tuple[Sort, ...] = ("earliest", "nearest")
NEVER = datetime.max.replace(tzinfo=UTC)


class BadPosition(DomainError):
    """Latitude or longitude are missing, no finite numbers, or not on the globe."""

    code = "bad_position"
    http_status = 422
    message = _("We could not read where you are. Choose your governorate instead.")


class PlaceNeeded(DomainError):
    """The nearest first was asked for without saying near what."""

    code = "place_needed"
    http_status = 422
    message = _("To see the nearest first, share where you are or choose your governorate.")


class UnknownPart(DomainError):
    """No such part of the day."""

    code = "unknown_part"
    http_status = 422
    message = _("There is no such part of the day. Choose morning, afternoon or evening.")


class UnknownGovernorate(NotFound):
    """No such governorate."""

    code = "unknown_governorate"
    message = _("There is no such governorate. Choose one from the list.")


class Position(NamedTuple):
    """A point on the globe, in degrees; a person's own is rounded to about a kilometre."""

    latitude: float
    longitude: float


def position_of(latitude: str | float | None, longitude: str | float | None) -> Position:
    """A person's position as a browser or a program tells it, rounded to two decimals.

    Refuses `BadPosition` for what is no number, not finite or not on the globe.
    """
    if latitude is None or longitude is None:
        raise BadPosition
    try:
        north, east = float(latitude), float(longitude)
    except (ValueError, OverflowError):
        raise BadPosition from None
    if not (isfinite(north) and isfinite(east)):
        raise BadPosition
    if abs(north) > MOST_LATITUDE or abs(east) > MOST_LONGITUDE:
        raise BadPosition
    return Position(round(north, POSITION_DECIMALS), round(east, POSITION_DECIMALS))


def distance_km(one: Position, other: Position) -> float:
    """The great-circle distance, in kilometres, by the haversine formula.

    R. W. Sinnott, "Virtues of the Haversine", Sky and Telescope 68 (2), 1984, p. 159; the Earth
    as a sphere of its mean radius, which is within half a per cent of the truth.
    """
    lower, upper = radians(one.latitude), radians(other.latitude)
    east = radians(other.longitude - one.longitude)
    half = sin((upper - lower) / 2) ** 2 + cos(lower) * cos(upper) * sin(east / 2) ** 2
    return 2 * EARTH_RADIUS_KM * asin(min(1.0, sqrt(half)))


def part_of(hour: int) -> str:
    """The part of the day a local hour (0–23) belongs to."""
    return next(part for part, ends in PARTS.items() if hour < ends)


def part_named(text: str) -> str | None:
    """The part with this code, None for an empty one; refuses `UnknownPart`."""
    if not text:
        return None
    if text not in PARTS:
        raise UnknownPart(part=text)
    return text


def sort_named(text: str | None, position: Position | None) -> Sort:
    """The order with this name; without one the nearest first where a place is known."""
    for sort in SORTS:
        if text == sort:
            return sort
    return "nearest" if position is not None else "earliest"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A centre in the order of a search: how far it is, its first free time, its usual place."""

    centre: str
    distance_km: float | None
    earliest: datetime | None
    order: int


def in_order(candidates: Iterable[Candidate], sort: Sort) -> list[Candidate]:
    """Centres as people want to see them: those with a free time first, then by `sort`.

    Ties go to the other measure, then to the catalogue's order; a centre without a known place
    comes after those that have one. The order is total.
    """

    def key(each: Candidate) -> tuple[bool, object, object, int, str]:
        far = (each.distance_km is None, each.distance_km or 0.0)
        soon = each.earliest or NEVER
        first, then = (far, soon) if sort == "nearest" else (soon, far)
        return each.earliest is None, first, then, each.order, each.centre

    return sorted(candidates, key=key)


class DayParts:
    """The days from `first` to `last` (local, inclusive) of a zone, cut into parts of the day."""

    def __init__(self, zone: str, first: date, last: date) -> None:
        self.zone = ZoneInfo(zone)
        self._begins: list[datetime] = []
        self._parts: list[tuple[date, str]] = []
        starts = dict(zip(PARTS, [0, *PARTS.values()], strict=False))
        for offset in range((last - first).days + 1):
            day = first + timedelta(days=offset)
            for part, hour in starts.items():
                local = datetime(day.year, day.month, day.day, hour, tzinfo=self.zone)
                self._begins.append(local.astimezone(UTC))
                self._parts.append((day, part))

    def of(self, moment: datetime) -> tuple[date, str]:
        """The local date and the part of the day of a moment; those outside go to the ends."""
        return self._parts[max(0, bisect_right(self._begins, moment) - 1)]
