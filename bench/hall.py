"""One busy hall: 10,000 waiting at one centre, 40 counters, over HTTP with staff tokens.

    bench/hall.py [--quick] [--sqlite]      prints the figures as JSON

Tickets are issued by 32 clients at once; then every counter works without a pause (start, finish
and call the next: one press each); then at half that speed; then the order is compared, call by
call, with a sort of everybody who waits, written here a second time.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections import Counter as Tally
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "src")]

import servers  # noqa: E402
from hall_clients import Clerk, Driver, Kiosk, Pace  # noqa: E402
from measure import Slice, percentile  # noqa: E402

COUNTERS, CLIENTS = 40, 32
FULL = {"waiting": 10_000, "seconds": 5.0, "compared": 200}
QUICK = {"waiting": 300, "seconds": 0.5, "compared": 20}


def measure(*, quick: bool = False, postgresql: bool = True) -> dict[str, Any]:
    """The figures. Sets Django up in this process: one database each."""
    scale = QUICK if quick else FULL
    with _house(postgresql=postgresql) as environment:
        import hall_world

        world = hall_world.make(scale["waiting"], COUNTERS, CLIENTS)
        with servers.web_server(environment, form="pages") as port:
            found = _over_http(world, port, scale["seconds"])
        found["waiting"] = scale["waiting"]
        found["counters"] = COUNTERS
        found["order"] = hall_world.compared_with_a_sort(world, scale["compared"])
        found.update(hall_world.doubles(world))
    return found


def _over_http(world: Any, port: int, seconds: float) -> dict[str, Any]:
    driver = Driver(port)
    kiosks = [Kiosk(world, token) for token in world.receptionists]
    driver.run(kiosks, seconds / 5)  # programs that have just started are slow at first
    issued = driver.run(kiosks, seconds)
    clerks = [Clerk(world, token) for token in world.clerks]
    driver.run(clerks, seconds / 5)
    working = driver.run(clerks[:CLIENTS], seconds)
    calls = working.of("finish-and-call")
    pace = Pace(len(clerks), calls.rate / 2)
    half = driver.run(clerks, seconds, pace=pace)
    return {
        "issue": _told(issued.of("tickets")),
        "finish_and_call": _told(calls),
        "start": _told(working.of("start")),
        "half_load": _told(half.of("finish-and-call")),
        "half_load_asked_per_second": round(calls.rate / 2, 1),
    }


def _told(done: Slice) -> dict[str, Any]:
    return {
        "clients": done.clients,
        "per_second": round(done.rate, 1),
        "p50_ms": round(percentile(done.latencies, 0.5) * 1000, 1),
        "p99_ms": round(percentile(done.latencies, 0.99) * 1000, 1),
        "outcomes": dict(Tally(done.outcomes)),
    }


@contextmanager
def _house(*, postgresql: bool) -> Iterator[dict[str, str]]:
    with tempfile.TemporaryDirectory(prefix="mawaeed-hall-") as data_dir:
        environment = {
            "DATA_DIR": data_dir,
            "DATABASE_URL": "",
            "DJANGO_SETTINGS_MODULE": "mawaeed.project.settings",
            "PYTHONPATH": os.pathsep.join([str(servers.ROOT / "src"), str(HERE)]),
        }
        if not postgresql:
            os.environ.update(environment)
            yield environment
            return
        with servers.postgresql() as (url, _):
            environment["DATABASE_URL"] = url
            os.environ.update(environment)
            yield environment


def main() -> int:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--sqlite", action="store_true")
    asked = parser.parse_args()
    print(json.dumps(measure(quick=asked.quick, postgresql=not asked.sqlite), indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
