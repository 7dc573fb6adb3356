"""Samples of the hall, a minute apart: the supervisor's counts as they were shown."""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count

from mawaeed.centres.models import Centre
from mawaeed.hall.models import CounterSession, Ticket
from mawaeed.hall.queries import TicketTimes
from mawaeed.kernel.clock import local_date
from mawaeed.kernel.statements import Question, given


@dataclass(frozen=True, slots=True)
class Sample:
    """How many tickets were in each open state, and how many counters open, at one moment."""

    at: datetime
    waiting: int
    called: int
    serving: int
    parked: int
    issued: int
    counters_open: int


def sample(centre: Centre, now: datetime) -> Sample:
    """Count the centre's hall at `now` (UTC); reads only."""
    day = local_date(now, centre.timezone)
    states = Tally[str](dict(_STATES.all(centre=centre.pk, day=day)))
    return Sample(
        at=now,
        waiting=states[Ticket.State.WAITING],
        called=states[Ticket.State.CALLED],
        serving=states[Ticket.State.SERVING],
        parked=states[Ticket.State.PARKED],
        issued=states.total(),
        counters_open=len(_OPEN.all(centre=centre.pk)),
    )


_STATES = Question(
    lambda: (
        Ticket.objects.filter(centre_id=given("centre"), day=given("day"))
        .order_by()
        .values_list("state")
        .annotate(Count("pk"))
    )
)
_OPEN = Question(
    lambda: CounterSession.objects.filter(
        counter__centre_id=given("centre"), closed_at__isnull=True
    ).values_list("pk")
)


@dataclass(frozen=True, slots=True)
class LittlesLaw:
    """Both sides of L = λ × W for the waiting tickets: means over the time sampled."""

    mean_waiting: float
    arrivals_per_minute: float
    mean_wait_minutes: float

    @property
    def difference(self) -> float:
        """How far apart the two sides are, as a share of the mean number waiting."""
        expected = self.arrivals_per_minute * self.mean_wait_minutes
        larger = max(self.mean_waiting, expected)
        return abs(self.mean_waiting - expected) / larger if larger else 0.0


def littles_law(
    samples: Sequence[Sample], times: Sequence[TicketTimes], lasted: timedelta
) -> LittlesLaw:
    """Compare samples taken at a fixed step over `lasted` with the waits in history.

    Exact in the limit of a small step when the hall was empty at both ends (Little 1961).
    """
    minutes = lasted.total_seconds() / 60
    waits = [item.wait.total_seconds() / 60 for item in times]
    return LittlesLaw(
        mean_waiting=sum(item.waiting for item in samples) / len(samples) if samples else 0.0,
        arrivals_per_minute=len(times) / minutes if minutes else 0.0,
        mean_wait_minutes=sum(waits) / len(waits) if waits else 0.0,
    )
