"""Who takes part in a simulation of the hall: who waits, who will come and when, the counters.

Chances are drawn from the numbers of tickets, appointments and counters, never from who else is
there.
"""

from __future__ import annotations

import heapq
from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import lru_cache
from math import inf
from random import Random

from mawaeed.hall.choosing import Candidate
from mawaeed.hall.profiles import CounterRules
from mawaeed.hall.waits.snapshot import Desk, Expected, Queued, Snapshot

# So many orders of chance, each begun anywhere: no two tickets of a hall draw alike.
ORDERS = 97
# A break ends so many minutes after it began; a counter planned but not open opens after so many.
BREAK_MINUTES, OPENS_AFTER = 15.0, 3.0
# Of those with an appointment: how many come, how early, and how far apart (minutes).
COMES, EARLY, EARLY_SPREAD = 0.9, 8.0, 7.0
# Priority visitors without appointment are expected so far ahead.
HORIZON = 90.0
# Whoever is still expected has not come yet.
SOON = 0.1
STRANGER = -1
NEVER = inf

Line = tuple[int, str, int, int | None, int | None]  # pool, class, offering, counter, person


@dataclass(frozen=True, slots=True)
class Ready:
    """When somebody can be called: the soonest of all runs; each run's own for who is to come."""

    first: float
    starts: float = 0.0
    offsets: Sequence[float] = ()

    def at(self, run: int) -> float:
        """In this run."""
        return max(SOON, self.starts + self.offsets[run]) if self.offsets else self.first


class Coming:
    """Who comes later in one run, each looked at when the soonest of all runs has passed.

    `later` are those soonest moments with places in the cast, soonest first.
    """

    __slots__ = ("_at", "_heap", "_later", "_run", "_unseen")

    def __init__(
        self, later: Sequence[tuple[float, int]], ready: Sequence[Ready], run: int
    ) -> None:
        self._later, self._at, self._run = later, ready, run
        self._heap: list[tuple[float, int]] = []
        self._unseen = 0

    def until(self, moment: float) -> tuple[float, int] | None:
        """Who comes next, and at which minute; None if nobody does up to `moment`."""
        heap, later = self._heap, self._later
        limit = min(moment, heap[0][0]) if heap else moment
        while self._unseen < len(later) and later[self._unseen][0] <= limit:
            place = later[self._unseen][1]
            self._unseen += 1
            at = self._at[place].at(self._run)
            if at < NEVER:
                heapq.heappush(heap, (at, place))
                limit = min(limit, at)
        return heapq.heappop(heap) if heap and heap[0][0] <= moment else None


@dataclass(slots=True)
class Counter:
    """A counter in the runs, the same in all of them."""

    desk: Desk
    rules: CounterRules
    asked: CounterRules | None
    speed: float
    lines: list[int] = field(default_factory=list)
    kind: int = 0
    memory: int = 0


@lru_cache(maxsize=4 * ORDERS)
def order_of(runs: int, order: int) -> Sequence[int]:
    """One of the orders in which the multiples of a visit's time come."""
    found = list(range(runs))
    Random(order).shuffle(found)  # noqa: S311 (repeatable draws)
    return found


def near(hall: Snapshot, counters: Sequence[Counter], asked_for: int) -> set[int]:
    """The pools whose visitors can keep this ticket waiting: what a counter calls together."""
    found = {ticket.pool_id for ticket in hall.waiting if ticket.ticket_id == asked_for}
    together = [set(each.rules.pool_ids) for each in counters]
    for ticket in hall.waiting:
        together += [
            {ticket.pool_id, *each.rules.pool_ids}
            for each in counters
            if each.desk.counter_id == ticket.wanted_counter_id
            or each.desk.staff_id == ticket.wanted_staff_id
        ]
    while more := [pools for pools in together if pools & found and not pools <= found]:
        found.update(*more)
    return found


def counters_of(hall: Snapshot) -> list[Counter]:
    """The desks at work, and those planned for pools where nobody works yet."""
    served = {pool for desk in hall.desks for pool in _pools(desk)}
    desks = [*hall.desks]
    number = STRANGER
    for session in hall.planned:
        if session.pool_id in served:
            continue
        opens = max(session.starts_at, hall.now + timedelta(minutes=OPENS_AFTER))
        for _ in range(max(1, session.places)):
            desks.append(Desk(number, session.pool_id, number, free_from=opens))
            number -= 1
        served.add(session.pool_id)
    return [
        Counter(
            desk,
            desk.rules or CounterRules(desk.pool_id),
            desk.rules,
            hall.pace.speed(desk.counter_id),
            memory=desk.rules.ratio.memory if desk.rules and desk.rules.ratio else 0,
        )
        for desk in desks
    ]


def _pools(desk: Desk) -> tuple[int, ...]:
    return desk.rules.pool_ids if desk.rules else (desk.pool_id,)


def may_see(counter: Counter, line: Line) -> bool:
    """Sent to a counter or a person at work, a ticket is passed over by the others."""
    pool, _, _, wanted_counter, wanted_staff = line
    if wanted_counter is None and wanted_staff is None:
        return pool in counter.rules.pool_ids
    return wanted_counter == counter.desk.counter_id or wanted_staff == counter.desk.staff_id


def queued(ticket: Queued) -> Candidate:
    return Candidate(
        ticket.ticket_id,
        ticket.priority_class,
        ticket.due_at,
        offering_id=ticket.offering_id,
        pool_id=ticket.pool_id,
        sent_here=ticket.wanted_counter_id is not None or ticket.wanted_staff_id is not None,
    )


def arrival(each: Expected, hall: Snapshot, runs: int) -> Ready:
    """When somebody with an appointment arrives; never, in some runs."""
    starts = hall.minutes_until(each.starts_at)
    first, offsets = _offsets(each.appointment_id, runs)
    return Ready(max(SOON, starts + first), starts, offsets)


def comer(each: Expected) -> Candidate:
    """Somebody with an appointment, by a number no ticket has."""
    return Candidate(
        -each.appointment_id,
        "appointment",
        each.starts_at,
        offering_id=each.offering_id,
        pool_id=each.pool_id,
    )


@lru_cache(maxsize=16_384)
def _offsets(appointment_id: int, runs: int) -> tuple[float, Sequence[float]]:
    """Minutes after the booked start, the same whenever they are asked for; first the smallest."""
    chance = Random(appointment_id)  # noqa: S311 (repeatable draws)
    found = array(
        "d",
        (
            min(15.0, chance.gauss(-EARLY, EARLY_SPREAD)) if chance.random() < COMES else NEVER
            for _ in range(runs)
        ),
    )
    return min(found), found


def strangers(hall: Snapshot) -> list[tuple[Candidate, float]]:
    """Priority visitors who will come as often as lately, evenly; with the minute they come."""
    offerings = {ticket.pool_id: ticket.offering_id for ticket in hall.waiting}
    found = []
    number = -(10**12)
    for pool_id, rate in hall.priority_arrivals.items():
        if pool_id not in offerings:
            continue
        for turn in range(int(rate * HORIZON)):
            at = (turn + 0.5) / rate
            due = hall.now + timedelta(minutes=at)
            number -= 1
            one = Candidate(
                number, "priority", due, offering_id=offerings[pool_id], pool_id=pool_id
            )
            found.append((one, at))
    return found
