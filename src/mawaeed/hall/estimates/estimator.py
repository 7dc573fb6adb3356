"""Told of each ticket, call and sample as it happens; asked at issue for a range.

The same object stands behind the hall and behind the replay of a log. It sees nothing later than
what it was told, so that nothing later can change what it said.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from math import ceil, floor

from mawaeed.hall.estimates.analytic import gamma_estimate
from mawaeed.hall.estimates.coverage import Coverage
from mawaeed.hall.estimates.features import (
    AHEAD,
    Baselines,
    Row,
    baselines_of,
    features_of,
    headway_of,
)
from mawaeed.hall.estimates.forest import Model, to_root
from mawaeed.hall.estimates.line import Halls, Sample


@dataclass(frozen=True, slots=True)
class Estimate:
    """What was said at issue: minutes of wait, and what it was said from."""

    p50: float
    p90: float
    baselines: Baselines
    row: Row

    @property
    def ahead(self) -> int:
        """People who waited in the same queue at issue."""
        return int(self.row[AHEAD])

    def rounded_outward(self) -> tuple[int, int]:
        """The range as shown: whole minutes, the lower rounded down and the upper up."""
        return floor(self.p50), ceil(self.p90)


@dataclass(slots=True)
class Estimator:
    """The state of all halls, the model learned from their past, and the running correction."""

    model: Model | None = None
    halls: Halls = field(default_factory=Halls)
    coverage: Coverage = field(default_factory=Coverage)

    def begin_day(self) -> None:
        """A new day: halls are empty; what was learned stays."""
        self.halls.begin_day()
        self.coverage.begin_day()

    def issued(
        self, ticket: Hashable, office: str, queue: str, *, at: float, planned_minutes: float
    ) -> Estimate:
        """A ticket joins a queue: its range as of now."""
        self.coverage.passed(at)
        place = self.halls.office(office)
        line = place.line(queue)
        row = features_of(self.halls, place, line, at, planned_minutes)
        baselines = baselines_of(self.halls, place, line, at)
        middle, high = self._roots(row, headway_of(self.halls, place, line)[1])
        high = max(middle, high + self.coverage.addition(office, queue))
        self.halls.issue(office, queue, ticket, at)
        self.coverage.announced(ticket, office, queue, at + high**2)
        return Estimate(middle**2, high**2, baselines, row)

    def called(self, ticket: Hashable, office: str, queue: str, *, at: float) -> None:
        """A ticket is called."""
        self.coverage.passed(at)
        self.coverage.called(ticket)
        self.halls.call(office, queue, ticket, at)

    def left(self, ticket: Hashable, office: str, queue: str, *, at: float) -> None:
        """A ticket goes without having been called: it counts as neither kept nor broken."""
        self.coverage.passed(at)
        self.coverage.left(ticket)
        self.halls.leave(office, queue, ticket)

    def sampled(
        self, office: str, queue: str, *, waiting: int, counters: int, at: float | None
    ) -> None:
        """A display of the queue said so, at `at` if that is known."""
        self.halls.office(office).line(queue).sample = Sample(waiting, counters, at)

    def _roots(self, row: Row, headway: float) -> tuple[float, float]:
        if self.model is not None:
            return self.model.roots(row)
        analytic = gamma_estimate(int(row[AHEAD]), headway)
        return to_root(analytic.p50), to_root(analytic.p90)
