"""A live hall as values: what a simulation starts from. No database, no clock.

Times are UTC; minutes count from the snapshot's `now`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from mawaeed.hall.profiles import CounterRules
from mawaeed.hall.rules import Rates
from mawaeed.hall.waits.pace import Pace


@dataclass(frozen=True, slots=True)
class Queued:
    """A waiting ticket. Before `not_before` it is passed over."""

    ticket_id: int
    pool_id: int
    priority_class: str
    due_at: datetime
    offering_id: int
    issued_at: datetime
    wanted_counter_id: int | None = None
    wanted_staff_id: int | None = None
    not_before: datetime | None = None


@dataclass(frozen=True, slots=True)
class Desk:
    """A counter somebody works at. `busy_since` is the call of the visitor who is there.

    `busy_with` is that visitor's offering; without `rules` it serves its whole pool.
    """

    counter_id: int
    pool_id: int
    staff_id: int
    busy_with: int | None = None
    busy_since: datetime | None = None
    break_since: datetime | None = None
    free_from: datetime | None = None
    rules: CounterRules | None = None


@dataclass(frozen=True, slots=True)
class Expected:
    """An appointment whose visitor has not checked in yet."""

    appointment_id: int
    pool_id: int
    offering_id: int
    starts_at: datetime


@dataclass(frozen=True, slots=True)
class Planned:
    """A session of a pool today: so many counters from `starts_at` on."""

    pool_id: int
    starts_at: datetime
    places: int


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A centre's hall at `now`."""

    now: datetime
    rates: Rates
    waiting: Sequence[Queued]
    desks: Sequence[Desk]
    expected: Sequence[Expected]
    planned: Sequence[Planned]
    pace: Pace
    planned_minutes: Mapping[int, float]
    # Priority visitors without appointment per minute lately, by pool: they go before others.
    priority_arrivals: Mapping[int, float] = field(default_factory=dict)

    def minutes_of(self, offering_id: int) -> float:
        """Expected minutes of a visit for this offering."""
        planned = self.planned_minutes.get(offering_id, 10.0)
        return self.pace.minutes(offering_id, None, planned)

    def minutes_until(self, moment: datetime) -> float:
        """Minutes from `now`; negative for what is past."""
        return (moment - self.now).total_seconds() / 60
