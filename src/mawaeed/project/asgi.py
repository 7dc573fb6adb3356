"""One port for everything: `/live/…` is answered here, all the rest by Django's WSGI side.

Django's own ASGI handler is never used: it is several times slower for ordinary views. Copies of
free times are given here too: handing one to a thread costs more than the answer.
"""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, cast
from urllib.parse import quote_from_bytes

from a2wsgi import WSGIMiddleware

from mawaeed.api.kept_at_once import KeptAtOnce
from mawaeed.project.wsgi import application as pages

# Above `pages`, whose import sets Django up.
from mawaeed.live.app import application as live  # isort: skip

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

# Threads that run views. The interpreter's lock makes more of them useless on few cores.
PAGE_THREADS = int(os.environ.get("MAWAEED_PAGE_THREADS", "8"))

# a2wsgi has stricter types of its own for both protocols.
_pages: Any = WSGIMiddleware(cast(Any, pages), workers=PAGE_THREADS)
_copies = KeptAtOnce(pages)


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """Send a connection to the live streams (also the life of the server) or to the pages."""
    if scope["type"] == "lifespan":
        await live(scope, receive, send)
    elif scope["type"] == "http":
        if scope["path"].startswith("/live/"):
            await live(scope, receive, send)
        elif not await _copies.answered(scope, send):
            await _pages(_made_safe(scope), _as_coroutine(receive), send)
    else:
        await send({"type": "websocket.close", "code": 1000})


def _made_safe(scope: Scope) -> Scope:
    """The scope with what would break or fool a WSGI application taken out.

    Header names with an underscore would pass for the dashed ones a proxy sets; a query string
    with raw bytes above ASCII cannot be put into a WSGI environment.
    """
    return {
        **scope,
        "query_string": _ascii_only(scope["query_string"]),
        "headers": [pair for pair in scope["headers"] if b"_" not in pair[0]],
    }


def _as_coroutine(receive: Receive) -> Receive:
    """`receive` as a2wsgi needs it: granian's gives a future, which a thread cannot hand over."""

    async def received() -> MutableMapping[str, Any]:
        return await receive()

    return received


def _ascii_only(query: bytes) -> bytes:
    if query.isascii():
        return query
    return quote_from_bytes(query, safe=bytes(range(128))).encode()
