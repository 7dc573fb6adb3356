"""What PostgreSQL read from beginning to end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import connection

needs_postgresql = pytest.mark.skipif(
    connection.vendor != "postgresql", reason="how PostgreSQL reads its tables"
)


@contextmanager
def none_read_through() -> Iterator[None]:
    """Inside a transaction: no table is, even where all are known to be next to empty.

    A connection keeps its plans: those made on the first morning are to serve a full hall.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = on")  # what was asked before may say otherwise
        cursor.execute("ANALYZE")
    before = _read_through()
    yield
    through = {name for name, count in _read_through().items() if count > before[name]}
    assert not through, through


def _read_through() -> dict[str, int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname, seq_scan FROM pg_stat_xact_user_tables")
        return dict(cursor.fetchall())
