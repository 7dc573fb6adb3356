"""What can be seen at a moment of a queue and of its office: the past of the day, nothing later.

Times are minutes after local midnight of the day the state was made for.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field

RECENT = 20


@dataclass(slots=True)
class Mean:
    """A running mean, and the same drawn towards what is known elsewhere."""

    count: int = 0
    total: float = 0.0

    def add(self, value: float) -> None:
        """Count one more value."""
        self.count += 1
        self.total += value

    def shrunk(self, towards: float, weight: float) -> float:
        """The mean as if `weight` further values had been `towards`."""
        return (self.total + weight * towards) / (self.count + weight)

    def value(self, unknown: float = -1.0) -> float:
        """The mean itself; `unknown` before the first value."""
        return self.total / self.count if self.count else unknown


@dataclass(slots=True)
class Past:
    """What stays of a queue from day to day: headways while people waited, and waits."""

    headways: Mean = field(default_factory=Mean)
    waits: Mean = field(default_factory=Mean)
    waits_by_hour: dict[int, Mean] = field(default_factory=dict)
    waits_by_ahead: dict[int, Mean] = field(default_factory=dict)
    paces: Mean = field(default_factory=Mean)

    def add_wait(self, issued_at: float, wait: float, ahead: int) -> None:
        """Count the wait of a ticket issued at this time of day behind so many."""
        self.waits.add(wait)
        self.waits_by_hour.setdefault(int(issued_at // 60), Mean()).add(wait)
        self.waits_by_ahead.setdefault(ahead.bit_length(), Mean()).add(wait)
        self.paces.add(wait / (1 + ahead))

    def wait_behind(self, ahead: int, unknown: float, weight: float = 3.0) -> float:
        """Mean wait behind about so many (0, 1, 2-3, 4-7 …), never less than behind fewer."""
        return max(
            [
                mean.shrunk(unknown, weight)
                for size, mean in self.waits_by_ahead.items()
                if size <= ahead.bit_length()
            ],
            default=unknown,
        )


@dataclass(slots=True)
class Sample:
    """What a display said last: people waiting, counters open, and when (None: not known)."""

    waiting: int = 0
    counters: int = 0
    at: float | None = None


@dataclass(slots=True)
class Line:
    """One queue on one day: who waits since when, and the calls so far, each in order of time."""

    past: Past = field(default_factory=Past)
    waiting: dict[Hashable, float] = field(default_factory=dict)
    issues: list[float] = field(default_factory=list)
    calls: list[float] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)
    paces: list[float] = field(default_factory=list)
    headways: list[float] = field(default_factory=list)
    sample: Sample = field(default_factory=Sample)
    _ahead: dict[Hashable, int] = field(default_factory=dict)

    def issue(self, ticket: Hashable, at: float) -> None:
        """A ticket joins."""
        self._ahead[ticket] = len(self.waiting)
        self.waiting[ticket] = at
        self.issues.append(at)

    def call(self, ticket: Hashable, at: float) -> float | None:
        """A ticket is called. Returns the headway if somebody waited during all of it."""
        issued_at = self.waiting.pop(ticket)
        busy = bool(self.calls) and issued_at <= self.calls[-1]
        headway = at - self.calls[-1] if busy else None
        self.calls.append(at)
        self.waits.append(at - issued_at)
        ahead = self._ahead.pop(ticket)
        self.paces.append((at - issued_at) / (1 + ahead))
        self.past.add_wait(issued_at, at - issued_at, ahead)
        if headway is not None:
            self.headways.append(headway)
            self.past.headways.add(headway)
        return headway

    def leave(self, ticket: Hashable) -> None:
        """A ticket goes without having been called."""
        del self.waiting[ticket]
        del self._ahead[ticket]

    def oldest_wait(self, at: float) -> float:
        """How long the head of the line has waited (HOL); 0 when nobody waits."""
        return at - next(iter(self.waiting.values())) if self.waiting else 0.0

    def last_wait(self) -> float:
        """How long the last one called had waited (LES); 0 before the first call."""
        return self.waits[-1] if self.waits else 0.0

    def mean_wait(self, count: int) -> float:
        """Mean wait of the last `count` called; 0 before the first call."""
        recent = self.waits[-count:]
        return sum(recent) / len(recent) if recent else 0.0

    def mean_pace(self, count: int, unknown: float = -1.0) -> float:
        """Minutes per place in the line, of the last `count` called; their own wait counts too."""
        recent = self.paces[-count:]
        return sum(recent) / len(recent) if recent else unknown

    def time_of_calls(self, count: int, at: float, unknown: float) -> float:
        """How long ago the `count`th call before `at` was; drawn out when there were fewer."""
        if not self.calls:
            return unknown
        known = min(count, len(self.calls))
        return (at - self.calls[-known]) * count / known

    def mean_headway(self, count: int, unknown: float = -1.0) -> float:
        """Mean of the last `count` headways of the day while somebody waited."""
        recent = self.headways[-count:]
        return sum(recent) / len(recent) if recent else unknown


def since(moments: Sequence[float], start: float) -> int:
    """How many of these ordered moments lie after `start`."""
    return len(moments) - bisect_right(moments, start)


@dataclass(slots=True)
class Office:
    """The queues of one office on one day, and its pace over all days."""

    headways: Mean = field(default_factory=Mean)
    lines: dict[str, Line] = field(default_factory=dict)
    recent_issues: deque[float] = field(default_factory=deque)
    recent_calls: deque[float] = field(default_factory=deque)
    waiting: int = 0

    def line(self, queue: str) -> Line:
        """A queue of this office, empty when first heard of."""
        found = self.lines.get(queue)
        if found is None:
            found = self.lines[queue] = Line()
        return found

    def begin_day(self) -> None:
        """Forget the day, keep what was learned of each queue."""
        self.lines = {queue: Line(past=line.past) for queue, line in self.lines.items()}
        self.recent_issues.clear()
        self.recent_calls.clear()
        self.waiting = 0

    def forget_before(self, start: float) -> None:
        """Keep only moments from `start` on in the office's recent issues and calls."""
        for moments in (self.recent_issues, self.recent_calls):
            while moments and moments[0] < start:
                moments.popleft()


@dataclass(slots=True)
class Halls:
    """All offices known, and their common pace."""

    headways: Mean = field(default_factory=Mean)
    offices: dict[str, Office] = field(default_factory=dict)

    def office(self, name: str) -> Office:
        """An office, empty when first heard of."""
        found = self.offices.get(name)
        if found is None:
            found = self.offices[name] = Office()
        return found

    def begin_day(self) -> None:
        """Forget the day everywhere, keep what was learned."""
        for office in self.offices.values():
            office.begin_day()

    def issue(self, office: str, queue: str, ticket: Hashable, at: float) -> None:
        """A ticket joins a queue."""
        place = self.office(office)
        place.line(queue).issue(ticket, at)
        place.waiting += 1
        place.recent_issues.append(at)

    def call(self, office: str, queue: str, ticket: Hashable, at: float) -> None:
        """A ticket is called; its headway teaches the queue, the office and all offices."""
        place = self.office(office)
        headway = place.line(queue).call(ticket, at)
        place.waiting -= 1
        place.recent_calls.append(at)
        if headway is not None:
            place.headways.add(headway)
            self.headways.add(headway)

    def leave(self, office: str, queue: str, ticket: Hashable) -> None:
        """A ticket goes without having been called; it teaches nothing."""
        place = self.office(office)
        place.line(queue).leave(ticket)
        place.waiting -= 1
