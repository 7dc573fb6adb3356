"""Keeps the announced P90 at nine of ten, queue by queue, while the day goes on.

Quantile tracking (Gibbs and Candès 2021, adaptive conformal inference; Angelopoulos, Candès and
Tibshirani 2023): every wait longer than announced raises what is added, every other lowers it, in
the ratio 9 : 1. A miss counts when the announced time has passed, not when the ticket is called at
last; else the short waits, which are known first, would shrink every range.
"""

from __future__ import annotations

import heapq
from collections.abc import Hashable
from dataclasses import dataclass, field

LEVEL = 0.9


@dataclass(frozen=True, slots=True)
class Steps:
    """How fast the additions move, on the scale of roots of minutes."""

    office: float = 0.02
    queue: float = 0.05


@dataclass(slots=True)
class Coverage:
    """What is added to the root of P90 per office and queue, learned from broken promises."""

    steps: Steps = field(default_factory=Steps)
    offices: dict[str, float] = field(default_factory=dict)
    queues: dict[tuple[str, str], float] = field(default_factory=dict)
    _open: dict[Hashable, tuple[str, str]] = field(default_factory=dict)
    _deadlines: list[tuple[float, int, Hashable]] = field(default_factory=list)
    _count: int = 0

    def addition(self, office: str, queue: str) -> float:
        """What to add now to the root of P90 of a ticket of this queue."""
        return self.offices.get(office, 0.0) + self.queues.get((office, queue), 0.0)

    def announced(self, ticket: Hashable, office: str, queue: str, until: float) -> None:
        """Nine of ten such tickets were promised a call by `until`."""
        self._open[ticket] = (office, queue)
        self._count += 1
        heapq.heappush(self._deadlines, (until, self._count, ticket))

    def passed(self, now: float) -> None:
        """Count the promises whose time has passed before `now` as broken."""
        while self._deadlines and self._deadlines[0][0] < now:
            _, _, ticket = heapq.heappop(self._deadlines)
            place = self._open.pop(ticket, None)
            if place is not None:
                self._learn(place, LEVEL)

    def called(self, ticket: Hashable) -> None:
        """Count a promise as kept, unless it was broken already."""
        place = self._open.pop(ticket, None)
        if place is not None:
            self._learn(place, LEVEL - 1)

    def left(self, ticket: Hashable) -> None:
        """Whoever left is owed nothing any more."""
        self._open.pop(ticket, None)

    def begin_day(self) -> None:
        """Nothing is promised any more; what was learned stays."""
        self._open.clear()
        self._deadlines.clear()

    def _learn(self, place: tuple[str, str], direction: float) -> None:
        office, _ = place
        self.offices[office] = self.offices.get(office, 0.0) + self.steps.office * direction
        self.queues[place] = self.queues.get(place, 0.0) + self.steps.queue * direction
