"""From a commit to its signal on every screen: one server process, thousands of streams.

    bench/live.py [--quick] [--postgresql]      prints the figures as JSON

Screens are sockets of two client programs; the server is the embedded form (pages and streams in
one process). What is written is an event of a hall in a transaction, by a process of its own.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "src")]

import servers  # noqa: E402
from measure import percentile  # noqa: E402

TOPIC = "hall:measured"
CLIENTS = 2
# Screens, changes, seconds between two changes.
FULL = ((2_000, 40, 0.5), (10_000, 12, 3.0))
QUICK = ((50, 5, 0.2),)

WRITER = """
import sys, time
import django; django.setup()
from datetime import datetime, timezone
from django.db import transaction
from mawaeed.kernel import nudges, outbox
nudges.start()
for line in sys.stdin:
    now = datetime.now(timezone.utc)
    with transaction.atomic():
        event = outbox.emit(kind="measured", subject_kind="test", subject_id=1, at=now,
                            day=now.date(), topics=[sys.argv[1]])
    print(event.pk, time.monotonic(), flush=True)
"""


def measure(*, quick: bool = False, postgresql: bool = True) -> dict[str, Any]:
    """Milliseconds from commit to the signal, kibibytes per stream, and how pages fared."""
    found: dict[str, Any] = {}
    with (
        _house(postgresql) as environment,
        servers.web_server(environment, form="embedded") as port,
    ):
        for screens, changes, pause in QUICK if quick else FULL:
            found[str(screens)] = _measured(environment, port, screens, changes, pause)
    return found


@contextlib.contextmanager
def _house(postgresql: bool) -> Iterator[dict[str, str]]:
    """An empty, migrated database of its own."""
    with contextlib.ExitStack() as stack:
        data_dir = stack.enter_context(tempfile.TemporaryDirectory(prefix="mawaeed-live-"))
        environment = {
            "DATA_DIR": data_dir,
            "DJANGO_SETTINGS_MODULE": "mawaeed.project.settings",
            "PYTHONPATH": str(servers.ROOT / "src"),
            "DATABASE_URL": "",
            "LIVE_MAX_STREAMS": "20000",
        }
        if postgresql:
            environment["DATABASE_URL"], _ = stack.enter_context(servers.postgresql())
        command = [sys.executable, "-m", "mawaeed.commands.cli", "manage", "migrate", "-v", "0"]
        subprocess.run(command, env={**os.environ, **environment}, check=True)
        yield environment


def _measured(
    environment: dict[str, str], port: int, screens: int, changes: int, pause: float
) -> dict[str, Any]:
    server = _server_process(port)
    before = _kibibytes(server)
    with contextlib.ExitStack() as stack:
        writer = stack.enter_context(_running([sys.executable, "-c", WRITER, TOPIC], environment))
        _change(writer)  # it is connected, and the topic has a version
        crowds = [
            stack.enter_context(
                _running(
                    [
                        sys.executable,
                        str(HERE / "screens.py"),
                        str(port),
                        str(screens // CLIENTS),
                        TOPIC,
                    ],
                    {},
                )
            )
            for _ in range(CLIENTS)
        ]
        for crowd in crowds:
            assert _said(crowd) == "open", "bench: the screens could not connect"
        after = _kibibytes(server)
        pages = _Pages(port)
        sent = {}
        for _ in range(changes):
            time.sleep(pause)
            version, at = _change(writer)
            sent[version] = at
        time.sleep(max(2.0, pause))
        page_times = pages.end()
        heard: dict[int, list[float]] = {}
        lost = 0
        for crowd in crowds:
            answer = json.loads(_asked(crowd, "end"))
            lost += answer["lost"]
            for key, moments in answer["heard"].items():
                heard.setdefault(int(key), []).extend(moments)
    return _figures(sent, heard, screens) | {
        "lost": lost,
        "kib_per_stream": round((after - before) / screens, 1),
        "pages": len(page_times),
        "page_p99_ms": round(percentile(page_times, 0.99) * 1000, 1),
    }


def _figures(sent: dict[int, float], heard: dict[int, list[float]], screens: int) -> dict[str, Any]:
    """A change that came while an earlier one was told counts by the version that followed."""
    delays, last, untold = [], [], 0
    for version, at in sent.items():
        moments = heard.get(version, [])
        untold += screens - len(moments)
        delays += [moment - at for moment in moments]
        last.append(max(moments, default=at) - at)
    return {
        "changes": len(sent),
        "untold": untold,
        "p50_ms": round(percentile(delays, 0.5) * 1000, 1),
        "p99_ms": round(percentile(delays, 0.99) * 1000, 1),
        "all_told_ms": round(max(last) * 1000, 1),
    }


class _Pages:
    """Asks an ordinary page again and again meanwhile."""

    def __init__(self, port: int) -> None:
        self.port, self.going = port, True
        self.times: list[float] = []
        self.thread = threading.Thread(target=self._ask)
        self.thread.start()

    def _ask(self) -> None:
        while self.going:
            connection = HTTPConnection("127.0.0.1", self.port, timeout=30)
            began = time.perf_counter()
            connection.request("GET", "/contact/")
            answer = connection.getresponse()
            answer.read()
            connection.close()
            assert answer.status < 500, answer.status
            self.times.append(time.perf_counter() - began)
            time.sleep(0.05)

    def end(self) -> list[float]:
        self.going = False
        self.thread.join()
        return self.times


@contextlib.contextmanager
def _running(command: list[str], environment: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        command,
        env={**os.environ, **environment},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def _said(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def _asked(process: subprocess.Popen[str], line: str) -> str:
    assert process.stdin is not None
    process.stdin.write(line + "\n")
    process.stdin.flush()
    return _said(process)


def _change(writer: subprocess.Popen[str]) -> tuple[int, float]:
    version, at = _asked(writer, "go").split()
    return int(version), float(at)


def _server_process(port: int) -> int:
    """The largest of the processes whose command line names the port: the one that serves."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError, StopIteration, ValueError):
            if str(port).encode() in (folder / "cmdline").read_bytes().split(b"\0"):
                found.append((_kibibytes(int(folder.name)), int(folder.name)))
    return max(found)[1]


def _kibibytes(process: int) -> int:
    status = Path(f"/proc/{process}/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS"))


def main() -> int:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--postgresql", action="store_true")
    asked = parser.parse_args()
    print(json.dumps(measure(quick=asked.quick, postgresql=asked.postgresql), indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
