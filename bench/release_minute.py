"""The release minute: thousands want a few hundred places within ten seconds of their release.

Each person comes on a connection of their own, reads the free times of the centre, books one of
them, looks again after a refusal, and, when nothing is left there, reads what is left elsewhere.
"""

from __future__ import annotations

import json
import random
import select
import socket
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from measure import Slice
from over_http import HOST, booking, complete, outcome_of, request
from world import RELEASED_SERVICE, Plan, service_code

TRIES = 4
PATIENCE_SECONDS = 30.0


@dataclass(slots=True)
class Visitor:
    """One person on the way: what is asked now and what came of it."""

    person: int
    comes_at: float
    tries: int = 0
    asked: str = ""
    sent_at: float = 0.0
    answer: bytes = b""
    outcome: str = ""
    seen: list[dict[str, str]] = field(default_factory=list)


def prepare(
    *,
    world: Plan,
    port: int,
    clients: int,
    first: int,
    people: int,
    place: int,
    seconds: float,
    day: str,
    centre: int,
) -> Callable[[], Slice]:
    """Decide when each person comes; the function given back lets them come."""
    chance = random.Random(first)
    visitors = [
        Visitor(world.fresh_person(first + number), chance.random() ** 2 * seconds)
        for number in range(people)
    ]
    visitors.sort(key=lambda each: each.comes_at)
    crowd = Crowd(port, chance, centre, day)
    return lambda: crowd.run(visitors)


class Crowd:
    """Lets people come and carries each one through."""

    def __init__(self, port: int, chance: random.Random, centre: int, day: str) -> None:
        self.port, self.chance, self.centre = port, chance, centre
        service = service_code(centre, RELEASED_SERVICE)
        here = f"/api/v1/slots?service={service}&centre=c{centre + 1}&from={day}&to={day}&limit=200"
        self.here = request("GET", here, port)
        self.elsewhere = request("GET", f"/api/v1/slots?service={service}", port)
        self.poll = select.epoll()
        self.open: dict[int, tuple[socket.socket, Visitor]] = {}
        self.latencies: list[float] = []
        self.outcomes: Counter[str] = Counter()

    def run(self, visitors: list[Visitor]) -> Slice:
        """Until the last one has an answer."""
        began = time.perf_counter()
        coming = list(reversed(visitors))
        while coming or self.open:
            passed = time.perf_counter() - began
            while coming and coming[-1].comes_at <= passed:
                self._arrive(coming.pop())
            for number, _ in self.poll.poll(0.005 if coming else PATIENCE_SECONDS):
                self._hear(number)
        return Slice(len(visitors), time.perf_counter() - began, self.latencies, self.outcomes)

    def _arrive(self, visitor: Visitor) -> None:
        made = socket.create_connection((HOST, self.port), timeout=PATIENCE_SECONDS)
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        made.setblocking(False)
        self.open[made.fileno()] = (made, visitor)
        self.poll.register(made.fileno(), select.EPOLLIN)
        self._ask(made, visitor, "look", self.here)

    def _ask(self, one: socket.socket, visitor: Visitor, asked: str, request: bytes) -> None:
        visitor.asked, visitor.answer, visitor.sent_at = asked, b"", time.perf_counter()
        one.send(request)

    def _hear(self, number: int) -> None:
        one, visitor = self.open[number]
        piece = one.recv(262_144)
        visitor.answer += piece
        if piece and not complete(visitor.answer):
            return
        self.latencies.append(time.perf_counter() - visitor.sent_at)
        outcome = outcome_of(visitor.answer) if piece else "closed"
        self.outcomes[f"{visitor.asked} {outcome}"] += 1
        if not self._goes_on(one, visitor, outcome):
            self.poll.unregister(number)
            del self.open[number]
            one.close()

    def _goes_on(self, one: socket.socket, visitor: Visitor, outcome: str) -> bool:
        if visitor.asked == "book" and outcome == "201":
            self.outcomes["person booked"] += 1
            return False
        if visitor.asked == "elsewhere":
            self.outcomes["person told what is left elsewhere"] += outcome == "200"
            return False
        free = self._items(visitor, outcome) if visitor.asked == "look" else []
        if free and visitor.tries < TRIES:
            visitor.tries += 1
            starts_at = self.chance.choice(free)["starts_at"]
            asked = booking(
                self.port,
                visitor.person,
                self.centre,
                RELEASED_SERVICE,
                starts_at=starts_at,
                key=f"try-{visitor.tries}",
            )
            self._ask(one, visitor, "book", asked)
        elif visitor.asked == "book" and outcome.startswith("409") and visitor.tries < TRIES:
            self._ask(one, visitor, "look", self.here)
        else:
            self._ask(one, visitor, "elsewhere", self.elsewhere)
        return True

    @staticmethod
    def _items(visitor: Visitor, outcome: str) -> list[dict[str, str]]:
        if outcome != "200":
            return []
        items: list[dict[str, str]] = json.loads(visitor.answer.split(b"\r\n\r\n", 1)[1])["items"]
        return items
