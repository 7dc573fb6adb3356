"""Copies of free times (`api.kept_answers`) given by the event loop, without a thread."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from mawaeed.api.kept_answers import PATH, KeptAnswers, Said

Scope = MutableMapping[str, Any]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

# What a copy depends on, as ASGI names it (values as WSGI names it).
_NAMES = {
    b"host": "HTTP_HOST",
    b"accept-language": "HTTP_ACCEPT_LANGUAGE",
    b"x-forwarded-proto": "HTTP_X_FORWARDED_PROTO",
    b"if-none-match": "HTTP_IF_NONE_MATCH",
}
_WRITTEN = 64  # answers whose bytes are kept ready
_Start = dict[str, Any]


class KeptAtOnce:
    """Gives what `kept` has at hand; everything else is for the threads."""

    def __init__(self, kept: KeptAnswers) -> None:
        self._kept = kept
        self._starts: dict[int, tuple[Said, _Start]] = {}

    async def answered(self, scope: Scope, send: Send) -> bool:
        """Answer a request for free times from a copy; False where there is none at hand."""
        if scope["path"] != PATH or scope["method"] != "GET":
            return False
        request = _asked(scope)
        answer = self._kept.at_hand(request) if request is not None else None
        if request is None or answer is None:
            return False
        said = answer.to(request.get("HTTP_IF_NONE_MATCH", ""))
        await send(self._start(said))
        await send({"type": "http.response.body", "body": said[2]})
        return True

    def _start(self, said: Said) -> _Start:
        """The message that begins an answer; made once for each."""
        known = self._starts.get(id(said))
        if known is not None and known[0] is said:
            return known[1]
        if len(self._starts) >= _WRITTEN:
            self._starts.clear()
        status, headers, _ = said
        pairs = [(name.lower().encode(), value.encode("latin-1")) for name, value in headers]
        start = {"type": "http.response.start", "status": int(status[:3]), "headers": pairs}
        self._starts[id(said)] = said, start
        return start


def _asked(scope: Scope) -> dict[str, str] | None:
    """What a copy depends on, in WSGI's words; None where a thread had better read it."""
    query: bytes = scope["query_string"]
    if not query.isascii():
        return None
    found = {"QUERY_STRING": query.decode()}
    for name, value in scope["headers"]:
        known = _NAMES.get(name)
        if known is None:
            continue
        if known in found:
            return None  # sent twice
        found[known] = value.decode("latin-1")
    return found
