"""Pure decisions about appointments: transitions, horizon, deadlines."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from datetime import date, datetime, timedelta

# What history and events call an appointment.
SUBJECT = "appointment"

# (from, verb) → to. One action per verb; everything else is refused as `Stale`.
APPOINTMENT_TRANSITIONS: dict[tuple[str, str], str] = {
    ("booked", "move"): "booked",
    ("booked", "check_in"): "checked_in",
    ("booked", "cancel"): "cancelled",
    ("booked", "cancel_by_centre"): "cancelled",
    ("booked", "miss"): "no_show",
    ("checked_in", "cancel_by_centre"): "cancelled",
    ("checked_in", "miss"): "no_show",
    ("checked_in", "fulfil"): "fulfilled",
    # Within a minute a clerk may take back what the day made of it.
    ("checked_in", "undo_check_in"): "booked",
    ("fulfilled", "restore"): "checked_in",
    ("no_show", "restore"): "checked_in",
    ("cancelled", "restore"): "checked_in",
}
VERBS = (
    "move",
    "check_in",
    "undo_check_in",
    "cancel",
    "cancel_by_centre",
    "miss",
    "fulfil",
    "restore",
)
COVERING = ("booked", "checked_in", "fulfilled")


def states_for(verb: str) -> tuple[str, ...]:
    """The states from which `verb` may be carried out."""
    return tuple(state for state, known in APPOINTMENT_TRANSITIONS if known == verb)


def last_bookable_date(today: date, horizon_days: int) -> date:
    """The last date of the horizon, inclusive."""
    return today + timedelta(days=horizon_days)


def is_before_cut_off(starts_at: datetime, now: datetime, cut_off_minutes: int) -> bool:
    """Whether the person may still cancel or move."""
    return now < starts_at - timedelta(minutes=cut_off_minutes)


def is_late_cancellation(starts_at: datetime, now: datetime, free_minutes: int) -> bool:
    """Whether cancelling at `now` is an event of conduct (part D of the requirements)."""
    return now > starts_at - timedelta(minutes=free_minutes)


def is_pausing(held_until: datetime | None, now: datetime, pause: timedelta) -> bool:
    """Whether a hold that ran out at `held_until` is too recent for another one."""
    return held_until is not None and held_until <= now < held_until + pause


def first_free_ordinal(used: set[int], limit: int) -> int | None:
    """The smallest of 1…limit not in `used`, or None when all are."""
    return next((number for number in range(1, limit + 1) if number not in used), None)


def chain_from(
    first: datetime,
    lengths: Sequence[timedelta],
    starts: Sequence[Sequence[datetime]],
    gap: timedelta,
) -> list[datetime] | None:
    """Starts of legs one after another, the first at `first`; None where the chain breaks.

    Each later leg takes its earliest start (of its sorted `starts`) at or after the end of the one
    before, at most `gap` after it.
    """
    chain = [first]
    for length, free in zip(lengths[:-1], starts[1:], strict=True):
        over = chain[-1] + length
        index = bisect_left(free, over)
        if index == len(free) or free[index] - over > gap:
            return None
        chain.append(free[index])
    return chain
