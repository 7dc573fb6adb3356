"""A small HTTP/1.1 client for many connections: prepared bytes out, status and length in.

One process spends about fifteen microseconds on a request, so that it is not what is measured.
"""

from __future__ import annotations

import json
import random
import select
import socket
import time
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import repeat

from choices import timed_choice
from measure import Slice
from world import Plan, centre_code, service_code, token_of

HOST = "127.0.0.1"
PATIENCE_SECONDS = 60.0


def prepare(
    *,
    kind: str,
    world: Plan,
    port: int,
    clients: int,
    seconds: float,
    first: int,
    people: int,
    place: int,
    popular: bool = False,
    path: str = "",
    headers: str = "",
) -> Callable[[], Slice]:
    """Write the requests; the function given back sends them until the time is over."""
    requests: Iterator[bytes]
    if kind == "book":
        requests = iter(_bookings(world, port, first, people, popular=popular))
    else:
        requests = repeat(request("GET", path, port, headers))
    connections = [_connected(port) for _ in range(clients)]
    return lambda: _drive(connections, requests, seconds)


def request(method: str, path: str, port: int, headers: str = "", body: bytes = b"") -> bytes:
    """The bytes of a request; `headers` are whole lines."""
    length = f"Content-Length: {len(body)}\r\n" if body else ""
    head = f"{method} {path} HTTP/1.1\r\nHost: {HOST}:{port}\r\n{headers}{length}\r\n"
    return head.encode() + body


def booking(
    port: int, person: int, centre: int, service: int, *, starts_at: str, key: str = "bench"
) -> bytes:
    """A booking by the bearer of a person's token."""
    wanted = {
        "service": service_code(centre, service),
        "centre": centre_code(centre),
        "starts_at": starts_at,
    }
    headers = (
        f"Authorization: Bearer {token_of(person)}\r\nIdempotency-Key: {key}\r\n"
        "Content-Type: application/json\r\nAccept-Language: en\r\n"
    )
    return request("POST", "/api/v1/appointments", port, headers, json.dumps(wanted).encode())


def _bookings(world: Plan, port: int, first: int, people: int, *, popular: bool) -> list[bytes]:
    chance = random.Random(first)
    written = []
    for number in range(first, first + people):
        centre, service, starts_at = timed_choice(world, chance, popular=popular)
        person = world.fresh_person(number)
        written.append(booking(port, person, centre, service, starts_at=starts_at.isoformat()))
    return written


def _connected(port: int) -> socket.socket:
    made = socket.create_connection((HOST, port), timeout=PATIENCE_SECONDS)
    made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    made.setblocking(False)
    return made


def _drive(connections: list[socket.socket], requests: Iterator[bytes], seconds: float) -> Slice:
    poll = select.epoll()
    by_file = {one.fileno(): one for one in connections}
    sent: dict[int, float] = {}
    parts: dict[int, bytes] = {}
    latencies: list[float] = []
    outcomes: Counter[str] = Counter()
    clock = time.perf_counter
    began = clock()
    until = began + seconds
    for number, one in by_file.items():
        poll.register(number, select.EPOLLIN)
        sent[number] = clock()
        one.send(next(requests))
    while sent:
        for number, _ in poll.poll(PATIENCE_SECONDS):
            one = by_file[number]
            piece = one.recv(262_144)
            if not piece:
                raise RuntimeError("the server closed a connection")
            piece = parts.pop(number, b"") + piece
            if not complete(piece):
                parts[number] = piece
                continue
            now = clock()
            latencies.append(now - sent.pop(number))
            outcomes[outcome_of(piece)] += 1
            if now < until:
                sent[number] = now
                one.send(next(requests))
    elapsed = clock() - began
    poll.close()
    for one in connections:
        one.close()
    return Slice(len(connections), elapsed, latencies, outcomes)


def complete(answer: bytes) -> bool:
    """Whether all of it has come."""
    end = answer.find(b"\r\n\r\n")
    if end < 0:
        return False
    if answer[9:12] == b"304":
        return True
    at = answer.lower().find(b"content-length:", 0, end)
    if at < 0:
        return answer.endswith(b"0\r\n\r\n")  # sent in chunks
    length = int(answer[at + 15 : answer.index(b"\r", at)])
    return len(answer) >= end + 4 + length


def outcome_of(answer: bytes) -> str:
    """The status, and a refusal's code."""
    status = answer[9:12].decode()
    if status[0] in "23":
        return status
    at = answer.find(b'"code"')
    return f"{status} {answer[at : at + 40].split(b',')[0].decode(errors='replace')}"
