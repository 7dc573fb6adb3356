"""Whether everybody was called in order, once, and had a number of their own.

Many press at the same time, so which of two calls was first cannot be seen from outside. What can:
whoever was waiting before a call was sent, and was called by nobody before its answer had come,
was waiting all the while. If one of these stands before the ticket that was called, in the order
written here a second time, somebody was passed over. Calls pressed alone leave no such room.
"""

from __future__ import annotations

import random
from collections import Counter as Tally
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from hall_world import Called, HallWorld

# As the settings are without a row: rate a minute, credit; the ceiling is for all.
SCORES = {"appointment": (2.0, 0.0), "walk_in": (1.0, 0.0), "priority": (2.0, 30.0)}
CEILING = timedelta(minutes=60)


@dataclass(frozen=True, slots=True)
class Waiter:
    """A ticket as the order sees it."""

    due_at: datetime
    pk: int
    kind: str
    pool: int
    number: str


def place(one: Waiter, now: datetime) -> tuple[int, float, datetime, int]:
    """Who is before whom at `now`."""
    waited = now - one.due_at
    if waited > CEILING:
        return 0, 0.0, one.due_at, one.pk
    rate, credit = SCORES[one.kind]
    return 1, -(rate * waited.total_seconds() / 60 + credit), one.due_at, one.pk


def order(world: HallWorld, by_force: int) -> dict[str, int]:
    """How many calls were looked at, and how many passed somebody over."""
    waiters, called_at = _read(world)
    return compared(waiters, called_at, world.calls, world.given, by_force=by_force)


def compared(
    waiters: Mapping[str, Waiter],
    called_at: Mapping[int, datetime],
    calls: Iterable[Called],
    given: Mapping[str, float],
    *,
    by_force: int,
) -> dict[str, int]:
    """Every call beside the first of each class; `by_force` and those alone beside everybody.

    `waiters` by number, `called_at` by id: the moment the choice was made for.
    """
    known = sorted((one for one in calls if one.number in waiters), key=lambda one: one.heard)
    sent = {one.number: one.sent for one in known}
    heard = {waiters[one.number].pk for one in known}
    hall = _Hall(waiters.values(), given, sent, {pk for pk in called_at if pk not in heard})
    chosen = set(random.Random(5).sample(range(len(known)), min(by_force, len(known))))
    found: Tally[str] = Tally(calls=len(known))
    for turn, call in enumerate(known):
        one = waiters[call.number]
        now = called_at[one.pk]
        hall.heard(call)
        found["passed_over"] += hall.head_before(one, call, now)
        if call.alone or turn in chosen:
            found["sorted_by_force"] += 1
            found["pressed_alone"] += call.alone
            found["passed_over_by_force"] += hall.anybody_before(one, call, now)
    names = ("calls", "passed_over", "sorted_by_force", "pressed_alone", "passed_over_by_force")
    return {name: found[name] for name in names}


class _Hall:
    """Who waits for sure while one call after another is answered."""

    def __init__(
        self,
        waiters: Iterable[Waiter],
        given: Mapping[str, float],
        sent: Mapping[str, float],
        unheard: set[int],
    ) -> None:
        self.given = given
        self.heads: dict[tuple[int, str], list[Waiter]] = {}
        self.gone = unheard  # called by nobody knows whom: an answer that never came
        self.by_number = {one.number: one for one in waiters}
        for one in sorted(self.by_number.values(), key=_due):
            self.heads.setdefault((one.pool, one.kind), []).append(one)
        self.first = dict.fromkeys(self.heads, 0)
        self.leaving = sorted((at, number) for number, at in sent.items())
        self.left = 0

    def heard(self, call: Called) -> None:
        """All whose call was sent by then may be gone."""
        while self.left < len(self.leaving) and self.leaving[self.left][0] < call.heard:
            self.gone.add(self.by_number[self.leaving[self.left][1]].pk)
            self.left += 1

    def waits(self, one: Waiter, call: Called) -> bool:
        """Whether the ticket was there from before the call was sent until it was answered."""
        return one.pk not in self.gone and self.given.get(one.number, 0.0) < call.sent

    def head_before(self, called: Waiter, call: Called, now: datetime) -> bool:
        """Whether the first of some class of the hall was passed over."""
        for key, waiters in self.heads.items():
            while self.first[key] < len(waiters) and waiters[self.first[key]].pk in self.gone:
                self.first[key] += 1
            if key[0] != called.pool or self.first[key] >= len(waiters):
                continue
            head = waiters[self.first[key]]
            if self.waits(head, call) and place(head, now) < place(called, now):
                return True
        return False

    def anybody_before(self, called: Waiter, call: Called, now: datetime) -> bool:
        """The same by comparing with everybody who waits in the hall."""
        waiting = [
            one
            for one in self.by_number.values()
            if one.pool == called.pool and (one is called or self.waits(one, call))
        ]
        return min(waiting, key=lambda one: place(one, now)) is not called


def _due(one: Waiter) -> tuple[datetime, int]:
    return one.due_at, one.pk


def _read(world: HallWorld) -> tuple[dict[str, Waiter], dict[int, datetime]]:
    """Tickets by number, and when each was called for the first time.

    Without those whose answer never came: since when they waited nobody knows.
    """
    from mawaeed.hall.models import Ticket

    rows = Ticket.objects.filter(centre=world.centre).values_list(
        "due_at", "pk", "priority_class", "pool_id", "number", "secret"
    )
    known = [row[:5] for row in rows if row[5].startswith("bench-") or row[4] in world.given]
    waiters = {row[4]: Waiter(*row) for row in known}
    calls = _calls(world).order_by("-pk").values_list("subject_id", "at")
    return waiters, dict(calls)


def _calls(world: HallWorld) -> Any:
    from mawaeed.kernel.models import History

    return History.objects.filter(
        subject_kind="ticket", from_state="waiting", to_state="called", centre_id=world.centre.pk
    )


def doubles(world: HallWorld) -> dict[str, int]:
    """Numbers given twice, tickets called twice, and how many of each there are."""
    from mawaeed.hall.models import Ticket

    tickets = Ticket.objects.filter(centre=world.centre)
    numbers = Tally(tickets.values_list("number", flat=True))
    calls = Tally(_calls(world).values_list("subject_id", flat=True))
    seen = Tally(call.number for call in world.calls)
    return {
        "tickets": sum(numbers.values()),
        "numbers_doubled": sum(each > 1 for each in numbers.values()),
        "tickets_called": len(calls),
        "called_twice": sum(each > 1 for each in calls.values()),
        "told_to_two_counters": sum(each > 1 for each in seen.values()),
    }
