"""When and how much of a pool's public places is let go: pure decisions.

A pool's policy is a list of steps, earliest first, whose percentages add up to 100. Without steps
everything is bookable as soon as its day is opened.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Any, Literal, get_args
from zoneinfo import ZoneInfo

Reserve = Literal["staff", "walk_in"]
RESERVES: tuple[str, ...] = get_args(Reserve)
EVERYTHING = 100


@dataclass(frozen=True, slots=True)
class Step:
    """One step: so many days before, at this local time, this share becomes bookable.

    With a window the minute is drawn within it, and only the window is announced. Reserves that
    roll down become public as far as nobody has taken them.
    """

    days_before: int
    at: time
    percent: int
    window_minutes: int = 0
    rolls_down: tuple[str, ...] = ()

    def window(self, day: date, zone: str) -> tuple[datetime, datetime]:
        """What is announced for places of the local `day`: from and until (UTC)."""
        local = datetime.combine(day - timedelta(days=self.days_before), self.at, ZoneInfo(zone))
        begin = local.astimezone(UTC)
        return begin, begin + timedelta(minutes=self.window_minutes)


@dataclass(frozen=True, slots=True)
class LetGo:
    """What the steps carried out so far have let go of one pool and day."""

    percent: int = EVERYTHING
    rolled: frozenset[str] = frozenset()

    def and_also(self, percent: int, rolls_down: Iterable[str]) -> LetGo:
        """One step further."""
        return LetGo(min(EVERYTHING, self.percent + percent), self.rolled | frozenset(rolls_down))


NOTHING_YET = LetGo(percent=0)
ALL = LetGo()


def steps_of(stored: Sequence[Mapping[str, Any]]) -> list[Step]:
    """The steps of a pool's stored policy; `ValueError` says what is wrong with it."""
    steps = [
        Step(
            days_before=int(each["days_before"]),
            at=time.fromisoformat(str(each["time"])),
            percent=int(each["percent"]),
            window_minutes=int(each.get("window_minutes", 0)),
            rolls_down=tuple(each.get("rolls_down", ())),
        )
        for each in stored
    ]
    if steps:
        _require_sound(steps)
    return steps


def _require_sound(steps: Sequence[Step]) -> None:
    if sum(step.percent for step in steps) != EVERYTHING:
        raise ValueError("the percentages do not add up to 100")
    for step in steps:
        if step.percent < 1 or step.days_before < 0 or step.window_minutes < 0:
            raise ValueError("a step has a percentage below 1, or a negative number")
        if unknown := set(step.rolls_down) - set(RESERVES):
            raise ValueError(f"there is no reserve called {', '.join(sorted(unknown))}")
    some_day = date(2026, 1, 31)
    windows = [step.window(some_day, "UTC") for step in steps]
    for (_, until), (following, _until) in pairwise(windows):
        if following <= until:
            raise ValueError("a step does not come after the one before it and its window")


def released_places(public: int, percent: int) -> int:
    """How many of `public` places are let go after `percent` in all; all of them at 100."""
    return (public * percent + EVERYTHING // 2) // EVERYTHING


def draw_moment(begin: datetime, until: datetime, draw: Callable[[int], int]) -> datetime:
    """The minute at which a step is due: `begin`, or drawn in [begin, until) by `draw(minutes)`."""
    minutes = int((until - begin) / timedelta(minutes=1))
    return begin + timedelta(minutes=draw(minutes)) if minutes else begin
