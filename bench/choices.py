"""What the clients want: the same distribution for every way of booking."""

from __future__ import annotations

import random
from datetime import datetime

from world import DAYS, TIMED_SERVICE, TIMED_STARTS, Plan


def timed_choice(world: Plan, chance: random.Random, *, popular: bool) -> tuple[int, int, datetime]:
    """(centre index, service, start): anywhere at any time, or the one start everybody wants."""
    if popular:
        return 0, TIMED_SERVICE, world.opens_at(DAYS - 1)
    centre = chance.randrange(world.centres)
    start = world.timed_start(chance.randrange(DAYS - 1), chance.randrange(TIMED_STARTS))
    return centre, TIMED_SERVICE, start
