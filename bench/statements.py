"""How many statements a piece of work sends, and how the database reads a listing."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from statistics import median
from typing import Any


@contextmanager
def counting() -> Iterator[Callable[[], int]]:
    """Gives a function that says how many statements clients sent so far (PostgreSQL).

    Counted by the server itself, BEGIN and COMMIT included, whoever sends them. Clients that are
    connected already are counted too.
    """
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("CREATE EXTENSION IF NOT EXISTS pg_stat_statements")
        _track(cursor, "top")
        cursor.execute("SELECT pg_stat_statements_reset()")

    def so_far() -> int:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT coalesce(sum(calls), 0) FROM pg_stat_statements "
                "WHERE query NOT LIKE '%pg_stat_statements%' "
                "AND query NOT LIKE 'SELECT % FROM ONLY %'"  # the server's own, of foreign keys
            )
            return int(cursor.fetchone()[0])

    try:
        yield so_far
    finally:
        with connection.cursor() as cursor:
            _track(cursor, "none")


def count_nothing() -> None:
    """Counting costs a little; the measured slices go without."""
    from django.db import connection

    with connection.cursor() as cursor:
        _track(cursor, "none")


def _track(cursor: Any, which: str) -> None:
    cursor.execute(f"ALTER SYSTEM SET pg_stat_statements.track = '{which}'")
    cursor.execute("SELECT pg_reload_conf()")
    time.sleep(0.5)


def listing_times(centre: str, service: str, *, repeats: int) -> dict[str, Any]:
    """Milliseconds of one centre's seven days, read `repeats` times without any copy kept."""
    from mawaeed.availability.queries import slots_for
    from mawaeed.kernel.clock import now

    found, times = 0, []
    for _ in range(repeats):
        began = time.perf_counter()
        found = len(slots_for(service=service, centre=centre, now=now()))
        times.append((time.perf_counter() - began) * 1000)
    return {"slots": found, "median_ms": round(median(times), 3), "times": times}


def listing_plans(centre: str, service: str) -> list[str]:
    """The plan of every statement of one centre's listing."""
    from django.db import connection

    from mawaeed.availability.queries import slots_for
    from mawaeed.kernel.clock import now

    sent: list[tuple[str, Any]] = []

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        sent.append((sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        slots_for(service=service, centre=centre, now=now())
    explain = "EXPLAIN (ANALYZE, BUFFERS, COSTS OFF, TIMING OFF, SUMMARY OFF) "
    if connection.vendor != "postgresql":
        explain = "EXPLAIN QUERY PLAN "
    plans = []
    with connection.cursor() as cursor:
        for sql, params in sent:
            cursor.execute(explain + sql, params)
            lines = [str(row[-1]) for row in cursor.fetchall()]
            plans.append("\n".join([sql[:160].split(" FROM ")[0] + " …", *lines]))
    return plans
