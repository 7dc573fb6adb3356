"""Follows the outbox of one process: which topics changed since the last look.

Ids are given before commit, so on PostgreSQL a smaller id may appear after a larger one: ids
that are missing between seen ones are looked for again until `GAP_PATIENCE` is over. (LISTEN
would save the polling, not this.)
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from django.db import close_old_connections, connection
from django.db.models import Max, Q

from mawaeed.kernel.models import OutboxEvent

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
        """`look`, by a connection that is known to be usable."""
        close_old_connections()
        return self.look()

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
