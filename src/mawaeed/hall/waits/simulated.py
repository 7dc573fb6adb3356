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
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from mawaeed.hall.choosing import Candidate, IdleCounter, choose_counter, choose_ticket
from mawaeed.hall.waits.cast import (
    BREAK_MINUTES,
    NEVER,
    ORDERS,
    STRANGER,
    Coming,
    Counter,
    Line,
    Ready,
    arrival,
    comer,
    counters_of,
    may_see,
    near,
    order_of,
    queued,
    strangers,
)
from mawaeed.hall.waits.pace import multiples
from mawaeed.hall.waits.snapshot import Queued, Snapshot

# From the end of one visitor to the call of the next, in minutes.
TURN_AROUND = 0.3
# More calls than this are not simulated for one answer: a very long hall gets fewer runs.
MOST_CALLS, FEWEST_RUNS = 70_000, 40


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


def simulated_waits(hall: Snapshot, runs: int, asked_for: int | None = None) -> dict[int, Waits]:
    """Ticket id → its waits over the runs. Tickets that no counter may call are left out.

    With `asked_for` that ticket's alone, the very same as among all: only what can keep it waiting
    is played, and each run ends with its call.
    """
    if not hall.waiting:
        return {}
    play = _Play(hall, _fitting(runs, len(hall.waiting)), asked_for)
    return play.waits()


def _fitting(runs: int, waiting: int) -> int:
    return max(min(runs, FEWEST_RUNS), min(runs, MOST_CALLS // waiting))


class _Play:
    """What all runs share, and the runs."""

    def __init__(self, hall: Snapshot, runs: int, asked_for: int | None = None) -> None:
        self.hall, self.runs, self.asked_for = hall, runs, asked_for
        self.spread = multiples(runs, round(hall.pace.variance, 3))
        self.counters = counters_of(hall)
        pools = None if asked_for is None else near(hall, self.counters, asked_for)
        if pools is not None:
            self.counters = [each for each in self.counters if pools & set(each.rules.pool_ids)]
        self.apart = any(each.rules.tells_services_apart for each in self.counters)
        cast = self._cast(pools)
        self.queued = [ticket for _, ticket, _ in cast]
        self.people = [one for one, _, _ in cast]
        self.ready = [ready for _, _, ready in cast]
        self.lines = self._lines()
        self.speeds = [each.speed for each in self.counters]
        self.kept: dict[object, list[float]] = {}
        self._expected: dict[int, float] = {}
        self._visits: dict[int, tuple[float, Sequence[int], int]] = {}

    # --- the cast ---------------------------------------------------------------------------

    def _cast(self, pools: set[int] | None) -> list[tuple[Candidate, Queued | None, Ready]]:
        """Everybody, the order of due times, with when they can be called; of these pools alone."""
        hall = self.hall
        cast: list[tuple[Candidate, Queued | None, Ready]] = []
        for ticket in hall.waiting:
            held = hall.minutes_until(ticket.not_before) if ticket.not_before else 0.0
            cast.append((queued(ticket), ticket, Ready(max(0.0, held))))
        cast += [(comer(each), None, arrival(each, hall, self.runs)) for each in hall.expected]
        cast += [(one, None, Ready(at)) for one, at in strangers(hall)]
        if pools is not None:
            cast = [each for each in cast if each[0].pool_id in pools]
        cast.sort(key=lambda each: (each[0].due_at, each[0].ticket_id))
        return cast

    def _visit(self, place: int, run: int) -> float:
        """The visit's minutes: every multiple once over the runs, in an order of the ticket's own.

        Looked up for whoever is called, which most of those expected are not.
        """
        known = self._visits.get(place)
        if known is None:
            one = self.people[place]
            if one.offering_id not in self._expected:
                self._expected[one.offering_id] = self.hall.minutes_of(one.offering_id)
            turn, order = divmod(abs(one.ticket_id), ORDERS)
            known = self._expected[one.offering_id], order_of(self.runs, order), turn
            self._visits[place] = known
        expected, places, turn = known
        return expected * self.spread[places[(turn + run) % self.runs]]

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
            each.lines = [place for line, place in names.items() if may_see(each, line)]
            each.kind = kinds.setdefault((tuple(each.lines), each.asked), len(kinds))
        self.count = len(names)
        return found

    # --- the runs ---------------------------------------------------------------------------

    def waits(self) -> dict[int, Waits]:
        """Play all runs."""
        found: list[list[float] | None] = [
            [] if ticket is not None and self.asked_for in (None, ticket.ticket_id) else None
            for ticket in self.queued
        ]
        free = [self._free_at(each) for each in self.counters]
        here = self._here()
        later = self._later()
        for run in range(self.runs):
            self._run(run, here, later, [moments[run] for moments in free], found)
        return {
            ticket.ticket_id: Waits(sorted(minutes))
            for ticket, minutes in zip(self.queued, found, strict=True)
            if ticket is not None and minutes is not None and len(minutes) == self.runs
        }

    def _here(self) -> list[list[int]]:
        """Who can be called at once in every run, by line."""
        waiting: list[list[int]] = [[] for _ in range(self.count)]
        for place, ready in enumerate(self.ready):
            if ready.first <= 0:
                waiting[self.lines[place]].append(place)
        return waiting

    def _later(self) -> list[tuple[float, int]]:
        """Who comes later, each with the soonest moment of any run, soonest first."""
        return sorted(
            (ready.first, place)
            for place, ready in enumerate(self.ready)
            if 0 < ready.first < NEVER
        )

    def _run(
        self,
        run: int,
        here: Sequence[Sequence[int]],
        later: Sequence[tuple[float, int]],
        free: Sequence[float],
        found: Sequence[list[float] | None],
    ) -> None:
        """One run: `free` by counter; waits go to `found`."""
        waiting = [list(line) for line in here]
        coming = Coming(later, self.ready, run)
        busy = [(at, number) for number, at in enumerate(free)]
        heapq.heapify(busy)
        idle: set[int] = set()
        memories = [deque[tuple[int, str]](maxlen=each.memory) for each in self.counters]
        seen = [[waiting[line] for line in each.lines] for each in self.counters]
        lines, speeds = self.lines, self.speeds
        left = sum(each is not None for each in found)
        while left:
            comes = coming.until(busy[0][0] if busy else NEVER)
            if comes is not None:
                at, place = comes
                heapq.heappush(waiting[lines[place]], place)
                taker = self._taker(idle, place, at) if idle else None
                if taker is None:
                    continue
                number = taker
                idle.discard(number)
            elif busy:
                at, number = heapq.heappop(busy)
            else:
                return
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
            ends = at + self._visit(chosen, run) * speeds[number] + TURN_AROUND
            heapq.heappush(busy, (ends, number))

    def _next(
        self, number: int, heads: list[int], at: float, memory: deque[tuple[int, str]]
    ) -> int:
        """Whom this counter calls.

        Asked at two moments, the dispatcher chose the same: then it does so at each between them,
        because scores are straight lines of time. So an answer is kept with its first and last
        moment, and most questions need not be asked again.
        """
        counter = self.counters[number]
        if counter.asked is None and len(heads) == 1:
            return heads[0]  # without a profile nobody is refused
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
        self, counter: Counter, heads: list[int], at: float, last: tuple[tuple[int, str], ...]
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

    def _free_at(self, counter: Counter) -> list[float]:
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
