"""How long it takes to estimate every waiting ticket of a long hall anew.

    bench/waits.py [--quick]    500 waiting tickets, 40 counters, 100 expected by appointment

First the pure arithmetic of a made-up hall, then the whole with its state read from a database on
one file (nobody expected there); one process.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from time import perf_counter, process_time
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "src")]

WAITING, COUNTERS, EXPECTED, POOLS, RUNS, REPEATS = 500, 40, 100, 3, 200, 3
NOW = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)


def measure(*, quick: bool = False) -> dict[str, Any]:
    """Milliseconds for all waiting tickets at once, by method: median of wall time and of CPU."""
    waiting, repeats = (60, 1) if quick else (WAITING, REPEATS)
    with _database():
        from mawaeed.hall.waits.reckoning import analytic_ranges, simulated_ranges

        hall = made_up_hall(waiting, COUNTERS)
        return {
            "waiting": waiting,
            "counters": COUNTERS,
            "runs_asked": RUNS,
            "simulated": _timed(lambda: simulated_ranges(hall, RUNS), repeats),
            "analytic": _timed(lambda: analytic_ranges(hall), repeats),
            "with_reading": _with_reading(waiting, repeats),
        }


@contextmanager
def _database() -> Iterator[None]:
    """An empty database on one file, and Django set up for it."""
    with tempfile.TemporaryDirectory(prefix="mawaeed-waits-") as data_dir:
        os.environ.update(
            DATA_DIR=data_dir, DATABASE_URL="", DJANGO_SETTINGS_MODULE="mawaeed.project.settings"
        )
        import django
        from django.core.management import call_command

        django.setup()
        call_command("migrate", verbosity=0)
        yield


def _with_reading(waiting: int, repeats: int) -> dict[str, float]:
    """As the worker does it: the state of a hall is read, then every wait reckoned."""
    import hall_world

    from mawaeed.hall.waits.reckoning import ranges_now
    from mawaeed.kernel.clock import now

    world = hall_world.make(waiting, COUNTERS, 0)
    found = ranges_now(world.centre, now(), runs=RUNS)
    assert len(found) == waiting, "bench: not everybody who waits has a range"
    return _timed(lambda: ranges_now(world.centre, now(), runs=RUNS), repeats)


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
    print(json.dumps(measure(quick="--quick" in sys.argv), indent=1))
