"""The rest of the day in fast motion, some hundred times, through the code that calls people.

Who is next is `hall.choosing.choose_ticket`, and which idle counter takes a newcomer is
`choose_counter`: what the hall itself asks. Every waiting ticket is estimated by the same runs. A
ticket's chances are drawn from its own number, so that the same hall gives the same answer and a
hall seconds later nearly the same one.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from math import inf
from random import Random

from mawaeed.hall.choosing import Candidate, IdleCounter, choose_counter, choose_ticket
from mawaeed.hall.profiles import CounterRules
from mawaeed.hall.waits.pace import multiples
from mawaeed.hall.waits.snapshot import Desk, Expected, Queued, Snapshot

# From the end of one visitor to the call of the next, in minutes.
TURN_AROUND = 0.3
# More calls than this are not simulated for one answer: a very long hall gets fewer runs.
MOST_CALLS, FEWEST_RUNS = 70_000, 40
# So many orders of chance, each begun anywhere: no two tickets of a hall draw alike.
ORDERS = 97
# A break ends so many minutes after it began; a counter planned but not open opens after so many.
BREAK_MINUTES, OPENS_AFTER = 15.0, 3.0
# Of those with an appointment: how many come, how early, and how far apart (minutes).
COMES, EARLY, EARLY_SPREAD = 0.9, 8.0, 7.0
# Priority visitors without appointment are expected so far ahead.
HORIZON = 90.0
STRANGER = -1
NEVER = inf

Line = tuple[int, str, int, int | None, int | None]  # pool, class, offering, counter, person


@dataclass(frozen=True, slots=True)
class Waits:
    """What the runs said of one ticket: minutes from now, shortest first."""

    minutes: Sequence[float]

    def quantile(self, level: float) -> float:
        """The wait below which this share of the runs lies; straight between two of them."""
        place = level * (len(self.minutes) - 1)
        low = int(place)
        high = min(low + 1, len(self.minutes) - 1)
        return self.minutes[low] + (place - low) * (self.minutes[high] - self.minutes[low])


@dataclass(slots=True)
class _Counter:
    """A counter in the runs, the same in all of them."""

    desk: Desk
    rules: CounterRules
    asked: CounterRules | None
    speed: float
    lines: list[int] = field(default_factory=list)
    kind: int = 0
    memory: int = 0


def simulated_waits(hall: Snapshot, runs: int) -> dict[int, Waits]:
    """Ticket id → its waits over the runs. Tickets that no counter may call are left out."""
    if not hall.waiting:
        return {}
    play = _Play(hall, _fitting(runs, len(hall.waiting)))
    return play.waits()


def _fitting(runs: int, waiting: int) -> int:
    return max(min(runs, FEWEST_RUNS), min(runs, MOST_CALLS // waiting))


class _Play:
    """What all runs share, and the runs."""

    def __init__(self, hall: Snapshot, runs: int) -> None:
        self.hall, self.runs = hall, runs
        self.variance = round(hall.pace.variance, 3)
        self.spread = multiples(runs, self.variance)
        self.counters = _counters(hall)
        self.apart = any(each.rules.tells_services_apart for each in self.counters)
        self.people, self.ready, self.minutes = self._people()
        self.lines = self._lines()
        self.speeds = [each.speed for each in self.counters]
        self.kept: dict[object, list[float]] = {}

    # --- the cast ---------------------------------------------------------------------------

    def _people(self) -> tuple[list[Candidate], list[list[float]], list[list[float]]]:
        """Everybody, the order of due times; when they can be called and how long they take."""
        hall, runs = self.hall, self.runs
        cast: list[tuple[Candidate, Queued | None, list[float]]] = []
        for ticket in hall.waiting:
            held = hall.minutes_until(ticket.not_before) if ticket.not_before else 0.0
            cast.append((_candidate(ticket), ticket, [max(0.0, held)] * runs))
        cast += [(_comer(each), None, _arrivals(each, hall, runs)) for each in hall.expected]
        cast += [(one, None, [at] * runs) for one, at in _strangers(hall)]
        cast.sort(key=lambda each: (each[0].due_at, each[0].ticket_id))
        self.queued = [ticket for _, ticket, _ in cast]
        minutes = [self._visits(one) for one, _, _ in cast]
        return [one for one, _, _ in cast], [ready for _, _, ready in cast], minutes

    def _visits(self, one: Candidate) -> list[float]:
        """The visit's minutes in each run: every multiple once, in an order of the ticket's own."""
        expected = self.hall.minutes_of(one.offering_id)
        turn, order = divmod(abs(one.ticket_id), ORDERS)
        shuffled = _shuffled(self.runs, self.variance, order)
        turn %= self.runs
        return [expected * each for each in (*shuffled[turn:], *shuffled[:turn])]

    def _lines(self) -> list[int]:
        """The line of each person; the first of a line is enough to choose from."""
        desks = {each.desk.counter_id for each in self.counters}
        at_work = {each.desk.staff_id for each in self.counters}
        names: dict[Line, int] = {}
        found = []
        for one, ticket in zip(self.people, self.queued, strict=True):
            counter = ticket.wanted_counter_id if ticket else None
            person = ticket.wanted_staff_id if ticket else None
            line: Line = (
                one.pool_id,
                one.priority_class,
                one.offering_id if self.apart else 0,
                counter if counter in desks else None,
                person if person in at_work else None,
            )
            found.append(names.setdefault(line, len(names)))
        kinds: dict[object, int] = {}
        for each in self.counters:
            each.lines = [place for line, place in names.items() if _may_see(each, line)]
            each.kind = kinds.setdefault((tuple(each.lines), each.asked), len(kinds))
        self.count = len(names)
        return found

    # --- the runs ---------------------------------------------------------------------------

    def waits(self) -> dict[int, Waits]:
        """Play all runs."""
        found: list[list[float] | None] = [None if ticket is None else [] for ticket in self.queued]
        free = [self._free_at(each) for each in self.counters]
        visits, ready = list(zip(*self.minutes, strict=True)), list(zip(*self.ready, strict=True))
        for run in range(self.runs):
            self._run(visits[run], ready[run], [moments[run] for moments in free], found)
        return {
            ticket.ticket_id: Waits(sorted(minutes))
            for ticket, minutes in zip(self.queued, found, strict=True)
            if ticket is not None and minutes is not None and len(minutes) == self.runs
        }

    def _run(
        self,
        visits: Sequence[float],
        ready: Sequence[float],
        free: Sequence[float],
        found: Sequence[list[float] | None],
    ) -> None:
        """One run: `visits` and `ready` by person, `free` by counter; waits go to `found`."""
        waiting: list[list[int]] = [[] for _ in range(self.count)]
        coming: list[tuple[float, int]] = []
        for place, at in enumerate(ready):
            if at <= 0:
                waiting[self.lines[place]].append(place)
            elif at < NEVER:
                coming.append((at, place))
        heapq.heapify(coming)
        busy = [(at, number) for number, at in enumerate(free)]
        heapq.heapify(busy)
        idle: set[int] = set()
        memories = [deque[tuple[int, str]](maxlen=each.memory) for each in self.counters]
        seen = [[waiting[line] for line in each.lines] for each in self.counters]
        left, lines, speeds = len(self.hall.waiting), self.lines, self.speeds
        while left and (busy or coming):
            if coming and (not busy or coming[0][0] <= busy[0][0]):
                at, place = heapq.heappop(coming)
                heapq.heappush(waiting[lines[place]], place)
                taker = self._taker(idle, place, at) if idle else None
                if taker is None:
                    continue
                number = taker
                idle.discard(number)
            else:
                at, number = heapq.heappop(busy)
            heads = [line[0] for line in seen[number] if line]
            chosen = self._next(number, heads, at, memories[number]) if heads else STRANGER
            if chosen == STRANGER:
                idle.add(number)
                continue
            heapq.heappop(waiting[lines[chosen]])
            waits = found[chosen]
            if waits is not None:
                waits.append(at)
                left -= 1
            heapq.heappush(busy, (at + visits[chosen] * speeds[number] + TURN_AROUND, number))

    def _next(
        self, number: int, heads: list[int], at: float, memory: deque[tuple[int, str]]
    ) -> int:
        """Whom this counter calls.

        Asked at two moments, the dispatcher chose the same: then it does so at each between them,
        because scores are straight lines of time. So an answer is kept with its first and last
        moment, and most questions need not be asked again.
        """
        counter = self.counters[number]
        key = (counter.kind, *heads, *memory)
        kept = self.kept.get(key)
        if kept is not None and kept[0] <= at <= kept[1]:
            chosen = int(kept[2])
        else:
            chosen = self._ask(counter, heads, at, tuple(memory))
            if kept is None or kept[2] != chosen:
                self.kept[key] = [at, at, chosen]
            elif at < kept[0]:
                kept[0] = at
            else:
                kept[1] = at
        if counter.memory and chosen != STRANGER:
            one = self.people[chosen]
            memory.appendleft((one.offering_id, one.priority_class))
        return chosen

    def _ask(
        self, counter: _Counter, heads: list[int], at: float, last: tuple[tuple[int, str], ...]
    ) -> int:
        found = {self.people[place].ticket_id: place for place in heads}
        candidates = [self.people[place] for place in heads]
        moment = self._moment(at)
        chosen = choose_ticket(candidates, moment, self.hall.rates, counter.asked, last)
        return STRANGER if chosen is None else found[chosen.ticket_id]

    def _taker(self, idle: set[int], place: int, at: float) -> int | None:
        """Which idle counter calls somebody who has just come."""
        line = self.lines[place]
        able = [number for number in idle if line in self.counters[number].lines]
        if len(able) < 2:
            return able[0] if able else None
        offers = {self.counters[number].desk.counter_id: number for number in able}
        counters = [IdleCounter(key, self.counters[one].rules) for key, one in offers.items()]
        chosen = choose_counter(counters, self.people[place], self._moment(at))
        return offers[chosen.counter_id] if chosen else None

    def _free_at(self, counter: _Counter) -> list[float]:
        """When the counter can call its next, in each run."""
        desk, hall = counter.desk, self.hall
        chance = Random(desk.counter_id)  # noqa: S311 (repeatable draws)
        start = max(0.0, hall.minutes_until(desk.free_from)) if desk.free_from else 0.0
        if desk.break_since is not None:
            start = max(1.0, BREAK_MINUTES + hall.minutes_until(desk.break_since))
        if desk.busy_with is None or desk.busy_since is None:
            return [start + chance.random() * TURN_AROUND for _ in range(self.runs)]
        so_far = -hall.minutes_until(desk.busy_since)
        expected = hall.minutes_of(desk.busy_with) * counter.speed
        rest = [each * expected - so_far for each in self.spread if each * expected > so_far]
        if not rest:  # longer than any: as long again as a third of what it has taken
            rest = [so_far / 3]
        drawn = [rest[place * len(rest) // self.runs] for place in range(self.runs)]
        chance.shuffle(drawn)
        return [max(start, each + TURN_AROUND) for each in drawn]

    def _moment(self, at: float) -> datetime:
        return self.hall.now + timedelta(minutes=at)


@lru_cache(maxsize=4 * ORDERS)
def _shuffled(runs: int, variance: float, order: int) -> tuple[float, ...]:
    found = list(multiples(runs, variance))
    Random(order).shuffle(found)  # noqa: S311 (repeatable draws)
    return tuple(found)


def _counters(hall: Snapshot) -> list[_Counter]:
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
        _Counter(
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


def _may_see(counter: _Counter, line: Line) -> bool:
    """Sent to a counter or a person at work, a ticket is passed over by the others."""
    pool, _, _, wanted_counter, wanted_staff = line
    if wanted_counter is None and wanted_staff is None:
        return pool in counter.rules.pool_ids
    return wanted_counter == counter.desk.counter_id or wanted_staff == counter.desk.staff_id


def _candidate(ticket: Queued) -> Candidate:
    return Candidate(
        ticket.ticket_id,
        ticket.priority_class,
        ticket.due_at,
        offering_id=ticket.offering_id,
        pool_id=ticket.pool_id,
        sent_here=ticket.wanted_counter_id is not None or ticket.wanted_staff_id is not None,
    )


def _comer(each: Expected) -> Candidate:
    """Somebody with an appointment, by a number no ticket has."""
    return Candidate(
        -each.appointment_id,
        "appointment",
        each.starts_at,
        offering_id=each.offering_id,
        pool_id=each.pool_id,
    )


def _arrivals(each: Expected, hall: Snapshot, runs: int) -> list[float]:
    """When somebody with an appointment arrives in each run; never, in some."""
    starts = hall.minutes_until(each.starts_at)
    return [max(0.1, starts + offset) for offset in _offsets(each.appointment_id, runs)]


@lru_cache(maxsize=4096)
def _offsets(appointment_id: int, runs: int) -> tuple[float, ...]:
    """Minutes after the booked start, the same whenever they are asked for."""
    chance = Random(appointment_id)  # noqa: S311 (repeatable draws)
    return tuple(
        min(15.0, chance.gauss(-EARLY, EARLY_SPREAD)) if chance.random() < COMES else NEVER
        for _ in range(runs)
    )


def _strangers(hall: Snapshot) -> list[tuple[Candidate, float]]:
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
