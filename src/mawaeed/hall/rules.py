"""Pure decisions about tickets: transitions, numbers, due times, order and times spent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

STATES = ("waiting", "called", "serving", "parked", "served", "missed", "left", "cancelled")
OPEN = ("waiting", "called", "serving", "parked")
AT_COUNTER = ("called", "serving")
CLASSES = ("appointment", "walk_in", "priority")

VERBS = (
    "call",
    "recall",
    "start",
    "finish",
    "miss",
    "excuse",
    "transfer",
    "park",
    "resume",
    "more_time",
    "reactivate",
    "finish_leg",
    "take_back_call",
    "take_back_miss",
    "take_back_excuse",
    "take_back_finish",
    "take_back_leg",
    "leave",
    "close",
    "cancel",
)

# (from, verb) → to. One action per verb; everything else is refused as `Stale`.
# `excuse` is a call that came later than promised to an absent visitor: nobody's fault but ours.
# `finish_leg` ends one of several services of a ticket; a clerk may take the last press back.
TICKET_TRANSITIONS: Mapping[tuple[str, str], str] = {
    ("waiting", "call"): "called",
    ("waiting", "transfer"): "waiting",
    ("waiting", "more_time"): "waiting",
    ("waiting", "leave"): "left",
    ("waiting", "close"): "left",
    ("waiting", "cancel"): "cancelled",
    ("called", "recall"): "called",
    ("called", "start"): "serving",
    ("called", "miss"): "missed",
    ("called", "excuse"): "left",
    ("called", "transfer"): "waiting",
    ("called", "park"): "parked",
    ("called", "leave"): "left",
    ("called", "close"): "left",
    ("called", "cancel"): "cancelled",
    ("serving", "finish"): "served",
    ("serving", "transfer"): "waiting",
    ("serving", "park"): "parked",
    ("serving", "close"): "left",
    ("parked", "resume"): "waiting",
    ("parked", "leave"): "left",
    ("parked", "close"): "left",
    ("parked", "cancel"): "cancelled",
    ("missed", "reactivate"): "waiting",
    ("serving", "finish_leg"): "waiting",
    ("called", "take_back_call"): "waiting",
    ("missed", "take_back_miss"): "called",
    ("left", "take_back_excuse"): "called",
    ("served", "take_back_finish"): "serving",
    ("waiting", "take_back_leg"): "serving",
}


def number_text(letter: str, number: int) -> str:
    """What is called: a letter and three digits, four after 999 (A001 … A999, A1000)."""
    return f"{letter}{number:03d}"


def due_time(starts_at: datetime, checked_in_at: datetime) -> datetime:
    """When an appointment's score begins to grow: the later of check-in and booked start.

    For whoever is late this is the check-in.
    """
    return max(starts_at, checked_in_at)


def is_late(starts_at: datetime, checked_in_at: datetime, grace_minutes: int) -> bool:
    """Whether the person came after the grace that follows the booked start."""
    return checked_in_at > starts_at + timedelta(minutes=grace_minutes)


def is_within_promise(starts_at: datetime, called_at: datetime, range_minutes: int) -> bool:
    """Whether a call came no later than promised, so that missing it is the visitor's doing."""
    return called_at <= starts_at + timedelta(minutes=range_minutes)


@dataclass(frozen=True, slots=True)
class Rate:
    """How a class grows: points per minute since due, first points, minutes to its ceiling."""

    per_minute: float
    credit: float = 0.0
    ceiling_minutes: float = 60.0


Rates = Mapping[str, Rate]


@dataclass(frozen=True, slots=True)
class Place:
    """What the order looks at of one waiting ticket."""

    ticket_id: int
    priority_class: str
    due_at: datetime


PlaceT = TypeVar("PlaceT", bound=Place)


def score(place: Place, now: datetime, rates: Rates) -> float:
    """Accumulated priority: rate(class) × minutes since due + credit(class).

    Negative before the ticket is due. After Kleinrock's time-dependent priorities (1964).
    """
    rate = rates[place.priority_class]
    return rate.per_minute * _minutes(now - place.due_at) + rate.credit


def is_past_ceiling(place: Place, now: datetime, rates: Rates) -> bool:
    """Whether the ticket has waited longer than its class may: it then goes first."""
    return _minutes(now - place.due_at) > rates[place.priority_class].ceiling_minutes


def order_key(place: Place, now: datetime, rates: Rates) -> tuple[int, float, datetime, int]:
    """Sorts waiting tickets into the order of calling; total, because ids differ.

    First who is past the ceiling, oldest first; then by score; ties by due time and id.
    """
    if is_past_ceiling(place, now, rates):
        return (0, 0.0, place.due_at, place.ticket_id)
    return (1, -score(place, now, rates), place.due_at, place.ticket_id)


def next_ticket(heads: Iterable[PlaceT], now: datetime, rates: Rates) -> PlaceT | None:
    """The ticket to call. The head of each class (smallest due time, then id) is enough.

    Within a class all tickets grow at one rate, so none behind the head can be before it.
    """
    return min(heads, key=lambda place: order_key(place, now, rates), default=None)


@dataclass(frozen=True, slots=True)
class Change:
    """One row of a ticket's history: at this moment it came into this state."""

    at: datetime
    to_state: str


def time_in_states(changes: Sequence[Change], until: datetime) -> dict[str, timedelta]:
    """How long a ticket was in each open state, added up over every leg, until `until`.

    `changes` are in the order they happened. Waiting, way and service time are the times spent
    `waiting`, `called` and `serving`.
    """
    spent = {state: timedelta() for state in OPEN}
    for change, following in zip(changes, [*changes[1:], None], strict=True):
        if change.to_state in spent:
            end = following.at if following else max(until, change.at)
            spent[change.to_state] += end - change.at
    return spent


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of a pool's day: places nobody has taken, and those of them still for sale.

    Both may be below zero where more is taken than there is.
    """

    starts_at: datetime
    ends_at: datetime
    untaken: int
    for_sale: int


def minutes_left(stretches: Iterable[Stretch], *, now: datetime, for_sale_until: datetime) -> float:
    """Minutes of counters that walk-ins may still be given today.

    All that is untaken from `now` on: reserves, freed and unclaimed places. What is still for
    sale counts only where it begins before `for_sale_until`: later it may yet be booked.
    """
    total = 0.0
    for stretch in stretches:
        places = max(0, stretch.untaken)
        if stretch.starts_at >= for_sale_until:
            places -= min(places, max(0, stretch.for_sale))
        total += places * max(0.0, _minutes(stretch.ends_at - max(stretch.starts_at, now)))
    return total


def fits_into_the_day(left: float, promised: float, minutes: float) -> bool:
    """Whether `minutes` more fit beside those promised to walk-ins who wait already."""
    return promised + minutes <= left


def _minutes(elapsed: timedelta) -> float:
    return elapsed.total_seconds() / 60
