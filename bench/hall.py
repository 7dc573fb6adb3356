"""One busy hall: 10,000 waiting at one centre, 40 counters, over HTTP with staff tokens.

    bench/hall.py [--quick] [--sqlite]      prints the figures as JSON

Round by round: pgbench doing the same by one statement (the limit: it shows the machine's mood
too), then tickets issued by 32 clients at once, then 32 clerks without a pause (the service
begins, then finish and call the next: one press each). After the rounds all counters work at half
that speed, and one clerk presses alone. Then every call is compared with the order of calling,
written here a second time.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "src")]

import servers  # noqa: E402
from hall_clients import Clerk, Driver, Kiosk, Pace, Pressed  # noqa: E402
from measure import Slice, summary  # noqa: E402

COUNTERS, CLIENTS = 40, 32
# `seconds` is one slice of one kind of work; `alone` and `by_force` are calls.
FULL = {"waiting": 10_000, "rounds": 5, "seconds": 2.5, "alone": 1.0, "by_force": 150}
QUICK = {"waiting": 400, "rounds": 1, "seconds": 0.5, "alone": 0.3, "by_force": 20}
REFERENCE_TICKETS = 40_000
CALL, START = "finish-and-call", "start"


def measure(*, quick: bool = False, postgresql: bool = True) -> dict[str, Any]:
    """The figures. Sets Django up in this process: one database each."""
    scale = QUICK if quick else FULL
    began = time.perf_counter()
    with _house(postgresql=postgresql) as (environment, address):
        world, reference = _made(scale, address, quick=quick)
        set_up = time.perf_counter() - began
        with servers.web_server(environment, form="pages") as port:
            limit = _Limit(reference, address, scale["seconds"])
            found = _over_http(world, port, scale, limit)
        began = time.perf_counter()
        found["hall"] = {"waiting": scale["waiting"], "counters": COUNTERS}
        found.update(_looked_at(world, round(scale["by_force"])))
        limit.check()
    found["set_up_seconds"] = round(set_up, 1)
    found["looked_at_seconds"] = round(time.perf_counter() - began, 1)
    return found


def _made(scale: Mapping[str, Any], address: dict[str, str], *, quick: bool) -> tuple[Any, Any]:
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)
    import bulk
    import hall_limit
    import hall_world

    from mawaeed.kernel.clock import now

    world = hall_world.make(scale["waiting"], COUNTERS, CLIENTS)
    tickets = REFERENCE_TICKETS // (10 if quick else 1)
    reference = hall_limit.make(tickets, CLIENTS, now()) if address else None
    bulk.settle()
    return world, reference


class _Limit:
    """pgbench on the same server, where there is one."""

    def __init__(self, reference: Any, address: dict[str, str], seconds: float) -> None:
        self.reference, self.address, self.seconds = reference, address, seconds
        self.slices: list[Slice] = []

    def round(self) -> None:
        """One more slice."""
        if self.reference:
            self.slices.append(
                self.reference.run(self.address, clients=CLIENTS, seconds=self.seconds)
            )

    def check(self) -> None:
        """It must not have run out of visitors."""
        import hall_limit

        if self.reference and not hall_limit.left(self.reference):
            raise RuntimeError("the limit ran out of visitors: give it more")


def _over_http(world: Any, port: int, scale: Mapping[str, Any], limit: _Limit) -> dict[str, Any]:
    seconds, driver = scale["seconds"], Driver(port)
    kiosks = [Kiosk(world, token) for token in world.receptionists]
    clerks = [Clerk(world, token) for token in world.clerks]
    driver.run(kiosks, seconds / 4)  # programs that have just started are slow at first
    driver.run(clerks, seconds / 4)
    issuing, working = [], []
    for number in range(scale["rounds"]):
        limit.round()
        issuing.append(driver.run(kiosks, seconds))
        working.append(driver.run(clerks[:CLIENTS], seconds))
        _say(number, limit, issuing[-1], working[-1])
    calls = summary([done.of(CALL) for done in working])
    half = calls["per_second"] / 2
    paced = driver.run(clerks, 2 * seconds, pace=Pace(len(clerks), half))
    world.alone = True
    driver.run(clerks[:1], scale["alone"])
    found = {
        "issue": summary([done.of("tickets") for done in issuing]),
        "finish_and_call": calls,
        "start": summary([done.of(START) for done in working]),
        "presses": summary([done.of(START, CALL, "call-next") for done in working]),
        "half_load": summary([paced.of(CALL)]) | {"asked_per_second": round(half, 1)},
    }
    return {"limit": summary(limit.slices), **found} if limit.slices else found


def _say(number: int, limit: _Limit, issued: Pressed, worked: Pressed) -> None:
    said = f"{issued.of('tickets').rate:,.0f} tickets/s, {worked.of(CALL).rate:,.0f} calls/s"
    if limit.slices:
        said = f"limit {limit.slices[-1].rate:,.0f}/s, {said}"
    outcomes = dict(issued.of("tickets").outcomes), dict(worked.of(CALL, START).outcomes)
    print(f"bench: hall, round {number + 1}: {said} {outcomes}", file=sys.stderr, flush=True)


def _looked_at(world: Any, by_force: int) -> dict[str, Any]:
    import hall_order

    return {"order": hall_order.order(world, by_force), **hall_order.doubles(world)}


@contextmanager
def _house(*, postgresql: bool) -> Iterator[tuple[dict[str, str], dict[str, str]]]:
    """(what its programs are told, where pgbench finds the server; nowhere for SQLite)."""
    with tempfile.TemporaryDirectory(prefix="mawaeed-hall-") as data_dir:
        environment = {
            "DATA_DIR": data_dir,
            "DATABASE_URL": "",
            "DJANGO_SETTINGS_MODULE": "mawaeed.project.settings",
            "PYTHONPATH": os.pathsep.join([str(servers.ROOT / "src"), str(HERE)]),
        }
        if not postgresql:
            os.environ.update(environment)
            yield environment, {}
            return
        with servers.postgresql() as (url, address):
            environment["DATABASE_URL"] = url
            os.environ.update(environment)
            yield environment, address


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
