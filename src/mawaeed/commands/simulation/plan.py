"""What will happen on a simulated day: who comes, when, for what, and how long it takes.

Pure and repeatable: the same seed and the same centre give the same plan. Shares and durations
are assumptions of the simulation, not facts about any centre.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random

BOOKED_SHARE = 0.6
ABSENT_SHARE = 0.10
CANCEL_SHARE = 0.05
MOVE_SHARE = 0.04
PRIORITY_SHARE = 0.08
DEAF_TO_CALL_SHARE = 0.02
RATING_SHARE = 0.35
# Arrival against the booked start, minutes: mostly a little early, a few late.
EARLY_MINUTES, EARLY_SPREAD = -8.0, 7.0
WAY_SECONDS = (12, 45)
PATIENCE_MINUTES = 120.0
SERVICE_SPREAD = 0.45  # of the logarithm
USED_OF_PLANNED = 0.85  # a service takes this much of its planned time on average


@dataclass(frozen=True, slots=True)
class Offered:
    """An offering as the plan sees it; `weight` is its share of the demand."""

    offering_id: int
    service_code: str
    pool_id: int
    minutes: int
    walk_ins: bool
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Opening:
    """A session of a pool (UTC)."""

    pool_id: int
    starts_at: datetime
    ends_at: datetime
    places: int


@dataclass(frozen=True, slots=True)
class Visitor:
    """One person's day. `arrives_at` is fixed for walk-ins; for bookers it is an offset."""

    index: int
    offered: Offered
    booked: bool
    arrives_at: datetime
    offset: timedelta
    service: timedelta
    way: timedelta
    patience: timedelta
    absent: bool = False
    cancels: bool = False
    moves: bool = False
    priority: bool = False
    hears_calls: bool = True
    rating: int | None = None
    language: str = "ar"


def plan_day(
    offered: Sequence[Offered], openings: Sequence[Opening], *, visitors: int, seed: int
) -> list[Visitor]:
    """`visitors` people spread over the day as demand usually is: a morning peak, a softer noon."""
    random = Random(seed)
    choices = [one for one in offered if _hours_of(one, openings)]
    if not choices:
        return []
    weights = [one.weight for one in choices]
    planned = []
    for index in range(visitors):
        one = random.choices(choices, weights)[0]
        moment = _moment(random, _hours_of(one, openings))
        planned.append(_visitor(random, index, one, moment))
    return planned


def plan_from_arrivals(
    arrivals: Sequence[tuple[str, datetime]], queues: dict[str, Offered], *, seed: int
) -> list[Visitor]:
    """Walk-ins at logged moments: (queue, UTC moment) pairs, each queue mapped to an offering."""
    random = Random(seed)
    return [
        replace(_visitor(random, index, queues[queue], moment), booked=False, absent=False)
        for index, (queue, moment) in enumerate(arrivals)
    ]


def service_time(random: Random, minutes: float) -> timedelta:
    """Log-normal around the planned minutes, at least one minute, at most four times as long."""
    mean = minutes * USED_OF_PLANNED
    drawn = random.lognormvariate(math.log(mean) - SERVICE_SPREAD**2 / 2, SERVICE_SPREAD)
    return timedelta(seconds=round(60 * min(max(drawn, 1.0), 4 * minutes)))


def rating_for(random: Random, waited: timedelta) -> int:
    """1–5: people who waited longer are less content."""
    minutes = waited.total_seconds() / 60
    return max(1, min(5, round(random.gauss(4.7 - minutes / 25, 0.6))))


def _visitor(random: Random, index: int, one: Offered, moment: datetime) -> Visitor:
    booked = not one.walk_ins or random.random() < BOOKED_SHARE
    return Visitor(
        index=index,
        offered=one,
        booked=booked,
        arrives_at=moment,
        offset=timedelta(seconds=round(60 * random.gauss(EARLY_MINUTES, EARLY_SPREAD))),
        service=service_time(random, one.minutes),
        way=timedelta(seconds=random.randint(*WAY_SECONDS)),
        patience=timedelta(seconds=round(60 * random.expovariate(1 / PATIENCE_MINUTES)) + 1800),
        absent=booked and random.random() < ABSENT_SHARE,
        cancels=booked and random.random() < CANCEL_SHARE,
        moves=booked and random.random() < MOVE_SHARE,
        priority=not booked and random.random() < PRIORITY_SHARE,
        hears_calls=random.random() >= DEAF_TO_CALL_SHARE,
        rating=1 if random.random() < RATING_SHARE else None,
        language=random.choices(["ar", "en"], [7, 3])[0],
    )


def _hours_of(one: Offered, openings: Sequence[Opening]) -> list[Opening]:
    return [opening for opening in openings if opening.pool_id == one.pool_id]


def _moment(random: Random, openings: Sequence[Opening]) -> datetime:
    lengths = [(opening.ends_at - opening.starts_at).total_seconds() for opening in openings]
    opening = random.choices(openings, lengths)[0]
    # Sum of two draws, skewed to the morning, kept off the last half hour.
    share = min(random.random(), 0.25 + 0.75 * random.random())
    usable = max(opening.ends_at - opening.starts_at - timedelta(minutes=30), timedelta(minutes=5))
    return opening.starts_at + timedelta(seconds=round(share * usable.total_seconds()))
