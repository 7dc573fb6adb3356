#!/usr/bin/env python3
"""A PostgreSQL of one's own: made, used and removed.

    scripts/postgres.py COMMAND …

runs COMMAND with DATABASE_URL naming a new server on a free port of 127.0.0.1, and always stops
that server. Not durable unless `running_postgres` is told; for tests and measurements only. Needs
nothing but the standard library.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import pwd
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

SETTINGS = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "max_connections": "300",  # the default of 100 refuses some of 200 racing threads
    "shared_buffers": "128MB",
    "listen_addresses": "127.0.0.1",
    "timezone": "UTC",
}
# What a measurement of writing needs: what was acknowledged is on the disk.
DURABLE = {"fsync": "on", "full_page_writes": "on", "synchronous_commit": "on"}
OLDEST = 15
START_SECONDS = 30.0
PR_SET_PDEATHSIG = 1


class NoPostgres(RuntimeError):
    """The server programs are not installed, or did not start."""


def binaries() -> Path | None:
    """The folder with initdb and postgres of the newest version installed, if recent enough."""
    found = [Path(folder) for folder in Path("/usr/lib/postgresql").glob("*/bin")]
    found += [Path(path).parent for path in [shutil.which("initdb")] if path]
    versions = [(_version(folder), folder) for folder in found if (folder / "initdb").exists()]
    newest = max(versions, default=(0, None))
    return newest[1] if newest[0] >= OLDEST else None


def _version(folder: Path) -> int:
    said = subprocess.run(
        [folder / "postgres", "--version"], capture_output=True, text=True, check=False
    ).stdout
    found = re.search(r"\(PostgreSQL\) (\d+)", said)
    return int(found[1]) if found else 0


@contextlib.contextmanager
def running_postgres(settings: Mapping[str, str] | None = None) -> Iterator[str]:
    """Yield the URL of a new, empty server; it is gone afterwards.

    `settings` go before those of tests; one named `unix_socket_directories` lets the caller choose
    where its socket is.
    """
    folder = binaries()
    if folder is None:
        raise NoPostgres(f"PostgreSQL {OLDEST} or newer is not installed (package: postgresql)")
    # Not inside the checkout, which the account of the server may be unable to read.
    home = Path(tempfile.mkdtemp(prefix="mawaeed-postgres-"))
    try:
        account = _account(home)
        password = secrets.token_hex(12)
        _initialise(folder, home, account, password)
        with _server(folder, home, account, {**SETTINGS, **(settings or {})}) as port:
            yield f"postgres://postgres:{password}@127.0.0.1:{port}/postgres"
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _account(home: Path) -> str | None:
    """The account to run as: initdb refuses root."""
    if os.geteuid() != 0:
        return None
    try:
        entry = pwd.getpwnam("postgres")
    except KeyError:
        entry = pwd.getpwnam("nobody")
    os.chown(home, entry.pw_uid, entry.pw_gid)
    return entry.pw_name


def _initialise(folder: Path, home: Path, account: str | None, password: str) -> None:
    secret = home / "password"
    secret.write_text(password)
    secret.chmod(0o644)
    command = [
        *(str(folder / "initdb"), "--pgdata", str(home / "data"), "--username", "postgres"),
        *("--encoding", "UTF8", "--locale", "C.UTF-8", "--no-sync"),
        *("--auth", "scram-sha-256", "--pwfile", str(secret)),
    ]
    done = subprocess.run(
        command, **_as(account, home), capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise NoPostgres(f"initdb failed: {done.stderr.strip()}")


@contextlib.contextmanager
def _server(
    folder: Path, home: Path, account: str | None, chosen: Mapping[str, str]
) -> Iterator[int]:
    port = _free_port()
    settings = {"unix_socket_directories": str(home), **chosen, "port": str(port)}
    command = [str(folder / "postgres"), "-D", str(home / "data")]
    command += [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    log = home / "log"
    with log.open("wb") as writable:
        server = subprocess.Popen(
            command,
            **_as(account, home),
            stdin=subprocess.DEVNULL,
            stdout=writable,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=_die_with_parent,  # noqa: PLW1509 (no other thread runs here)
        )
    try:
        _wait_until_it_accepts(server, port, log)
        yield port
    finally:
        _stop(server)


def _as(account: str | None, home: Path) -> dict[str, Any]:
    environment = {"PATH": os.environ["PATH"], "HOME": str(home), "LC_ALL": "C.UTF-8"}
    if account is None:
        return {"cwd": home, "env": environment}
    return {
        "cwd": home,
        "env": environment,
        "user": account,
        "group": pwd.getpwnam(account).pw_gid,
        "extra_groups": [],
    }


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_it_accepts(server: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if server.poll() is not None:
            break
        # Its last words before it takes connections.
        if b"ready to accept connections" in log.read_bytes():
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                return
        time.sleep(0.05)
    raise NoPostgres(f"the server did not start:\n{log.read_text()[-2000:]}")


def _stop(server: subprocess.Popen[bytes]) -> None:
    """A fast shutdown: sessions are ended, nothing is left running."""
    for number, seconds in ((signal.SIGINT, 15), (signal.SIGQUIT, 5), (signal.SIGKILL, 5)):
        if server.poll() is not None:
            return
        server.send_signal(number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            server.wait(seconds)


def _die_with_parent() -> None:
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGINT)


def run_with_postgres(command: Sequence[str], environment: Mapping[str, str]) -> int:
    """Run `command` against a server of its own; returns its exit status."""
    with running_postgres() as url:
        done = subprocess.run(command, env={**environment, "DATABASE_URL": url}, check=False)
    return done.returncode


def main() -> int:
    """Command line."""
    if len(sys.argv) < 2:
        print(__doc__, file=sys.stderr)
        return 2
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    try:
        return run_with_postgres(sys.argv[1:], os.environ)
    except NoPostgres as reason:
        print(f"mawaeed: {reason}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
