"""The real server, and PostgreSQL as durable as in service."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from urllib.parse import quote, urlsplit

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "scripts"))

import postgres  # noqa: E402 (scripts/postgres.py)

START_SECONDS = 60.0
# As somebody with these two cores would set it; the rest is PostgreSQL's own choice.
SETTINGS = {
    **postgres.DURABLE,
    "shared_buffers": "1GB",
    "max_wal_size": "4GB",
    "checkpoint_timeout": "15min",
    "work_mem": "16MB",
    "max_connections": "200",
    "shared_preload_libraries": "pg_stat_statements",
    "random_page_cost": "1.1",
}


@contextlib.contextmanager
def postgresql() -> Iterator[tuple[str, dict[str, str]]]:
    """(URL over the Unix socket, where pgbench finds it)."""
    pgbench = _pgbench()
    with postgres.running_postgres(SETTINGS) as url:
        parts = urlsplit(url)
        password = str(parts.password)
        address = {
            "pgbench": pgbench,
            "socket": _socket_folder(parts.port or 0),
            "port": str(parts.port),
            "password": password,
        }
        host = quote(address["socket"], safe="")
        yield f"postgres://postgres:{password}@/postgres?host={host}&port={parts.port}", address


def _pgbench() -> str:
    folder = postgres.binaries()
    beside = folder / "pgbench" if folder else None
    found = str(beside) if beside and beside.exists() else shutil.which("pgbench")
    if folder is None or found is None:
        raise SystemExit("bench: pgbench is not installed (package: postgresql)")
    return found


def _socket_folder(port: int) -> str:
    for line in Path("/proc/net/unix").read_text().splitlines():
        found = re.search(rf"(/\S*)/\.s\.PGSQL\.{port}$", line)
        if found:
            return found[1]
    raise SystemExit("bench: the server has no Unix socket")


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def web_server(environment: Mapping[str, str], *, form: str) -> Iterator[int]:
    """The port of `mawaeed serve`'s own web program: `embedded` on one port, or `pages`."""
    port = free_port()
    own = {"HOST": "127.0.0.1", "PORT": str(port), "PUBLIC_URL": f"http://127.0.0.1:{port}"}
    process = subprocess.Popen(
        _command(port, form), env={**os.environ, **environment, **own}, stdin=subprocess.DEVNULL
    )
    try:
        _wait(process, port)
        yield port
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _command(port: int, form: str) -> list[str]:
    from mawaeed.commands import children
    from mawaeed.commands.address import Address

    address = Address("127.0.0.1", port)
    program = children.web(address) if form == "embedded" else children.pages(address)
    return list(program.command)


def _wait(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        connection = HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", "/healthz")
            if connection.getresponse().status == 200:
                return
        except (OSError, HTTPException):
            time.sleep(0.1)
        finally:
            connection.close()
    raise SystemExit("bench: the web server did not start")
