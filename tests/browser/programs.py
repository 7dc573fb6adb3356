"""The site's programs over the test's database, to be killed; and a database nobody can reach."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import psycopg
from django.db import connection
from psycopg import sql

from mawaeed.commands import children
from running_site import _running, environment_of_test_database, free_address


class Programs:
    """Web server and worker over the test's database; each can be killed and started again."""

    def __init__(self) -> None:
        self.address = free_address()
        self.environment = {
            **environment_of_test_database(),
            "PORT": str(self.address.port),
            "HOST": self.address.host,
            "MAWAEED_DEMO": "1",
        }
        self._programs = {
            "web": children.web(self.address),
            "worker": children.worker(),
        }
        self._running: dict[str, tuple[subprocess.Popen[str], ExitStack]] = {}

    def start(self, name: str) -> None:
        ending = ExitStack()
        command = list(self._programs[name].command)
        site = ending.enter_context(_running(command, self.environment, self.address))
        self._running[name] = (site.process, ending)

    def kill(self, name: str) -> None:
        """At once, in the middle of whatever it does."""
        process, ending = self._running.pop(name)
        os.killpg(process.pid, signal.SIGKILL)
        ending.close()

    def end(self) -> None:
        for _, ending in self._running.values():
            ending.close()


@contextmanager
def no_connections() -> Iterator[None]:
    """This test's own connection stays; every other ends, and no new one is taken."""
    settings = connection.settings_dict
    name, mine = settings["NAME"], connection.connection.info.backend_pid
    with psycopg.connect(
        host=settings["HOST"],
        port=settings["PORT"],
        user=settings["USER"],
        password=settings["PASSWORD"],
        dbname="postgres",
        autocommit=True,
    ) as beside:
        allowed = sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS {}")
        beside.execute(allowed.format(sql.Identifier(name), sql.Literal(False)))
        beside.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = %s AND pid <> %s",
            [name, mine],
        )
        try:
            yield
        finally:
            beside.execute(allowed.format(sql.Identifier(name), sql.Literal(True)))
