"""The one way to write: a short transaction that behaves alike on SQLite and PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction


@contextmanager
def write_transaction() -> Iterator[None]:
    """Open the transaction of one action.

    On SQLite the connection is configured with IMMEDIATE transactions, so the write lock is
    taken at the start and a check inside the transaction cannot be overtaken; on PostgreSQL
    rows are locked by conditional updates and `SELECT … FOR UPDATE` in the documented order
    (docs/locking.md). Reads never come through here.
    """
    with transaction.atomic():
        yield


def is_postgresql() -> bool:
    """True where row locks, LISTEN and RETURNING of PostgreSQL can be used."""
    return connection.vendor == "postgresql"
