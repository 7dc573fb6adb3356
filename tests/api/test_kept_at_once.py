"""The event loop gives the copies that the threads made, and never makes one itself."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

import pytest

from mawaeed.api.kept_answers import KeptAnswers
from mawaeed.api.kept_at_once import KeptAtOnce

HEADERS = ((b"host", b"testserver"), (b"accept-language", b"en"))


class House:
    """A site that counts, the copies before it, and a clock."""

    def __init__(self) -> None:
        self.asked, self.time = 0, 100.0
        self.kept = KeptAnswers(self._site, clock=lambda: self.time)
        self.at_once = KeptAtOnce(self.kept)

    def _site(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        self.asked += 1
        body = f"answer {self.asked}".encode()
        told = [("ETag", f'"{self.asked}"'), ("Content-Length", str(len(body)))]
        start_response("200 OK", told)
        return [body]

    def by_thread(self) -> bytes:
        """What WSGI gives; it renews the copy."""
        environ = {
            "PATH_INFO": "/api/v1/slots",
            "REQUEST_METHOD": "GET",
            "QUERY_STRING": "service=a",
            "HTTP_HOST": "testserver",
            "HTTP_ACCEPT_LANGUAGE": "en",
        }
        return b"".join(self.kept(environ, lambda *_: None))  # type: ignore[arg-type]

    def by_loop(self, **changes: Any) -> list[dict[str, Any]]:
        """What ASGI gives; nothing where a thread is to be asked."""
        scope = {
            "path": "/api/v1/slots",
            "method": "GET",
            "query_string": b"service=a",
            "headers": HEADERS,
            **changes,
        }
        sent: list[Any] = []

        async def send(message: Any) -> None:
            sent.append(message)

        assert asyncio.run(self.at_once.answered(scope, send)) == bool(sent)
        return sent


@pytest.fixture
def house() -> House:
    return House()


def test_nothing_is_at_hand_before_a_thread_has_asked(house: House) -> None:
    assert house.by_loop() == []
    assert house.asked == 0


def test_a_copy_is_given_with_its_headers(house: House) -> None:
    house.by_thread()

    start, body = house.by_loop()

    assert (start["status"], body["body"]) == (200, b"answer 1")
    assert start["headers"] == [(b"etag", b'"1"'), (b"content-length", b"8")]


def test_whoever_holds_it_gets_none(house: House) -> None:
    house.by_thread()

    start, body = house.by_loop(headers=(*HEADERS, (b"if-none-match", b'"1"')))

    assert (start["status"], body["body"]) == (304, b"")
    assert start["headers"] == [(b"etag", b'"1"')]


def test_it_is_renewed_by_a_thread(house: House) -> None:
    house.by_thread()
    house.time += 0.51

    assert house.by_loop() == []
    house.by_thread()
    assert house.by_loop()[1]["body"] == b"answer 2"


def test_while_one_renews_it_the_others_take_it_up_to_a_second(house: House) -> None:
    house.by_thread()
    [entry] = house.kept._entries.values()

    with entry.lock:
        house.time += 0.99
        assert house.by_loop()[1]["body"] == b"answer 1"
        house.time += 0.01
        assert house.by_loop() == []


@pytest.mark.parametrize(
    "changes",
    [
        {"path": "/api/v1/centres"},
        {"method": "POST"},
        {"method": "HEAD"},
        {"query_string": b"service=b"},
        {"query_string": b"service=\xff"},
        {"headers": ((b"host", b"elsewhere"), HEADERS[1])},
        {"headers": HEADERS[:1]},
        {"headers": (*HEADERS, HEADERS[0])},
    ],
    ids=str,
)
def test_another_question_is_for_a_thread(house: House, changes: dict[str, Any]) -> None:
    house.by_thread()

    assert house.by_loop(**changes) == []
