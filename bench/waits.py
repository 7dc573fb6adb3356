"""How long it takes to estimate every waiting ticket of a long hall anew.

    bench/waits.py     500 waiting tickets, 40 counters, 100 people expected by appointment

`measure` is pure arithmetic of a made-up hall: no database, one process, one core.
"""

from __future__ import annotations

import json
import statistics
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from time import perf_counter, process_time
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "src")]

WAITING, COUNTERS, EXPECTED, POOLS, RUNS, REPEATS = 500, 40, 100, 3, 200, 3
NOW = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)


def measure(
    waiting: int = WAITING, counters: int = COUNTERS, repeats: int = REPEATS
) -> dict[str, Any]:
    """Milliseconds for all waiting tickets at once, by method: median of wall time and of CPU."""
    from mawaeed.hall.waits.reckoning import analytic_ranges, simulated_ranges

    hall = made_up_hall(waiting, counters)
    return {
        "waiting": waiting,
        "counters": counters,
        "runs_asked": RUNS,
        "simulated": _timed(lambda: simulated_ranges(hall, RUNS), repeats),
        "analytic": _timed(lambda: analytic_ranges(hall), repeats),
    }


def made_up_hall(waiting: int, counters: int) -> Any:
    """A hall at nine in the morning, all counters busy; the same at each call."""
    from mawaeed.hall.rules import Rate
    from mawaeed.hall.waits.pace import Pace
    from mawaeed.hall.waits.snapshot import Desk, Expected, Queued, Snapshot

    chance = Random(1)

    def ago(minutes: float) -> datetime:
        return NOW - timedelta(minutes=chance.random() * minutes)

    classes = ("appointment", "walk_in", "walk_in", "priority")
    return Snapshot(
        now=NOW,
        rates={
            "appointment": Rate(2.0, 0.0, 60.0),
            "walk_in": Rate(1.0, 0.0, 60.0),
            "priority": Rate(2.0, 30.0, 60.0),
        },
        waiting=[
            Queued(one, 1 + one % POOLS, chance.choice(classes), ago(50), 1 + one % 5, NOW)
            for one in range(1, waiting + 1)
        ],
        desks=[
            Desk(one, 1 + one % POOLS, one, 1 + one % 5, ago(8)) for one in range(1, counters + 1)
        ],
        expected=[
            Expected(one, 1 + one % POOLS, 1, NOW + timedelta(minutes=one))
            for one in range(1, EXPECTED + 1)
        ],
        planned=[],
        pace=Pace(),
        planned_minutes=dict.fromkeys(range(1, 6), 10.0),
    )


def _timed(work: Callable[[], object], repeats: int) -> dict[str, float]:
    wall, processor = [], []
    for _ in range(repeats):
        began, used = perf_counter(), process_time()
        work()
        wall.append(1000 * (perf_counter() - began))
        processor.append(1000 * (process_time() - used))
    return {
        "median_ms": round(statistics.median(wall), 1),
        "cpu_ms": round(statistics.median(processor), 1),
    }


if __name__ == "__main__":
    import os

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mawaeed.project.settings")
    import django

    django.setup()
    print(json.dumps(measure(), indent=1))
