"""`GET /live/<topic>`: a stream that only says "this changed, now at version N".

A plain ASGI application. The page fetches its own part when the version is another than the one
it shows, so a lost event costs nothing and no personal data travels here; any topic may be asked
for, because nothing but a number is told.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from weakref import WeakKeyDictionary

from django.conf import settings

from mawaeed.live.hub import Hub, TooManyStreams
from mawaeed.live.stream import Stream

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

PREFIX = "/live/"
MAX_TOPIC_LENGTH = 100

_hubs: WeakKeyDictionary[asyncio.AbstractEventLoop, Hub] = WeakKeyDictionary()


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer a stream, or follow the life of the server."""
    if scope["type"] == "lifespan":
        await _live_and_die(receive, send)
    elif scope["type"] == "http":
        await _answer(scope, receive, send)


async def _live_and_die(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            hub_of_this_loop().start()
            await send({"type": "lifespan.startup.complete"})
        elif message["type"] == "lifespan.shutdown":
            await hub_of_this_loop().close()
            await send({"type": "lifespan.shutdown.complete"})
            return


def hub_of_this_loop() -> Hub:
    """The process's hub, made when first needed; it follows the outbox from `start` on."""
    loop = asyncio.get_running_loop()
    hub = _hubs.get(loop)
    if hub is None:
        hub = _hubs[loop] = Hub(max_streams=settings.LIVE_MAX_STREAMS)
    return hub


async def _answer(scope: Scope, receive: Receive, send: Send) -> None:
    topic = scope["path"].removeprefix(PREFIX)
    if scope["method"] != "GET":
        await _refuse(send, 405, [(b"allow", b"GET")])
    elif not topic or len(topic) > MAX_TOPIC_LENGTH:
        await _refuse(send, 404)
    else:
        hub = hub_of_this_loop()
        hub.start()
        stream = Stream(hub, topic, send, seen=_last_seen(scope))
        try:
            with hub.listening(topic, stream.tell):
                stream.open()
                await _until_gone(receive)
        except TooManyStreams:
            await _refuse(send, 503, [(b"retry-after", b"30")])
        finally:
            stream.close()


async def _until_gone(receive: Receive) -> None:
    """Until the client went away, or the server has ended the answer."""
    while (await receive())["type"] != "http.disconnect":
        pass


def _last_seen(scope: Scope) -> int:
    """The version the client says it has (`Last-Event-ID`); -1 if none."""
    for name, value in scope["headers"]:
        if name == b"last-event-id" and value.isdigit():
            return int(value[:18])
    return -1


async def _refuse(
    send: Send, status: int, headers: list[tuple[bytes, bytes]] | None = None
) -> None:
    start = {"type": "http.response.start", "status": status, "headers": headers or []}
    await send(start)
    await send({"type": "http.response.body", "body": b"", "more_body": False})
