"""The day that is kept back, and then let go at once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from world import (
    CLOSES,
    OPENS,
    POOLS,
    RELEASED_CENTRE,
    RELEASED_DAY,
    RELEASED_PLACES,
    RELEASED_POOL,
    STEP,
    Plan,
)


def withhold(world: Plan, starts: int) -> None:
    """Keep the released day back: `starts` starts of ten places, none of them bookable yet."""
    intervals = _released(world)
    intervals.update(capacity=0)
    last = world.opens_at(RELEASED_DAY) + timedelta(minutes=STEP * starts)
    kept = intervals.filter(starts_at__lt=last)
    kept.update(capacity=RELEASED_PLACES, withheld=RELEASED_PLACES)


def release(world: Plan) -> None:
    """Let the whole day go in one statement, as the release of a pool does."""
    _released(world).update(withheld=0)


def _released(world: Plan) -> Any:
    from mawaeed.availability.models import Interval

    opens = world.opens_at(RELEASED_DAY)
    pool = RELEASED_CENTRE * len(POOLS) + RELEASED_POOL + 1
    day = (opens, opens + timedelta(hours=CLOSES - OPENS))
    return Interval.objects.filter(pool_id=pool, starts_at__gte=day[0], starts_at__lt=day[1])
