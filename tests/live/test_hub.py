"""Versions only grow, late commits are not lost, and an error of the database is survived."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, MutableMapping
from typing import Any

import pytest
from django.db import OperationalError

from mawaeed.live import hub as hub_module
from mawaeed.live.hub import Hub, TooManyStreams
from mawaeed.live.stream import Stream
from mawaeed.live.tail import Tail

PATIENCE = 10.0


class Script(Tail):
    """A tail that shows what the test says, one look after another."""

    def __init__(self, *looks: object, last: int = 10) -> None:
        super().__init__()
        self.looks = list(looks)
        self.start = last
        self.dropped = 0

    def look_afresh(self) -> list[tuple[int, list[str]]]:
        if self.last is None:
            self.last = self.start
            return []
        found = self.looks.pop(0) if self.looks else []
        if isinstance(found, Exception):
            raise found
        assert isinstance(found, list)
        return found

    def wait(self, longest: float = 0.001) -> None:
        time.sleep(0.001)

    def drop_connection(self) -> None:
        self.dropped += 1


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub_module, "TOGETHER", 0.001)
    monkeypatch.setattr(hub_module, "AFTER_ERROR", 0.001)


@contextlib.asynccontextmanager
async def following(tail: Script, *, max_streams: int = 10) -> AsyncIterator[Hub]:
    hub = Hub(max_streams=max_streams, tail=tail)
    try:
        yield hub
    finally:
        await hub.close()


async def heard(hub: Hub, topic: str, *, at_least: int) -> int:
    waker = asyncio.Event()
    with hub.listening(topic, waker.set):
        hub.start()
        async with asyncio.timeout(PATIENCE):
            while (hub.version(topic) or 0) < at_least:
                await waker.wait()
                waker.clear()
        version = hub.version(topic)
        assert version is not None
        return version


def test_version_of_an_unchanged_topic_is_that_of_the_start() -> None:
    async def scenario() -> None:
        async with following(Script([(11, ["a"])])) as hub:
            assert hub.version("a") is None
            assert await heard(hub, "a", at_least=11) == 11
            assert hub.version("b") == 10

    asyncio.run(scenario())


def test_an_event_that_becomes_visible_late_raises_the_version_all_the_same() -> None:
    async def scenario() -> None:
        async with following(Script([(12, ["a"])], [(11, ["a", "b"])], [(13, ["c"])])) as hub:
            await heard(hub, "c", at_least=13)
            assert hub.version("a") == 13
            assert hub.version("b") == 11

    asyncio.run(scenario())


def test_following_goes_on_after_the_database_failed() -> None:
    async def scenario() -> None:
        tail = Script(OperationalError("gone"), OperationalError("gone"), [(11, ["a"])])
        async with following(tail) as hub:
            assert await heard(hub, "a", at_least=11) == 11
            assert tail.dropped == 2

    asyncio.run(scenario())


def test_streams_hear_that_the_database_is_away_and_that_it_is_back() -> None:
    async def scenario() -> None:
        gone = [OperationalError("gone")] * 3
        async with following(Script(*gone, [(11, ["a"])])) as hub:
            heard_of: list[bool] = []
            waker = asyncio.Event()
            with hub.listening("quiet", waker.set):
                hub.start()
                async with asyncio.timeout(PATIENCE):
                    while heard_of != [True, False]:
                        await waker.wait()
                        waker.clear()
                        if hub.away != (heard_of[-1] if heard_of else False):
                            heard_of.append(hub.away)

    asyncio.run(scenario())


def test_a_stream_is_told_a_lower_version_and_each_loss_once() -> None:
    """Another process, or a restored database, may count from further below."""
    written: list[str] = []

    async def send(message: MutableMapping[str, Any]) -> None:
        written.append(message.get("body", b"start").decode())

    async def scenario() -> None:
        hub = Hub(max_streams=1, tail=Script())
        stream = Stream(hub, "a", send, seen=13)
        for hub._floor, hub.away in ((12, False), (12, True), (12, True), (12, False)):
            stream.tell()
            await asyncio.sleep(0)

    asyncio.run(scenario())
    assert written == [
        "start",
        "retry: 2000\n\n",
        'id: 12\ndata: {"version": 12}\n\n',
        "event: away\ndata: {}\n\n",
        "event: back\ndata: {}\n\n",
    ]


def test_a_slow_client_holds_up_nobody_and_is_told_the_latest_version_alone() -> None:
    written: dict[str, list[bytes]] = {"slow": [], "quick": []}
    read = asyncio.Event()

    async def slow(message: MutableMapping[str, Any]) -> None:
        await read.wait()
        written["slow"].append(message.get("body", b"start"))

    async def quick(message: MutableMapping[str, Any]) -> None:
        written["quick"].append(message.get("body", b"start"))

    async def scenario() -> None:
        hub = Hub(max_streams=2, tail=Script())
        streams = [Stream(hub, "a", slow, seen=-1), Stream(hub, "a", quick, seen=-1)]
        for hub._floor in range(11, 16):
            for stream in streams:
                stream.tell()
            await asyncio.sleep(0)
        assert written["slow"] == []
        assert [said[:6] for said in written["quick"][2:]] == [b"id: %d" % n for n in range(11, 16)]
        read.set()
        for _ in range(3):
            await asyncio.sleep(0)
        assert [said[:6] for said in written["slow"][2:]] == [b"id: 15"]

    asyncio.run(scenario())


def test_forgetting_a_topic_never_lowers_its_version(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub_module, "KEPT_TOPICS", 2)

    async def scenario() -> None:
        async with following(Script([(11, ["a"]), (12, ["b"]), (13, ["c"])])) as hub:
            await heard(hub, "c", at_least=13)
            assert hub.version("a") == 11  # from the floor
            assert len(hub._versions) == 2

    asyncio.run(scenario())


def test_listening_refuses_more_streams_than_allowed_and_counts_those_that_end() -> None:
    hub = Hub(max_streams=1, tail=Script())
    waker = asyncio.Event()

    async def scenario() -> None:
        with (
            hub.listening("a", waker.set),
            pytest.raises(TooManyStreams),
            hub.listening("a", waker.set),
        ):
            pass
        assert hub.streams == 0
        assert hub._listening == {}

    asyncio.run(scenario())
