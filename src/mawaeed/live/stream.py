"""One client of a topic: what it has been told, and the writing of what it has not.

Ten thousand of them wait in one process, so a waiting stream is nothing but this object and the
answer that listens for the client's going. What is new is written by a short task of its own.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from functools import lru_cache
from typing import Any, Final

from mawaeed.live.hub import Hub

Message = MutableMapping[str, Any]
Send = Callable[[Message], Awaitable[None]]

# Seconds between two comments that keep proxies and phones from giving up.
HEARTBEAT = 25.0
# Milliseconds after which a browser connects again.
RECONNECT_AFTER = 2000


def _part(text: str) -> Message:
    return {"type": "http.response.body", "body": text.encode(), "more_body": True}


# Made once and sent to all: a server only reads what it is given.
START: Final[Message] = {
    "type": "http.response.start",
    "status": 200,
    "headers": [
        (b"content-type", b"text/event-stream; charset=utf-8"),
        (b"cache-control", b"no-store"),
        (b"x-accel-buffering", b"no"),
        (b"x-content-type-options", b"nosniff"),
    ],
}
RETRY: Final = _part(f"retry: {RECONNECT_AFTER}\n\n")
STILL_HERE: Final = _part(": still here\n\n")
AWAY: Final = _part("event: away\ndata: {}\n\n")
BACK: Final = _part("event: back\ndata: {}\n\n")
END: Final[Message] = {"type": "http.response.body", "body": b"", "more_body": False}


@lru_cache(maxsize=1000)
def _now_at(version: int) -> Message:
    return _part(f'id: {version}\ndata: {{"version": {version}}}\n\n')


class Stream:
    """Tells one client each newer version of its topic, and the latest alone if it is slow."""

    __slots__ = (
        "_beat",
        "_ended",
        "_hub",
        "_send",
        "_telling",
        "_topic",
        "_unsaid",
        "away",
        "seen",
    )

    def __init__(self, hub: Hub, topic: str, send: Send, *, seen: int) -> None:
        self.seen = seen
        self.away = False
        self._hub, self._topic, self._send = hub, topic, send
        self._unsaid: tuple[Message, ...] = (START, RETRY)
        self._telling: asyncio.Task[None] | None = None
        self._beat: asyncio.TimerHandle | None = None
        self._ended = False

    def open(self) -> None:
        """Begin the answer, with what the client does not know yet."""
        self.tell()
        self._beat_later()

    def tell(self) -> None:
        """Let what is new be written soon; never waits, so a slow client holds up nobody."""
        if self._telling is None and not self._ended:
            self._telling = asyncio.get_running_loop().create_task(self._tell())

    def close(self) -> None:
        """Stop writing: the client is gone."""
        self._ended = True
        if self._beat is not None:
            self._beat.cancel()
        if self._telling is not None:
            self._telling.cancel()

    async def _tell(self) -> None:
        try:
            for message in self._news():
                await self._send(message)
        except OSError:
            self._ended = True  # the client went away while we were writing
        finally:
            self._telling = None

    def _news(self) -> Iterator[Message]:
        """What the client was not told, as it is when asked for, until there is no more.

        A version below the client's is news too: another process, or a restored database.
        """
        hub = self._hub
        while not self._ended:
            version = hub.version(self._topic)
            if self._unsaid:
                message, self._unsaid = self._unsaid[0], self._unsaid[1:]
                yield message
            elif version is not None and version != self.seen:
                self.seen = version
                yield _now_at(version)
            elif hub.away != self.away:
                self.away = hub.away
                yield AWAY if hub.away else BACK
            elif hub.closing:
                self._ended = True
                yield END
            else:
                return

    def _beat_later(self) -> None:
        self._beat = asyncio.get_running_loop().call_later(HEARTBEAT, self._say_still_here)

    def _say_still_here(self) -> None:
        if not self._unsaid:  # else it has been slow for so long already
            self._unsaid = (STILL_HERE,)
            self.tell()
        self._beat_later()
