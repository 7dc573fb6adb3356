"""A hall in fast motion: the tickets given, called by the very rule that calls people.

Who is next is `hall.rules.next_ticket`, asked with the head of each class when a counter is free.
Minutes count from an arbitrary moment.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from mawaeed.hall.rules import Place, Rates, next_ticket

START = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Arrival:
    """Somebody of a class joins the queue, minutes after the start."""

    at: float
    priority_class: str


@dataclass(frozen=True, slots=True)
class Called:
    """A ticket and the minutes at which it came and was called."""

    ticket_id: int
    priority_class: str
    arrived_at: float
    called_at: float

    @property
    def wait(self) -> float:
        """Minutes from arrival to call."""
        return self.called_at - self.arrived_at


@dataclass(slots=True)
class _Hall:
    rates: Rates
    waiting: dict[str, deque[tuple[Place, float]]] = field(default_factory=dict)

    def join(self, ticket_id: int, arrival: Arrival) -> None:
        place = Place(ticket_id, arrival.priority_class, _moment(arrival.at))
        self.waiting.setdefault(arrival.priority_class, deque()).append((place, arrival.at))

    def call(self, at: float) -> Called | None:
        heads = [line[0][0] for line in self.waiting.values() if line]
        chosen = next_ticket(heads, _moment(at), self.rates)
        if chosen is None:
            return None
        _, arrived_at = self.waiting[chosen.priority_class].popleft()
        return Called(chosen.ticket_id, chosen.priority_class, arrived_at, at)


def simulate(
    arrivals: Iterable[Arrival],
    service_minutes: Callable[[Called], float],
    *,
    counters: int,
    rates: Rates,
) -> Iterator[Called]:
    """Each ticket as it is called, until nobody waits.

    `arrivals` are in order of time; `service_minutes` is asked once for each ticket, at its call.
    """
    hall = _Hall(rates)
    busy_until: list[float] = []
    coming = enumerate(arrivals)
    following = next(coming, None)
    while following is not None or busy_until:
        if following is not None and (not busy_until or following[1].at <= busy_until[0]):
            now = following[1].at
            hall.join(*following)
            following = next(coming, None)
        else:
            now = heapq.heappop(busy_until)
        while len(busy_until) < counters and (called := hall.call(now)) is not None:
            heapq.heappush(busy_until, now + service_minutes(called))
            yield called


def _moment(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)
