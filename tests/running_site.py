"""The real thing for tests: `mawaeed demo`, or the server over a test's own database."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import quote
from zoneinfo import ZoneInfo

from django.db import connection

from mawaeed.commands import children
from mawaeed.commands.address import Address, refuse_taken_port
from mawaeed.commands.supervisor import parent_death_signal

ZONE = ZoneInfo("Asia/Bahrain")
MAWAEED = (sys.executable, "-m", "mawaeed.commands.cli")
START_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class RunningSite:
    """A site that answers at `url`; `said` grows by each line its programs print."""

    url: str
    process: subprocess.Popen[str]
    environment: Mapping[str, str]
    said: list[str] = field(default_factory=list)

    def shell(self, code: str) -> str:
        """Run Python in the site's own settings and database; returns what it printed."""
        done = subprocess.run(
            [*MAWAEED, "manage", "shell", "--no-imports", "--verbosity", "0", "--command", code],
            env=dict(self.environment),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


def free_address() -> Address:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = Address("127.0.0.1", probe.getsockname()[1])
    refuse_taken_port(address)
    return address


def next_tuesday_morning() -> str:
    """09:00 on the next Tuesday in Bahrain: a working day that no test outlasts."""
    today = datetime.now(ZONE).date()
    ahead = (1 - today.weekday()) % 7 or 7
    return f"{today + timedelta(days=ahead)}T09:00"


@contextlib.contextmanager
def demo_site(*arguments: str, database_url: str = "", **extra: str) -> Iterator[RunningSite]:
    """A demonstration of its own in a folder of its own, on a Tuesday morning."""
    address = free_address()
    with tempfile.TemporaryDirectory(prefix="mawaeed-site-") as folder:
        environment = {
            **_neutral(),
            "DATA_DIR": folder,
            "PORT": str(address.port),
            "HOST": address.host,
            **({"DATABASE_URL": database_url} if database_url else {}),
            **extra,
        }
        command = [*MAWAEED, "demo", "--from", next_tuesday_morning(), *arguments]
        with _running(command, environment, address) as site:
            yield RunningSite(
                site.url, site.process, {**environment, "MAWAEED_DEMO": "1"}, site.said
            )


@contextlib.contextmanager
def served_test_database(**extra: str) -> Iterator[RunningSite]:
    """The web server alone over the database of the running test, which must be transactional."""
    address = free_address()
    environment = {
        **environment_of_test_database(),
        "PORT": str(address.port),
        "HOST": address.host,
        **extra,
    }
    with _running(list(children.web(address).command), environment, address) as site:
        yield site


def environment_of_test_database() -> dict[str, str]:
    """For a process that is to work on the database of the running test."""
    return {
        **_neutral(),
        "DATA_DIR": os.environ["DATA_DIR"],
        "DATABASE_URL": _url_of_test_database(),
    }


@contextlib.contextmanager
def _running(
    command: list[str], environment: Mapping[str, str], address: Address
) -> Iterator[RunningSite]:
    process = subprocess.Popen(
        command,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
        preexec_fn=parent_death_signal(),  # noqa: PLW1509 (nothing is locked by another thread)
    )
    site = RunningSite(address.url, process, environment)
    reader = threading.Thread(target=_read, args=(process, site.said))
    reader.start()
    try:
        _wait_until_it_answers(site, address)
        yield site
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        reader.join(10)


def _read(process: subprocess.Popen[str], said: list[str]) -> None:
    assert process.stdout is not None
    with process.stdout as lines:
        said.extend(line.rstrip() for line in lines)


def _wait_until_it_answers(site: RunningSite, address: Address) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and site.process.poll() is None:
        if children.answers(address):
            return
        time.sleep(0.05)
    raise AssertionError("the site did not start:\n" + "\n".join(site.said[-60:]))


def _neutral() -> dict[str, str]:
    own = {"DATABASE_URL", "DATA_DIR", "HOST", "PORT", "PUBLIC_URL", "DJANGO_SETTINGS_MODULE"}
    return {
        key: value
        for key, value in os.environ.items()
        if key not in own and not key.startswith(("MAWAEED_", "PYTEST_"))
    }


def _url_of_test_database() -> str:
    settings = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{Path(settings['NAME']).resolve()}"
    account = f"{quote(settings['USER'])}:{quote(settings['PASSWORD'], safe='')}"
    return f"postgres://{account}@{settings['HOST']}:{settings['PORT']}/{settings['NAME']}"
