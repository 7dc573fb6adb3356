"""Several centres' days, moment by moment in one order of time."""

from __future__ import annotations

import heapq
from collections.abc import Sequence

from mawaeed.commands.simulation.play import Day


def play_together(days: Sequence[Day]) -> None:
    """Play them all to their end; they share their `surroundings`."""
    for day in days:
        day.begin()
    due = [(moment, place) for place, day in enumerate(days) if (moment := day.next_moment)]
    heapq.heapify(due)
    while due:
        _, place = heapq.heappop(due)
        days[place].step()
        if (moment := days[place].next_moment) is not None:
            heapq.heappush(due, (moment, place))
    for day in days:
        day.end()
