"""How long a visitor keeps a counter: what was seen, drawn from centre to service to counter.

Everything is a share of the planned minutes, so that services of all lengths teach each other.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from math import exp, log
from statistics import NormalDist
from typing import Any

from mawaeed.hall.estimates.line import Mean

# How many visits each level weighs against the one below it.
WEIGHT_PLAN, WEIGHT_CENTRE, WEIGHT_SERVICE, WEIGHT_SPREAD = 10.0, 12.0, 8.0, 20.0
# Of the logarithm of a visit's time around what was expected; squared.
USUAL_SPREAD = 0.45**2
# Earlier days count as no more visits than this, so that today soon shows.
MOST_OF_THE_PAST = 40
# A shorter stay was a slip of the hand, a longer one an open ticket forgotten at the counter.
SHORTEST, LONGEST_SHARE = 0.3, 6.0


@dataclass(frozen=True, slots=True)
class Stay:
    """A visitor was at a counter for so many minutes, from the call to the counter's being free."""

    offering_id: int
    counter_id: int | None
    planned: float
    minutes: float


@dataclass(slots=True)
class Pace:
    """Shares of the planned minutes that visits take at one centre."""

    centre: Mean = field(default_factory=Mean)
    services: dict[int, Mean] = field(default_factory=dict)
    counters: dict[int, Mean] = field(default_factory=dict)
    spread: Mean = field(default_factory=Mean)

    def add(self, stay: Stay) -> None:
        """Learn from one visit; impossible ones are passed over."""
        if stay.minutes < SHORTEST or stay.minutes > LONGEST_SHARE * stay.planned:
            return
        expected = self.minutes(stay.offering_id, None, stay.planned)
        self.spread.add(log(stay.minutes / expected) ** 2)
        self.centre.add(stay.minutes / stay.planned)
        self.services.setdefault(stay.offering_id, Mean()).add(stay.minutes / stay.planned)
        if stay.counter_id is not None:
            self.counters.setdefault(stay.counter_id, Mean()).add(stay.minutes / expected)

    def minutes(self, offering_id: int, counter_id: int | None, planned: float) -> float:
        """Expected minutes of this service, at this counter if one is named."""
        share = self.centre.shrunk(1.0, WEIGHT_PLAN)
        if offering_id in self.services:
            share = self.services[offering_id].shrunk(share, WEIGHT_CENTRE)
        return planned * share * self.speed(counter_id)

    def speed(self, counter_id: int | None) -> float:
        """How much longer than usual this counter takes; 1 for one that is not known."""
        known = self.counters.get(counter_id) if counter_id is not None else None
        return known.shrunk(1.0, WEIGHT_SERVICE) if known else 1.0

    @property
    def variance(self) -> float:
        """Of the logarithm of a visit's time."""
        return self.spread.shrunk(USUAL_SPREAD, WEIGHT_SPREAD)

    def as_json(self) -> dict[str, Any]:
        """Plain numbers, to keep in a row."""
        return {
            "centre": _pair(self.centre),
            "services": {str(key): _pair(mean) for key, mean in self.services.items()},
            "counters": {str(key): _pair(mean) for key, mean in self.counters.items()},
            "spread": _pair(self.spread),
        }


def pace_from(kept: Mapping[str, Any], stays: Iterable[Stay] = ()) -> Pace:
    """What `as_json` kept of earlier days, with the visits of today."""
    pace = Pace()
    if kept:
        pace = Pace(
            _mean(kept["centre"]),
            {int(key): _mean(pair) for key, pair in kept["services"].items()},
            {int(key): _mean(pair) for key, pair in kept["counters"].items()},
            _mean(kept["spread"]),
        )
    for stay in stays:
        pace.add(stay)
    return pace


@lru_cache(maxsize=64)
def multiples(count: int, variance: float) -> tuple[float, ...]:
    """So many equally likely multiples of an expected time, smallest first; their mean is 1.

    Log-normal, as service times of offices are (Brown et al. 2005).
    """
    normal = NormalDist(0.0, variance**0.5)
    found = [exp(normal.inv_cdf((place + 0.5) / count)) for place in range(count)]
    mean = sum(found) / count
    return tuple(each / mean for each in found)


def _pair(mean: Mean) -> list[float]:
    return [mean.count, round(mean.total, 3)]


def _mean(pair: list[float]) -> Mean:
    count, total = pair
    if count > MOST_OF_THE_PAST:
        return Mean(MOST_OF_THE_PAST, total * MOST_OF_THE_PAST / count)
    return Mean(int(count), total)
