"""Clients of the hall: each has a connection, a token, and presses one thing after another."""

from __future__ import annotations

import json
import random
import select
import socket
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush
from itertools import count
from typing import Any, Protocol

from hall_world import Called, HallWorld
from measure import Slice
from over_http import HOST, PATIENCE_SECONDS, complete, outcome_of, request

_keys = count()


class Client(Protocol):
    """Somebody at a connection."""

    def press(self) -> tuple[str, str, dict[str, Any]]:
        """What is pressed next: its name, path and body."""

    def hear(self, name: str, answer: dict[str, Any], sent: float, heard: float) -> None:
        """The answer to it, and when."""

    token: str


@dataclass(slots=True)
class Kiosk:
    """Gives tickets."""

    world: HallWorld
    token: str
    chance: random.Random = field(default_factory=lambda: random.Random(next(_keys)))

    def press(self) -> tuple[str, str, dict[str, Any]]:
        """One more ticket."""
        wanted = self.chance.choice(self.world.services)
        return "tickets", f"{self.world.path}/tickets", {"service": wanted}

    def hear(self, name: str, answer: dict[str, Any], sent: float, heard: float) -> None:
        """Who waits since when."""
        if "ticket" in answer:
            self.world.given[answer["ticket"]["number"]] = heard


@dataclass(slots=True)
class Clerk:
    """Calls somebody, then starts and finishes and calls, again and again."""

    world: HallWorld
    token: str
    at_counter: dict[str, Any] | None = None

    def press(self) -> tuple[str, str, dict[str, Any]]:
        """By what is at the counter."""
        here = self.at_counter
        if here is None:
            return "call-next", f"{self.world.path}/counter/call-next", {}
        name = "start" if here["state"] == "called" else "finish-and-call"
        return name, f"{self.world.path}/counter/{name}", {"ticket": here["number"]}

    def hear(self, name: str, answer: dict[str, Any], sent: float, heard: float) -> None:
        """Who is at the counter now."""
        if "ticket" not in answer:
            return
        self.at_counter = answer["ticket"]
        if self.at_counter and name != "start":
            called = Called(self.at_counter["number"], sent, heard, self.world.alone)
            self.world.calls.append(called)


@dataclass(frozen=True, slots=True)
class Pace:
    """So many visitors a second, shared by so many clients, each a little after the other."""

    clients: int
    per_second: float

    def due(self, client: int, turn: int) -> float:
        """When a client comes to its turn, in seconds from the beginning."""
        between = self.clients / max(self.per_second, 0.001)
        return between * (turn + client / self.clients)


@dataclass(slots=True)
class Pressed:
    """What was pressed in one run, by name."""

    clients: int
    seconds: float
    latencies: dict[str, list[float]] = field(default_factory=dict)
    outcomes: dict[str, Counter[str]] = field(default_factory=dict)

    def of(self, *names: str) -> Slice:
        """All of these kinds."""
        done = [each for name in names for each in self.latencies.get(name, ())]
        outcomes: Counter[str] = Counter()
        for name in names:
            outcomes.update(self.outcomes.get(name, Counter()))
        return Slice(self.clients, self.seconds, done, outcomes)


@dataclass(slots=True)
class _Line:
    client: Client
    number: int
    socket: socket.socket
    turn: int = 0
    name: str = ""
    sent_at: float = 0.0
    answer: bytes = b""


class Driver:
    """Plays all clients in one thread."""

    def __init__(self, port: int) -> None:
        self.port = port

    def run(self, clients: Sequence[Client], seconds: float, pace: Pace | None = None) -> Pressed:
        """Let everybody press for so long. With a pace, visitors come by the clock."""
        play = _Play(self.port, clients, seconds, pace)
        try:
            return play.played()
        finally:
            play.close()


class _Play:
    """One run."""

    def __init__(
        self, port: int, clients: Sequence[Client], seconds: float, pace: Pace | None
    ) -> None:
        self.port, self.seconds, self.pace = port, seconds, pace
        self.done = Pressed(len(clients), 0.0)
        self.poll = select.epoll()
        self.lines: dict[int, _Line] = {}
        for number, client in enumerate(clients):
            made = socket.create_connection((HOST, port), timeout=PATIENCE_SECONDS)
            made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            made.setblocking(False)
            self.poll.register(made.fileno(), select.EPOLLIN)
            self.lines[made.fileno()] = _Line(client, number, made)
        self.waiting = [(self._due(line), at) for at, line in self.lines.items()]
        heapify(self.waiting)
        self.under_way = 0
        self.began = time.perf_counter()

    @property
    def passed(self) -> float:
        """Seconds since the beginning."""
        return time.perf_counter() - self.began

    def played(self) -> Pressed:
        """Until the time is over and every answer has come."""
        while self.under_way or (self.waiting and self.passed < self.seconds):
            self._send_what_is_due()
            if not self.under_way:
                time.sleep(0.001)
                continue
            for at, _ in self.poll.poll(0.002 if self.waiting else PATIENCE_SECONDS):
                self._hear(at)
        self.done.seconds = self.passed
        return self.done

    def close(self) -> None:
        """Hang up."""
        self.poll.close()
        for line in self.lines.values():
            line.socket.close()

    def _send_what_is_due(self) -> None:
        while self.waiting and self.waiting[0][0] <= self.passed:
            _, at = heappop(self.waiting)
            if self.passed < self.seconds:
                self._press(self.lines[at])

    def _press(self, line: _Line) -> None:
        line.name, path, body = line.client.press()
        headers = (
            f"Authorization: Bearer {line.client.token}\r\nIdempotency-Key: hall-{next(_keys)}\r\n"
            "Content-Type: application/json\r\nAccept-Language: en\r\n"
        )
        asked = request("POST", path, self.port, headers, json.dumps(body).encode())
        line.answer, line.sent_at = b"", time.perf_counter()
        line.socket.send(asked)
        self.under_way += 1

    def _hear(self, at: int) -> None:
        line = self.lines[at]
        piece = line.socket.recv(262_144)
        if not piece:
            raise RuntimeError("the server closed a connection")
        line.answer += piece
        if not complete(line.answer):
            return
        self.under_way -= 1
        done, heard = self.done, time.perf_counter()
        done.latencies.setdefault(line.name, []).append(heard - line.sent_at)
        done.outcomes.setdefault(line.name, Counter())[outcome_of(line.answer)] += 1
        answer = json.loads(line.answer.split(b"\r\n\r\n", 1)[1])
        line.client.hear(line.name, answer, line.sent_at, heard)
        line.turn += line.name != "start"
        heappush(self.waiting, (self._due(line), at))

    def _due(self, line: _Line) -> float:
        """The service begins as soon as somebody is called; the next is called by the clock."""
        here = line.name in {"call-next", "finish-and-call"}
        return self.pace.due(line.number, line.turn) if self.pace and not here else 0.0
