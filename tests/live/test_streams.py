"""Streams through the real server: everybody hears, nobody is left hanging."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from asgiref.sync import sync_to_async
from django.db import connections

from mawaeed.commands.address import Address
from mawaeed.kernel import outbox
from running_site import _neutral, _url_of_test_database, free_address

NOW = datetime(2026, 11, 22, 7, 0, tzinfo=UTC)
# Seconds; only reached by a failure.
PATIENCE = 20.0
pytestmark = pytest.mark.django_db(transaction=True)


def emit(*topics: str) -> int:
    event = outbox.emit(
        kind="tested",
        subject_kind="test",
        subject_id=1,
        at=NOW,
        day=date(2026, 11, 22),
        topics=topics,
    )
    return event.pk


def emit_apart(*topics: str) -> int:
    """`emit` in a thread that leaves no connection behind."""
    try:
        return emit(*topics)
    finally:
        connections.close_all()


@dataclass
class Server:
    address: Address
    process: subprocess.Popen[bytes]


@pytest.fixture(scope="module")
def server(django_db_setup: None) -> Iterator[Server]:
    """One for all tests: ids of events only grow, and each test knows its own."""
    with live_server() as running:
        yield running


@contextlib.contextmanager
def live_server() -> Iterator[Server]:
    """Granian with the live application alone, over the test's database."""
    address = free_address()
    environment = {
        **_neutral(),
        "DATA_DIR": os.environ["DATA_DIR"],
        "DATABASE_URL": _url_of_test_database(),
        "DJANGO_SETTINGS_MODULE": "mawaeed.project.settings",
        "LIVE_MAX_STREAMS": "300",
        "PYTHONPATH": str(Path(__file__).resolve().parent.parent),
    }
    command = [
        *(sys.executable, "-m", "granian", "--interface", "asgi", "--http", "1", "--no-ws"),
        *("--host", address.host, "--port", str(address.port), "--workers", "1"),
        *("--backpressure", "1000", "--workers-kill-timeout", "2", "--log-level", "warning"),
        "live_alone:application",
    ]
    process = subprocess.Popen(command, env=environment, start_new_session=True)
    try:
        asyncio.run(wait_until_open(address, process))
        yield Server(address, process)
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


async def wait_until_open(address: Address, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        assert process.poll() is None, "the server ended"
        with contextlib.suppress(OSError):
            _, writer = await asyncio.open_connection(address.host, address.port)
            writer.close()
            return
        await asyncio.sleep(0.05)
    raise AssertionError("the server did not start")


class Stream:
    """One client: reads server-sent events from a chunked answer."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer
        self.status = 0
        self.text = ""

    async def version(self) -> int:
        """The next version told; its id must be the same."""
        while True:
            block = await asyncio.wait_for(self._block(), PATIENCE)
            fields = dict(line.split(": ", 1) for line in block.splitlines())
            if "data" in fields:
                version: int = json.loads(fields["data"])["version"]
                assert fields["id"] == str(version)
                return version

    async def _block(self) -> str:
        while "\n\n" not in self.text:
            size = int(await self.reader.readline(), 16)
            if size == 0:
                raise EOFError
            self.text += (await self.reader.readexactly(size + 2))[:-2].decode()
        block, self.text = self.text.split("\n\n", 1)
        return block

    async def ended(self) -> bool:
        try:
            await asyncio.wait_for(self._block(), PATIENCE)
        except (EOFError, ValueError, asyncio.IncompleteReadError, ConnectionError):
            return True
        return False


@contextlib.asynccontextmanager
async def listening(
    server: Server, topic: str, *, method: str = "GET", last: int | None = None
) -> AsyncIterator[Stream]:
    reader, writer = await asyncio.open_connection(server.address.host, server.address.port)
    seen = f"Last-Event-ID: {last}\r\n" if last is not None else ""
    writer.write(f"{method} /live/{topic} HTTP/1.1\r\nHost: localhost\r\n{seen}\r\n".encode())
    await writer.drain()
    stream = Stream(reader, writer)
    try:
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), PATIENCE)
        stream.status = int(head.split()[1])
        yield stream
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


async def until_seen(server: Server, topic: str, version: int) -> None:
    """Until the server itself knows of `version`."""
    async with listening(server, topic) as watcher:
        while await watcher.version() != version:
            pass


def test_two_hundred_streams_hear_of_a_change_of_their_topic_alone(server: Server) -> None:
    first = emit("hall:dana")

    async def scenario() -> tuple[set[int], int]:
        await until_seen(server, "hall:dana", first)
        async with contextlib.AsyncExitStack() as stack:
            streams = [
                await stack.enter_async_context(listening(server, "hall:dana")) for _ in range(200)
            ]
            other = await stack.enter_async_context(listening(server, "hall:muharraq"))
            known = set(await asyncio.gather(*(stream.version() for stream in streams)))
            floor = await other.version()
            event = await sync_to_async(emit_apart)("hall:dana", "ticket:0123456789abcdef")
            heard = set(await asyncio.gather(*(stream.version() for stream in streams)))
            assert heard == {event}
            mine = await sync_to_async(emit_apart)("hall:muharraq")
            assert await other.version() == mine
            return known, floor

    known, floor = asyncio.run(scenario())
    assert (known, floor <= first) == ({first}, True)


def test_a_stream_that_comes_back_hears_at_once_what_it_missed_and_nothing_it_has(
    server: Server,
) -> None:
    async def scenario() -> None:
        async with listening(server, "hall:dana") as stream:
            before = await stream.version()
        missed = await sync_to_async(emit_apart)("hall:dana")
        await until_seen(server, "hall:dana", missed)
        async with listening(server, "hall:dana", last=before) as stream:
            assert await stream.version() == missed
        async with listening(server, "hall:dana", last=missed) as stream:
            later = await sync_to_async(emit_apart)("hall:dana")
            assert await stream.version() == later

    asyncio.run(scenario())


def test_streams_beyond_the_limit_are_refused_and_places_come_back(server: Server) -> None:
    async def scenario() -> None:
        async with contextlib.AsyncExitStack() as stack:
            for _ in range(300):
                await stack.enter_async_context(listening(server, "hall:dana"))
            async with listening(server, "hall:dana") as refused:
                assert refused.status == 503
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:  # until the server has noticed that they left
            async with listening(server, "hall:dana") as stream:
                if stream.status == 200:
                    return
            await asyncio.sleep(0.05)
        raise AssertionError("the places of streams that ended were not given back")

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("method", "topic", "status"),
    [("POST", "hall:dana", 405), ("GET", "", 404), ("GET", "x" * 101, 404), ("GET", "any", 200)],
)
def test_only_a_get_of_a_topic_is_a_stream(
    server: Server, method: str, topic: str, status: int
) -> None:
    async def scenario() -> int:
        async with listening(server, topic, method=method) as stream:
            return stream.status

    assert asyncio.run(scenario()) == status


def test_the_server_ends_its_streams_when_it_is_told_to_end() -> None:
    async def scenario(server: Server) -> None:
        async with listening(server, "hall:dana") as stream:
            await stream.version()
            server.process.terminate()
            assert await stream.ended()

    with live_server() as ending:
        asyncio.run(scenario(ending))
        assert ending.process.wait(PATIENCE) is not None
