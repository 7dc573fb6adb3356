"""What a catalogue file may say: the schema, and the single values it is made of.

Values arrive as text. Times are local wall times, dates are inclusive, money is dinars with
three decimals, minutes are whole. `assumed` names the values beside it that nobody confirmed.
"""

from __future__ import annotations

from datetime import date
from itertools import pairwise
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from mawaeed.centres.schema_values import (
    Address,
    Code,
    Day,
    Letter,
    LocalTime,
    LongCode,
    Minutes,
    Money,
    ShortText,
    Text,
    Weekday,
    Zone,
)


class Entry(BaseModel):
    """Anything in a catalogue file: unknown keys are refused, assumptions are named."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    assumed: list[str] = Field(default=[], description="Values beside this nobody confirmed.")

    @model_validator(mode="after")
    def _assumed_names_exist(self) -> Self:
        known = {field.alias or name for name, field in type(self).model_fields.items()}
        for name in self.assumed:
            if name not in known:
                raise ValueError(f"`assumed` names `{name}`, which is no key here")
        return self


class Period(Entry):
    """Something that lasts from one date to another, both inclusive."""

    from_date: Day = Field(alias="from")
    until: Day | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.until is not None and self.until < self.from_date:
            raise ValueError("`until` is before `from`")
        return self


class AgencyEntry(Entry):
    """The body that owns the directorates."""

    code: Code
    name: Text
    country: str = Field(pattern=r"^[A-Z]{2}$")
    timezone: Zone
    currency: str = Field(pattern=r"^[A-Z]{3}$")
    languages: list[str] = Field(min_length=1)


class AudienceEntry(Entry):
    """A kind of people a service is for."""

    code: Code
    name: Text


class GovernorateEntry(Entry):
    """A part of the country, and one point in it from which distances are told."""

    code: Code
    name: Text
    latitude: float = Field(ge=-90, le=90)
    longitude: float = Field(ge=-180, le=180)


class Season(Period):
    """A named stretch of dates that hours refer to."""

    code: Code
    name: Text
    until: Day


class Rule(Entry):
    """Weekly hours: on these days from `opens` to `closes`, in a season or between two dates.

    On one date and pool the rules of the highest precedence apply, all of them.
    """

    code: Code
    days: list[Weekday] = Field(min_length=1)
    opens: LocalTime
    closes: LocalTime
    season: Code | None = None
    from_date: Day | None = Field(default=None, alias="from")
    until: Day | None = None
    precedence: int = Field(default=0, ge=0, le=100)
    pools: list[Code] = Field(default=[], description="Only these pools; all if empty.")
    counters: int | None = Field(default=None, ge=1, description="Staffed per pool; all if empty.")

    @model_validator(mode="after")
    def _sensible(self) -> Self:
        if self.closes <= self.opens:
            raise ValueError("`closes` is not after `opens`")
        if (self.season is None) == (self.from_date is None):
            raise ValueError("give either `season` or `from`")
        if self.until and self.from_date and self.until < self.from_date:
            raise ValueError("`until` is before `from`")
        return self


class Week(Entry):
    """Hours that several centres share."""

    code: Code
    name: Text
    rules: list[Rule] = Field(min_length=1)


class DayOff(Entry):
    """A time in which nobody is served; counts only when confirmed."""

    code: LongCode
    name: Text
    from_date: Day = Field(alias="date")
    until: Day | None = None
    status: Literal["proposed", "confirmed"]

    @property
    def last_date(self) -> date:
        """The last day, inclusive."""
        return self.until or self.from_date

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.last_date < self.from_date:
            raise ValueError("`until` is before `date`")
        return self


class ClosureEntry(DayOff):
    """A day off of some centres, or some hours of it."""

    centres: list[Code] = Field(min_length=1)
    from_time: LocalTime | None = None
    until_time: LocalTime | None = None

    @model_validator(mode="after")
    def _times_in_order(self) -> Self:
        if self.from_time and self.until_time and self.until_time <= self.from_time:
            raise ValueError("`until_time` is not after `from_time`")
        return self


class DirectorateEntry(Entry):
    """A part of the agency; `order` is its place in lists."""

    code: Code
    name: Text
    order: int = Field(ge=0, le=999)


class ServiceEntry(Entry):
    """What a citizen comes for."""

    code: LongCode
    name: Text
    public_name: Text | None = Field(default=None, description="Neutral, for messages and boards.")
    description: Text | None = None
    minutes: Minutes = Field(description="Attended time at the counter.")
    papers: list[Text] = Field(description="What to bring.")
    fee: Money | None = Field(default=None, description="Dinars; empty: told at the counter.")
    audience: list[Code] = Field(min_length=1)
    who_attends: Text
    limit_per_beneficiary: int = Field(ge=1, le=50)
    dependants: bool
    people_present: int = Field(default=1, ge=1, le=2, description="How many must come together.")
    online_url: Address | None = None
    online_note: Text | None = None
    keywords: dict[str, str] = Field(default={}, description="More words to find it by.")


class GroupEntry(Entry):
    """Owns a letter of ticket numbers."""

    letter: Letter
    name: Text


class ReleaseStep(Entry):
    """So many days before, at this local time, this share of the public places is let go."""

    days_before: int = Field(ge=0, le=60)
    time: LocalTime
    percent: int = Field(ge=1, le=100)
    window_minutes: int = Field(
        default=0, ge=0, le=720, description="The minute is drawn within it; 0: exactly at `time`."
    )
    rolls_down: list[Literal["staff", "walk_in"]] = Field(
        default=[], description="Reserves that become public as far as unused."
    )

    @property
    def minute(self) -> int:
        """Its place on a line of time that ends with the day of the places."""
        return (self.time.hour - 24 * self.days_before) * 60 + self.time.minute


class PoolEntry(Entry):
    """Interchangeable counters; a place is a counter, or a seat where `seats` is given."""

    code: Code
    name: Text
    counters: list[Annotated[int, Field(ge=1, le=999)]] = Field(min_length=1, max_length=40)
    seats: int | None = Field(default=None, ge=1, le=1000)
    grid_minutes: int = Field(default=5, ge=5, le=10, multiple_of=5)
    start_step_minutes: int = Field(default=10, ge=5, le=240)
    walk_in_reserve: int = Field(default=0, ge=0)
    staff_reserve: int = Field(default=0, ge=0)
    release: list[ReleaseStep] = Field(
        default=[], description="Steps that let places go, earliest first; all at once if empty."
    )

    @model_validator(mode="after")
    def _release_adds_up(self) -> Self:
        if self.release and sum(step.percent for step in self.release) != 100:
            raise ValueError("the percentages of `release` do not add up to 100")
        for step, following in pairwise(self.release):
            if following.minute <= step.minute + step.window_minutes:
                raise ValueError("a step of `release` does not come after the one before it")
        return self

    @model_validator(mode="after")
    def _sensible(self) -> Self:
        if len(set(self.counters)) != len(self.counters):
            raise ValueError("`counters` repeats a number")
        if self.start_step_minutes % self.grid_minutes:
            raise ValueError("`start_step_minutes` is no multiple of `grid_minutes`")
        if self.walk_in_reserve + self.staff_reserve >= self.places:
            raise ValueError("the reserves leave no place for the public")
        return self

    @property
    def places(self) -> int:
        """Places in one interval when every counter is staffed."""
        return self.seats or len(self.counters)


class OfferingEntry(Entry):
    """A service at this centre."""

    service: Code
    pool: Code
    group: Letter
    walk_ins: bool
    minutes: Minutes | None = Field(default=None, description="Here it takes this long.")


class CentreEntry(Entry):
    """A place people come to."""

    code: Code
    name: Text
    short_name: ShortText
    address: Text
    latitude: float = Field(ge=-90, le=90)
    longitude: float = Field(ge=-180, le=180)
    timezone: Zone | None = Field(default=None, description="The agency's if empty.")
    walk_ins: bool = True
    week: Code | None = Field(default=None, description="Shared hours, see calendar.yaml.")
    hours: list[Rule] = Field(default=[], description="Hours of its own, beside those.")
    groups: list[GroupEntry] = Field(min_length=1)
    pools: list[PoolEntry] = Field(min_length=1)
    offerings: list[OfferingEntry] = Field(min_length=1)


class AnnouncementEntry(Period):
    """A text for the public, for everybody or one directorate or centre."""

    code: Code
    title: Text
    body: Text
    directorate: Code | None = None
    centre: Code | None = None
    important: bool = False


class ContactEntry(Entry):
    """A way to reach the agency."""

    code: Code
    kind: Literal["phone", "email", "web", "visit"]
    name: Text
    value: str = Field(min_length=1, max_length=200)
    hours: Text | None = None


class DimensionEntry(Entry):
    """What is rated beside the overall score."""

    code: Code
    name: Text


class File(BaseModel):
    """The outermost level of a file."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class AgencyFile(File):
    """agency.yaml"""

    agency: AgencyEntry
    audiences: list[AudienceEntry] = Field(min_length=1)
    governorates: list[GovernorateEntry] = []


class CalendarFile(File):
    """calendar.yaml"""

    seasons: list[Season] = []
    weeks: list[Week] = []
    holidays: list[DayOff] = []
    closures: list[ClosureEntry] = []


class DirectorateFile(File):
    """directorates/*.yaml"""

    directorate: DirectorateEntry
    services: list[ServiceEntry] = Field(min_length=1)
    centres: list[CentreEntry] = []


class PublicFile(File):
    """public.yaml"""

    contacts: list[ContactEntry] = []
    rating_dimensions: list[DimensionEntry] = []
    announcements: list[AnnouncementEntry] = []


def json_schema() -> dict[str, Any]:
    """The published schema: a file is one of the four kinds (see catalogue/schema.json)."""
    from pydantic.json_schema import models_json_schema

    kinds: list[type[File]] = [AgencyFile, CalendarFile, DirectorateFile, PublicFile]
    references, definitions = models_json_schema([(kind, "validation") for kind in kinds])
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Catalogue of centres and services",
        "anyOf": [references[kind, "validation"] for kind in kinds],
        **definitions,
    }
