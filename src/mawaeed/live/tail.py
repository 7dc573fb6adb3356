"""Follows the outbox of one process: which topics changed since the last look.

Ids are given before commit, so on PostgreSQL a smaller id may appear after a larger one: ids
that are missing between seen ones are looked for again until `GAP_PATIENCE` is over.

Between two looks it waits for a sign of a commit: PostgreSQL's NOTIFY (`kernel.nudges`), or on
SQLite the counter every connection of the file has (`PRAGMA data_version`), asked a hundred
times a second without reading the disk. A sign that is missed costs the rest of `LONGEST_WAIT`.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from django.db import close_old_connections, connection
from django.db.models import Max, Q

from mawaeed.kernel.database import is_postgresql
from mawaeed.kernel.models import OutboxEvent
from mawaeed.kernel.nudges import CHANNEL

# Seconds between two looks when no sign came, and between two questions to the SQLite file.
LONGEST_WAIT = 1.0
FILE_ASKED_EVERY = 0.01
GAPS_SOUGHT_EVERY = 0.1
# Rows read at one look; more wait for the next, which follows at once.
BATCH = 2000
# Real seconds a writer may hold its transaction open after it was given its id.
GAP_PATIENCE = 30.0
# A longer jump is a restored database or a sequence set by hand, not open transactions.
MAX_GAPS = 5000


@dataclass(slots=True)
class Tail:
    """Where this process has read to. Used from one thread, with that thread's connection."""

    last: int | None = None
    _gaps: dict[int, float] = field(default_factory=dict)
    _listening: object = None
    _file_version: int = -1

    def look(self) -> list[tuple[int, list[str]]]:
        """New events since the last look as (id, topics), by id. The first look finds none."""
        if self.last is None:
            self.last = OutboxEvent.objects.aggregate(last=Max("id"))["last"] or 0
            return []
        self._forget_old_gaps()
        wanted = Q(id__gt=self.last)
        if self._gaps:
            wanted |= Q(id__in=list(self._gaps))
        rows = list(
            OutboxEvent.objects.filter(wanted).order_by("id").values_list("id", "topics")[:BATCH]
        )
        for event_id, _ in rows:
            self._see(event_id)
        return [(event_id, topics.split()) for event_id, topics in rows]

    def look_afresh(self) -> list[tuple[int, list[str]]]:
        """`look`, by a connection that is known to be usable and hears of what comes after."""
        close_old_connections()
        self._attend()
        return self.look()

    def wait(self, longest: float = LONGEST_WAIT) -> None:
        """Return when something may have been committed since the last look, or after `longest`."""
        if not is_postgresql():
            self._wait_for_the_file(longest)
        elif self._gaps or self._listening is not connection.connection:
            time.sleep(min(longest, GAPS_SOUGHT_EVERY))  # what is late gives no sign of its own
        else:
            for _ in connection.connection.notifies(timeout=longest, stop_after=1):
                pass

    def _attend(self) -> None:
        """Before the look, so that whatever is committed during it gives a sign."""
        connection.ensure_connection()
        if not is_postgresql():
            self._file_version = self._version_of_file()
        elif self._listening is not connection.connection:
            with connection.cursor() as cursor:
                cursor.execute(f"LISTEN {CHANNEL}")
            self._listening = connection.connection

    def _wait_for_the_file(self, longest: float) -> None:
        until = time.monotonic() + longest
        while self._version_of_file() == self._file_version and time.monotonic() < until:
            time.sleep(FILE_ASKED_EVERY)

    def _version_of_file(self) -> int:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA data_version")
            return int(cursor.fetchone()[0])

    def drop_connection(self) -> None:
        """After an error: the next look opens a new one."""
        connection.close()

    def _see(self, event_id: int) -> None:
        last = self.last or 0
        if event_id <= last:
            self._gaps.pop(event_id, None)
            return
        missing = range(last + 1, event_id)
        if len(missing) + len(self._gaps) <= MAX_GAPS:
            seen_at = time.monotonic()
            self._gaps.update(dict.fromkeys(missing, seen_at))
        self.last = event_id

    def _forget_old_gaps(self) -> None:
        limit = time.monotonic() - GAP_PATIENCE
        self._gaps = {gap: seen_at for gap, seen_at in self._gaps.items() if seen_at > limit}
