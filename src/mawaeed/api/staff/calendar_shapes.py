"""What may be asked of a centre's days, and what is told of it."""

from __future__ import annotations

from datetime import time
from typing import Annotated, Any, Literal

from ninja import Field, Schema
from pydantic import StringConstraints

from mawaeed.api.edge import with_offset
from mawaeed.api.schemas import Code, Day, Moment, Text
from mawaeed.availability.calendar.changes import OPEN_END
from mawaeed.availability.calendar.wishes import (
    AddCounter,
    ChangeHours,
    CloseTime,
    RetireCounter,
    SendAway,
    Wish,
)
from mawaeed.availability.models import CalendarChange
from mawaeed.booking.displacing.queries import Plan
from mawaeed.centres.models import Centre, Counter, Pool
from mawaeed.kernel.errors import Malformed

CounterNumber = Annotated[int, Field(ge=1, le=999)]
Weekday = Annotated[int, Field(ge=1, le=7)]
Choice = Literal["move", "offer", "keep"]
CHOICE = "move: to the nearest equal place; offer: cancel and let them choose; keep: not with close"


class CloseIn(Schema):
    """Nobody is served in this time; in one pool, or without it in the whole centre."""

    kind: Literal["close"]
    starts_at: Moment
    ends_at: Moment
    pool: Code | None = None


class AwayIn(Schema):
    """A counter leaves its pool for a time; for another pool, or without it for none."""

    kind: Literal["away"]
    counter: CounterNumber
    starts_at: Moment
    ends_at: Moment
    to_pool: Code | None = None


class AddIn(Schema):
    """A counter more, from now on."""

    kind: Literal["add"]
    counter: CounterNumber
    pool: Code


class RetireIn(Schema):
    """A counter less, from now on."""

    kind: Literal["retire"]
    counter: CounterNumber


class HoursIn(Schema):
    """Other hours on these weekdays (1 Monday to 7 Sunday), from a date on, local times."""

    kind: Literal["hours"]
    weekdays: Annotated[list[Weekday], Field(min_length=1, max_length=7)]
    opens: time = Field(examples=["07:00"])
    closes: time = Field(examples=["14:00"])
    from_: Day = Field(alias="from")
    until: Day | None = None
    pool: Code | None = None


WishIn = Annotated[CloseIn | AwayIn | AddIn | RetireIn | HoursIn, Field(discriminator="kind")]


class PlanIn(Schema):
    """The change to look at."""

    wish: WishIn


class ChangeIn(PlanIn):
    """The change to make, why, and what becomes of those it displaces."""

    reason: Annotated[Text, StringConstraints(min_length=1, strip_whitespace=True)]
    choice: Choice = Field(default="move", description=CHOICE)


class DisplacedOut(Schema):
    """Appointments of one person that go together; `new_starts_at` null where nothing fits."""

    references: list[str]
    services: list[str]
    starts_at: str
    new_starts_at: str | None
    new_centre: str | None


class PlanOut(Schema):
    """Whom the change would displace and where to; nothing was changed."""

    starts_at: str
    ends_at: str | None = Field(description="Null where it counts for good.")
    staying: int = Field(description="Checked in already: served all the same.")
    without_place: int
    displaced: list[DisplacedOut]


class ChangeOut(Schema):
    """A change that was made; `working` while people are still being moved."""

    id: int
    kind: str
    starts_at: str
    ends_at: str | None
    reason: str
    made_at: str
    moved: int
    cancelled: int
    working: bool
    undone: bool


class ChangeList(Schema):
    """The changes of a centre, newest first."""

    items: list[ChangeOut]
    next: str | None


def wish_of(asked: Any, centre: Centre) -> Wish:
    """What is asked for, with the counters and pools of this centre. Refuses `Malformed`."""
    if isinstance(asked, CloseIn):
        return CloseTime(asked.starts_at, asked.ends_at, _pool(centre, asked.pool))
    if isinstance(asked, AwayIn):
        counter, pool = _counter(centre, asked.counter), _pool(centre, asked.to_pool, "to_pool")
        return SendAway(counter, asked.starts_at, asked.ends_at, pool)
    if isinstance(asked, AddIn):
        pool = _pool(centre, asked.pool)
        assert pool is not None
        return AddCounter(pool, asked.counter)
    if isinstance(asked, RetireIn):
        return RetireCounter(_counter(centre, asked.counter))
    return _hours(asked, centre)


def _hours(asked: HoursIn, centre: Centre) -> ChangeHours:
    return ChangeHours(
        weekdays="".join(map(str, sorted(set(asked.weekdays)))),
        opens=_wall_time(asked.opens),
        closes=_wall_time(asked.closes),
        from_date=asked.from_,
        until=asked.until,
        pool=_pool(centre, asked.pool),
    )


def _wall_time(value: time) -> time:
    if value.tzinfo is not None:
        raise Malformed(field="hours")
    return value.replace(second=0, microsecond=0)


def _pool(centre: Centre, code: str | None, field: str = "pool") -> Pool | None:
    if code is None:
        return None
    found = Pool.objects.filter(centre=centre, active=True, code=code).first()
    if found is None:
        raise Malformed(field=field)
    return found


def _counter(centre: Centre, number: int) -> Counter:
    counters = Counter.objects.select_related("pool", "centre")
    found = counters.filter(centre=centre, number=number, active=True).first()
    if found is None:
        raise Malformed(field="counter")
    return found


def plan_shaped(plan: Plan, centre: Centre) -> dict[str, Any]:
    """A plan with references and codes alone: nothing of it says who somebody is."""
    zone = centre.timezone
    outcome = plan.outcome
    return {
        "starts_at": with_offset(outcome.starts_at, zone),
        "ends_at": None if outcome.ends_at >= OPEN_END else with_offset(outcome.ends_at, zone),
        "staying": plan.staying,
        "without_place": plan.without_place,
        "displaced": [
            {
                "references": [leg.reference for leg in each.appointments],
                "services": [leg.service.code for leg in each.appointments],
                "starts_at": with_offset(each.appointments[0].starts_at, zone),
                "new_starts_at": with_offset(each.place.starts[0], zone) if each.place else None,
                "new_centre": each.place.centre.code if each.place else None,
            }
            for each in plan.displaced
        ],
    }


def change_shaped(change: CalendarChange, centre: Centre) -> dict[str, Any]:
    """A change as it is now."""
    zone = centre.timezone
    undone = change.undone_at is not None
    return {
        "id": change.pk,
        "kind": change.kind,
        "starts_at": with_offset(change.starts_at, zone),
        "ends_at": None if change.ends_at >= OPEN_END else with_offset(change.ends_at, zone),
        "reason": change.reason,
        "made_at": with_offset(change.made_at, zone),
        "moved": change.details.get("moved", 0),
        "cancelled": change.details.get("cancelled", 0),
        "working": not undone and not change.details.get("settled", True),
        "undone": undone,
    }
