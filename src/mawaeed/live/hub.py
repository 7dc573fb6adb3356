"""Who listens to what, and at which version each topic is: one hub per server process."""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from mawaeed.live.tail import BATCH, Tail

logger = logging.getLogger(__name__)

# Called in the loop when a topic may have a new version, perhaps once more after it ended; never
# waits.
Listener = Callable[[], None]

# Seconds between two looks at most so often, so that a burst is told as one change.
TOGETHER = 0.01
AFTER_ERROR = 1.0
# Listeners called in one turn of the loop.
AT_ONCE = 200
# Topics whose version is kept; the floor stands for all others.
KEPT_TOPICS = 50_000


class TooManyStreams(Exception):
    """The process holds as many streams as it may."""


class Hub:
    """Versions of topics and the streams to wake. Everything but the look runs in the loop.

    A version is the id of the topic's latest event as far as this process saw it happen; a
    topic unchanged since the start has the version of the start, the floor.
    """

    def __init__(self, *, max_streams: int, tail: Tail | None = None) -> None:
        self.streams = 0
        self.closing = False
        # Whether the outbox cannot be read: what screens show may be old, and they say so.
        self.away = False
        self._max_streams = max_streams
        self._tail = tail or Tail()
        self._floor: int | None = None
        self._versions: OrderedDict[str, int] = OrderedDict()
        self._listening: dict[str, set[Listener]] = {}
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="live-tail")
        self._task: asyncio.Task[None] | None = None
        self._more = True

    def start(self) -> None:
        """Begin following the outbox, once; to be called in the loop."""
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._follow())

    async def close(self) -> None:
        """End every stream and stop following."""
        self.closing = True
        await self._wake_all()
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        self._thread.shutdown(wait=False, cancel_futures=True)

    def version(self, topic: str) -> int | None:
        """The version of `topic`; None until the outbox was seen once."""
        return self._versions.get(topic, self._floor)

    @contextmanager
    def listening(self, topic: str, listener: Listener) -> Iterator[None]:
        """Call `listener` whenever `topic` may have a new version.

        All that is kept per stream: a slow one finds the latest version, not a queue. Refuses
        `TooManyStreams`.
        """
        if self.streams >= self._max_streams:
            raise TooManyStreams
        self._listening.setdefault(topic, set()).add(listener)
        self.streams += 1
        try:
            yield
        finally:
            self.streams -= 1
            others = self._listening[topic]
            others.discard(listener)
            if not others:
                del self._listening[topic]

    async def _follow(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                events = await loop.run_in_executor(self._thread, self._next_look)
            except Exception:
                if not self.away:
                    logger.exception("live: the outbox cannot be read; trying again")
                self._more = True
                await self._say_away(away=True)
                await loop.run_in_executor(self._thread, self._tail.drop_connection)
                await asyncio.sleep(AFTER_ERROR)
                continue
            if self.away:
                logger.info("live: the outbox is read again")
            await self._take(events)
            await self._say_away(away=False)
            self._more = len(events) == BATCH
            await asyncio.sleep(TOGETHER)

    async def _say_away(self, *, away: bool) -> None:
        """Let every stream tell it when the database went away or came back."""
        if self.away != away:
            self.away = away
            await self._wake_all()

    async def _wake_all(self) -> None:
        await _wake([one for listeners in self._listening.values() for one in listeners])

    def _next_look(self) -> list[tuple[int, list[str]]]:
        """In the thread of the tail: wait for a sign unless there is more to read, then look."""
        if not self._more:
            self._tail.wait()
        return self._tail.look_afresh()

    async def _take(self, events: Iterable[tuple[int, list[str]]]) -> None:
        if self._floor is None:
            self._floor = self._tail.last or 0
            await self._wake_all()
        changed: set[str] = set()
        for event_id, topics in events:
            for topic in topics:
                self._raise(topic, event_id)
                changed.add(topic)
        await _wake([one for topic in changed for one in self._listening.get(topic, ())])

    def _raise(self, topic: str, event_id: int) -> None:
        """Give `topic` a higher version, also for an event that became visible late."""
        known = self.version(topic) or 0
        self._versions[topic] = max(event_id, known + 1)
        self._versions.move_to_end(topic)
        if len(self._versions) > KEPT_TOPICS:
            _, dropped = self._versions.popitem(last=False)
            self._floor = max(self._floor or 0, dropped)


async def _wake(listeners: list[Listener]) -> None:
    """Call them a share at a time, so that what one share began is done before the next begins.

    Thousands of tasks at once would only wait, and make the garbage collector go over everything.
    """
    for start in range(0, len(listeners), AT_ONCE):
        for listener in listeners[start : start + AT_ONCE]:
            listener()
        await asyncio.sleep(0)
