"""Ranges of waits: how one is shown, corrected, and when another takes its place. Pure."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import ceil, floor

# A range is left alone while it is off by less than this, in minutes or as a share of its upper
# end, whichever is more.
SLACK_MINUTES, SLACK_SHARE = 4.0, 0.3
# Between two ranges of one ticket, unless something happened that people can be told.
REST = timedelta(seconds=90)
# How fast the upper end moves, on the scale of roots of minutes; see `hall.estimates.coverage`.
STEP_CENTRE, STEP_POOL = 0.02, 0.05
LEVEL = 0.9
LOWEST_ADDITION, HIGHEST_ADDITION = -0.8, 2.5

# What the newest range says of its change; the first one says nothing.
TRANSFERRED = "transferred"
COUNTER_CLOSED, COUNTER_OPENED = "counter_closed", "counter_opened"
PRIORITY = "priority_visitor"
SLOWER, FASTER = "slower", "faster"
# Events of the hall that lengthen or shorten waits, the most telling first.
LENGTHEN = (COUNTER_CLOSED, PRIORITY)
SHORTEN = (COUNTER_OPENED,)


@dataclass(frozen=True, slots=True)
class Range:
    """P50 and P90 in minutes from the moment they were found."""

    p50: float
    p90: float
    ahead: int
    method: str

    def corrected(self, addition: float) -> Range:
        """With `addition` on the root of P90, never below P50."""
        high = max(0.0, self.p90**0.5 + addition) ** 2
        return replace(self, p90=max(self.p50, high))

    @property
    def low(self) -> int:
        """P50 rounded outward, as shown."""
        return max(0, floor(self.p50))

    @property
    def high(self) -> int:
        """P90 rounded outward, as shown; at least a minute."""
        return max(1, ceil(self.p90))


@dataclass(frozen=True, slots=True)
class Said:
    """What was announced to a ticket at `made_at`."""

    ticket_id: int
    made_at: datetime
    p50: float
    p90: float
    low: int
    high: int

    @property
    def by_at(self) -> datetime:
        """The end of what was promised."""
        return self.made_at + timedelta(minutes=self.high)


def tenth(p50: float, p90: float) -> float:
    """The wait below which one of ten lies, from the middle and the ninth tenth.

    The cube root of a gamma law is nearly normal (Wilson and Hilferty 1931), hence symmetric.
    """
    return float(max(0.0, 2 * p50 ** (1 / 3) - p90 ** (1 / 3)) ** 3)


def is_material(said: Said, found: Range, now: datetime) -> bool:
    """Whether what was said no longer holds and must be said anew.

    It has run out; or the upper end is off by more than its slack; or one should be there earlier
    than was said; or the middle is off by twice the slack.
    """
    past = (now - said.made_at).total_seconds() / 60
    high = said.high - past
    if high <= 0:
        return True
    slack = max(SLACK_MINUTES, SLACK_SHARE * high)
    if abs(found.p90 - high) > slack:
        return True
    middle = max(0.0, said.p50 - past)
    earliest = max(0.0, tenth(said.p50, said.p90) - past)
    sooner = earliest - tenth(found.p50, found.p90)
    return sooner > slack or abs(found.p50 - middle) > 2 * slack


def reason_of(said: Said, found: Range, now: datetime, happened: Collection[str]) -> str:
    """Why the range changed, of what happened in the hall since it was said."""
    if TRANSFERRED in happened:
        return TRANSFERRED
    later = now + timedelta(minutes=found.p90) > said.by_at
    for event in LENGTHEN if later else SHORTEN:
        if event in happened:
            return event
    return SLOWER if later else FASTER


def must_rest(said: Said, now: datetime, happened: Collection[str]) -> bool:
    """Whether it is too soon for another range: nothing happened that could be told."""
    return not happened and now < said.by_at and now - said.made_at < REST


def addition(carried: float, *, centre: tuple[int, int], pool: tuple[int, int]) -> float:
    """What to add to the root of P90 after so many promises (kept, broken) today.

    Quantile tracking: nine kept and one broken leave it where it is.
    """
    moved = carried
    for step, (kept, broken) in ((STEP_CENTRE, centre), (STEP_POOL, pool)):
        moved += step * (LEVEL * broken - (1 - LEVEL) * kept)
    return min(HIGHEST_ADDITION, max(LOWEST_ADDITION, moved))
