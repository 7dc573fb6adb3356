"""What finding a time takes and gives."""

from __future__ import annotations

from typing import Literal

from ninja import Field, Schema

from mawaeed.api.schemas import Code, Day, Named


class FindingIn(Schema):
    """What is looked for. A position is rounded to two decimals (about a kilometre), not kept."""

    service: Code
    latitude: float | None = Field(None, description="Degrees; with `longitude`.")
    longitude: float | None = Field(None, description="Degrees; with `latitude`.")
    governorate: Code = Field("", description="Instead of a position; see `GET /governorates`.")
    part: Code = Field("", description="`morning` to 12:00, `afternoon` to 17:00, `evening`.")
    day: Day | None = Field(None, description="A date at the centre.")
    sort: Literal["earliest", "nearest"] | None = Field(
        None, description="Left out: the nearest first where a place is known, else the earliest."
    )
    times: int = Field(3, ge=1, le=20, description="So many of each centre's first times.")


class TimeOut(Schema):
    """A free time of the centre it stands in."""

    starts_at: str
    ends_at: str
    places_left: int


class FoundCentreOut(Schema):
    """A centre, the great-circle distance to it, and its first free times that fit."""

    centre: str
    distance_km: float | None
    slots: list[TimeOut]


class NextDayOut(Schema):
    """The next date that cannot be booked yet, and the moment it can."""

    date: str
    bookable_at: str


class ReleaseOut(Schema):
    """Places held back so far; they become free within the announced window."""

    date: str
    centre: str
    announced_from: str
    announced_until: str


class PeriodOut(Schema):
    """Half-open."""

    opens_at: str
    closes_at: str


class WalkInOut(Schema):
    """When a centre next serves people without an appointment."""

    centre: str
    periods: list[PeriodOut]


class NothingFreeOut(Schema):
    """What remains when no time is free on any day that can be booked."""

    next_day: NextDayOut | None
    release: ReleaseOut | None
    walk_ins: list[WalkInOut]
    online_url: str | None


class FindingList(Schema):
    """Centres in the order asked for; those without a fitting time last."""

    items: list[FoundCentreOut]
    next: str | None
    nothing_free: NothingFreeOut | None


class PartsOut(Schema):
    """Free times by part of the day."""

    morning: int
    afternoon: int
    evening: int


class WeekDayOut(Schema):
    """A date that can be booked; `why` names the holiday or closure of a closed one."""

    date: str
    state: Literal["free", "full", "closed", "over", "not_open"]
    free_times: PartsOut
    why: str | None


class WeekList(Schema):
    """The days of the horizon, today first."""

    items: list[WeekDayOut]
    next: str | None
    nothing_free: NothingFreeOut | None


class GovernorateOut(Named):
    """A part of the country and the point that distances are counted from."""

    latitude: float
    longitude: float


class GovernorateList(Schema):
    """Every governorate, in the catalogue's order."""

    items: list[GovernorateOut]
    next: str | None
