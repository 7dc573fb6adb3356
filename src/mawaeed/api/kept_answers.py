"""Free times given again without asking Django or the database: a copy is at most one second old.

A WSGI layer in front of the whole site. It answers `GET /api/v1/slots` alone, which needs neither
session nor sign-in, and gives every header the site gave with the first answer. On one port the
event loop gives the same copies itself (`at_hand`), so that they need no thread.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from mawaeed.api.tags import is_known

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

PATH = "/api/v1/slots"
FRESH_SECONDS = 1.0
# From this age on one request renews the copy while the others still take it.
RENEWED_AFTER = 0.5
KEPT_ANSWERS = 256

# What the answer depends on; a request with anything else of its own gets the same.
ASKED = ("QUERY_STRING", "HTTP_HOST", "HTTP_ACCEPT_LANGUAGE", "HTTP_X_FORWARDED_PROTO")
OF_A_BODY = frozenset({"content-length", "content-type"})
Key = tuple[str | None, ...]


Said = tuple[str, list[tuple[str, str]], bytes]
NOT_MODIFIED = "304 Not Modified"


@dataclass(frozen=True)
class Answer:
    """What the site said, and when it began to look."""

    made_at: float
    status: str
    headers: list[tuple[str, str]]
    body: bytes

    @cached_property
    def tag(self) -> str:
        """Its entity tag, empty where it has none."""
        return next((value for name, value in self.headers if name == "ETag"), "")

    @cached_property
    def whole(self) -> Said:
        """Status, headers and body."""
        return self.status, self.headers, self.body

    @cached_property
    def unchanged(self) -> Said:
        """For those who have it already."""
        bare = [pair for pair in self.headers if pair[0].lower() not in OF_A_BODY]
        return NOT_MODIFIED, bare, b""

    def to(self, tags_known: str) -> Said:
        """What to tell somebody who sent these tags along; the same object for all alike."""
        return self.unchanged if is_known(self.tag, tags_known) else self.whole


@dataclass(slots=True)
class _Entry:
    """One question: whoever holds the lock is asking the site."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    answer: Answer | None = None


class KeptAnswers:
    """Gives copies of the site's free times; everything else passes through."""

    def __init__(
        self, site: WSGIApplication, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._site, self._clock = site, clock
        self._entries: dict[Key, _Entry] = {}

    def __call__(self, request: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer from a copy where there can be one."""
        if request["PATH_INFO"] != PATH or request["REQUEST_METHOD"] != "GET":
            return self._site(request, start_response)
        answer = self._answer(request)
        status, headers, body = answer.to(request.get("HTTP_IF_NONE_MATCH", ""))
        start_response(status, list(headers))
        return [body] if body else []

    def at_hand(self, request: Mapping[str, Any]) -> Answer | None:
        """A copy that may be given at once; None where the site is to be asked.

        Never waits and never asks the site. `request` has the values of `ASKED`, as a WSGI
        environment has them.
        """
        entry = self._entries.get(tuple(request.get(name) for name in ASKED))
        kept = entry.answer if entry else None
        if entry is None or kept is None:
            return None
        age = self._clock() - kept.made_at
        if age < RENEWED_AFTER or (age < FRESH_SECONDS and entry.lock.locked()):
            return kept
        return None

    def _answer(self, request: WSGIEnvironment) -> Answer:
        key = tuple(request.get(name) for name in ASKED)
        entry = self._entries.get(key)
        if entry is None:
            if len(self._entries) >= KEPT_ANSWERS:
                self._entries.clear()
            entry = self._entries.setdefault(key, _Entry())
        kept = entry.answer
        age = self._clock() - kept.made_at if kept else FRESH_SECONDS
        if kept and age < RENEWED_AFTER:
            return kept
        # Nobody waits for what another one is renewing, unless there is nothing fresh to give.
        if not entry.lock.acquire(blocking=age >= FRESH_SECONDS):
            assert kept is not None
            return kept
        try:
            return self._renewed(entry, request)
        finally:
            entry.lock.release()

    def _renewed(self, entry: _Entry, request: WSGIEnvironment) -> Answer:
        now, kept = self._clock(), entry.answer
        if kept and now - kept.made_at < RENEWED_AFTER:
            return kept  # somebody was faster
        answer = self._asked(request, now)
        entry.answer = answer if answer.tag else None  # refusals are not kept
        return answer

    def _asked(self, request: WSGIEnvironment, now: float) -> Answer:
        whole = {name: value for name, value in request.items() if name != "HTTP_IF_NONE_MATCH"}
        told: list[tuple[str, list[tuple[str, str]]]] = []

        def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            told.append((status, headers))

        parts = self._site(whole, start)
        try:
            body = b"".join(parts)
        finally:
            close = getattr(parts, "close", None)
            if close is not None:
                close()
        status, headers = told[-1]
        return Answer(now, status, headers, body)
