"""Copies of free times: a second old at most, asked for once, with every header of the first."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from django.test import RequestFactory

from mawaeed.api.kept_answers import KEPT_ANSWERS, KeptAnswers
from mawaeed.availability.models import Interval
from mawaeed.kernel import clock
from small_world import NOW, make_world

SLOTS = "/api/v1/slots"


@dataclass
class Site:
    """Counts how often it is asked; its answer names the count."""

    asked: int = 0
    status: str = "200 OK"
    headers: list[tuple[str, str]] = field(default_factory=lambda: [("X-Frame-Options", "DENY")])
    before: Any = None

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        self.asked += 1
        if self.before:
            self.before()
        assert "HTTP_IF_NONE_MATCH" not in environ or environ["PATH_INFO"] != SLOTS
        tags = [("ETag", f'"{self.asked}"')] if self.status == "200 OK" else []
        body = f"answer {self.asked}".encode()
        start_response(self.status, [*self.headers, *tags, ("Content-Length", str(len(body)))])
        return [body]


@dataclass
class Caller:
    """Asks a layer, at a time of its own."""

    site: Any
    time: float = 100.0

    def __post_init__(self) -> None:
        self.layer = KeptAnswers(self.site, clock=lambda: self.time)

    def get(self, path: str = SLOTS, query: str = "service=a", **extra: Any) -> Any:
        environ = RequestFactory().get(f"{path}?{query}", **extra).environ
        told: list[Any] = []
        body = b"".join(self.layer(environ, lambda *said: told.append(said)))  # type: ignore[arg-type]
        return told[0][0], dict(told[0][1]), body


def test_an_answer_is_given_again_until_it_is_renewed() -> None:
    site = Site()
    caller = Caller(site)

    first = caller.get()
    caller.time += 0.49
    assert caller.get() == first
    caller.time += 0.02
    assert caller.get()[2] == b"answer 2"
    assert first[1]["X-Frame-Options"] == "DENY"


def test_no_answer_is_ever_older_than_a_second() -> None:
    site = Site()
    caller = Caller(site)
    caller.get()

    caller.time += 1.0

    assert caller.get()[2] == b"answer 2"


def test_other_questions_have_answers_of_their_own() -> None:
    site = Site()
    caller = Caller(site)

    bodies = [
        caller.get()[2],
        caller.get(query="service=b")[2],
        caller.get(HTTP_ACCEPT_LANGUAGE="en")[2],
        caller.get(HTTP_HOST="elsewhere")[2],
    ]

    assert len(set(bodies)) == 4


def test_other_addresses_and_methods_pass_through() -> None:
    site = Site()
    caller = Caller(site)

    assert caller.get("/api/v1/centres")[2] == b"answer 1"
    assert caller.get("/api/v1/centres")[2] == b"answer 2"


def test_refusals_are_not_kept() -> None:
    site = Site(status="404 Not Found")
    caller = Caller(site)

    assert caller.get()[2] == b"answer 1"
    assert caller.get()[2] == b"answer 2"


def test_whoever_holds_the_answer_gets_none() -> None:
    site = Site()
    caller = Caller(site)
    caller.get()

    status, headers, body = caller.get(HTTP_IF_NONE_MATCH='"0", W/"1"')

    assert (status, body) == ("304 Not Modified", b"")
    assert headers == {"X-Frame-Options": "DENY", "ETag": '"1"'}
    assert caller.get(HTTP_IF_NONE_MATCH='"2"')[0] == "200 OK"
    assert site.asked == 1


def test_a_crowd_asks_once() -> None:
    crowd = 20
    everybody = threading.Barrier(crowd)
    site = Site()
    caller = Caller(site)
    answers: list[bytes] = []

    def ask() -> None:
        everybody.wait(10)
        answers.append(caller.get()[2])

    threads = [threading.Thread(target=ask) for _ in range(crowd)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)

    assert answers == [b"answer 1"] * crowd


def test_while_one_renews_the_others_take_the_copy() -> None:
    site = Site()
    caller = Caller(site)
    caller.get()
    seen: list[bytes] = []
    site.before = lambda: seen.append(caller.get()[2]) if site.asked == 2 else None

    caller.time += 0.6

    assert caller.get()[2] == b"answer 2"
    assert seen == [b"answer 1"]


def test_a_failure_lets_the_next_one_ask() -> None:
    def fail() -> None:
        raise RuntimeError

    site = Site(before=fail)
    caller = Caller(site)
    with pytest.raises(RuntimeError):
        caller.get()
    site.before = None

    assert caller.get()[2] == b"answer 2"


def test_not_many_answers_are_kept() -> None:
    caller = Caller(Site())

    for number in range(2 * KEPT_ANSWERS):
        caller.get(query=f"service={number}")

    assert len(caller.layer._entries) <= KEPT_ANSWERS


@pytest.fixture
def site() -> Iterator[Any]:
    """The whole site, on the connection of the test: not closed after each request."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield get_wsgi_application()
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.mark.django_db
def test_a_copy_has_the_headers_of_the_site(site: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    make_world()
    caller = Caller(site)

    first = caller.get(query="service=renewal")
    Interval.objects.update(taken_public=1)
    copy = caller.get(query="service=renewal")

    assert first[0] == "200 OK"
    assert copy == first
    wanted = {"Content-Security-Policy", "X-Content-Type-Options", "Referrer-Policy", "ETag"}
    assert wanted < set(copy[1])
    caller.time += 1.0
    assert caller.get(query="service=renewal")[2] != first[2]
