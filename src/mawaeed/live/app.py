"""`GET /live/<topic>`: a stream that only says "this changed, now at version N".

A plain ASGI application. The page fetches its own part when the version is another than the one
it shows, so a lost event costs nothing and no personal data travels here; any topic may be asked
for, because nothing but a number is told.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

from django.conf import settings

from mawaeed.live.hub import Hub, TooManyStreams

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

PREFIX = "/live/"
MAX_TOPIC_LENGTH = 100
# Seconds between two comments that keep proxies and phones from giving up.
HEARTBEAT = 25.0
# Milliseconds after which a browser connects again.
RECONNECT_AFTER = 2000

STREAM_HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
    (b"x-content-type-options", b"nosniff"),
]

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
        try:
            with hub.listening(topic) as waker:
                client = Client(receive, send, seen=_last_seen(scope))
                await _stream(hub, topic, waker, client)
        except TooManyStreams:
            await _refuse(send, 503, [(b"retry-after", b"30")])


@dataclass(slots=True)
class Client:
    """One connection: how to hear and reach it, and the version it has."""

    receive: Receive
    send: Send
    seen: int
    told_away: bool = False


async def _stream(hub: Hub, topic: str, waker: asyncio.Event, client: Client) -> None:
    """Tell each newer version until the client goes away or the server closes."""
    send = client.send
    gone = asyncio.ensure_future(_until_gone(client.receive))
    gone.add_done_callback(lambda _: waker.set())
    try:
        await send({"type": "http.response.start", "status": 200, "headers": STREAM_HEADERS})
        await _write(send, f"retry: {RECONNECT_AFTER}\n\n")
        while True:
            await _tell_news(hub, topic, client)
            try:
                async with asyncio.timeout(HEARTBEAT):
                    await waker.wait()
            except TimeoutError:
                await _write(send, ": still here\n\n")
            waker.clear()
            if gone.done():
                return
            if hub.closing:
                await send({"type": "http.response.body", "body": b"", "more_body": False})
                return
    except OSError:
        pass  # the client went away while we were writing
    finally:
        gone.cancel()
        with contextlib.suppress(asyncio.CancelledError, OSError):
            await gone


async def _tell_news(hub: Hub, topic: str, client: Client) -> None:
    """Write another version than the client has, and whether the database went or came back.

    A version below the client's is news too: another process, or a restored database.
    """
    version = hub.version(topic)
    if version is not None and version != client.seen:
        await _write(client.send, f'id: {version}\ndata: {{"version": {version}}}\n\n')
        client.seen = version
    if hub.away != client.told_away:
        client.told_away = hub.away
        kind = "away" if hub.away else "back"
        await _write(client.send, f"event: {kind}\ndata: {{}}\n\n")


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _write(send: Send, text: str) -> None:
    await send({"type": "http.response.body", "body": text.encode(), "more_body": True})


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
