"""Pure decisions about a place that becomes free: public at once, to the list first, or resting."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class Fate(StrEnum):
    """What happens to a freed place."""

    PUBLIC = "public"
    LIST = "list"
    COOL = "cool"


@dataclass(frozen=True, slots=True)
class FreedSettings:
    """An offering's options in force."""

    never_within: timedelta
    cool_down: timedelta
    list_first: bool
    offer: timedelta


def fate_of_freed(starts_at: datetime, now: datetime, settings: FreedSettings) -> Fate:
    """What happens to a place whose start is `starts_at`.

    So near the start that an option would reach into the protected time (24 hours by default), a
    place is public at once. The waiting list goes before the cool-down.
    """
    left = starts_at - settings.never_within - now
    if settings.list_first and left >= settings.offer:
        return Fate.LIST
    if settings.cool_down and left > timedelta(0) and not settings.list_first:
        return Fate.COOL
    return Fate.PUBLIC


def cooled_until(
    starts_at: datetime, now: datetime, settings: FreedSettings, drawn: float
) -> datetime:
    """When a resting place is bookable again: after half to the whole of the cool-down.

    `drawn` is at random in [0, 1). Never later than the protected time before the start begins.
    """
    rest = settings.cool_down * (0.5 + drawn / 2)
    return min(now + rest, starts_at - settings.never_within)
