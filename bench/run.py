"""`make bench`: measures booking, listing, the release minute, the hall and the rest.

    bench/run.py                     everything but the day: a quarter of an hour
    bench/run.py --quick             seconds instead of minutes: shows that every part works
    bench/run.py --parts hall live   only these of: postgresql sqlite hall waits live day
    bench/run.py --parts day         6,000 visits at all centres: ten minutes by itself

Clients, server and database share the cores of one machine and only its loopback interface. A part
that does not end in its time is given up and said so; the others go on. Figures go to
`bench/results/bench.json` (those of parts that did not run stay), and from there into the tables
of `docs/performance.md`. A short run (or `--results FOLDER`) leaves both alone.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from functools import partial
from importlib import import_module
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "src")]

import report  # noqa: E402
import servers  # noqa: E402
from scale import FULL, QUICK, Scale  # noqa: E402

RESULTS = servers.ROOT / "bench" / "results"
# Each part, and the seconds after which it is given up. Expected: half of that.
PARTS = {"postgresql": 780, "sqlite": 360, "hall": 180, "waits": 90, "live": 240, "day": 1500}
USUAL = [name for name in PARTS if name != "day"]
DATABASES = ("postgresql", "sqlite")


class TooLong(BaseException):
    """A part did not end in its time."""


def main() -> int:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--parts", nargs="+", choices=tuple(PARTS), default=USUAL)
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--centres", type=int)
    parser.add_argument("--seconds", type=float, help="of one slice of one kind of work")
    parser.add_argument("--results", type=Path, help="folder for bench.json and table.md")
    asked = parser.parse_args()
    scale = (QUICK if asked.quick else FULL).changed(
        rounds=asked.rounds, centres=asked.centres, seconds=asked.seconds
    )
    folder = asked.results or (None if asked.quick else RESULTS)
    failed = []
    found = report.read(folder)
    for name in asked.parts:
        note, began = report.machine(), time.monotonic()
        answer = _in_a_child(name, partial(_part, name, scale, quick=asked.quick))
        if answer is None:
            failed.append(name)
            continue
        took = {"minutes": round((time.monotonic() - began) / 60, 1)}
        found[name] = {**answer, "measured": {**note, **took}}
        report.write(found, folder)
    if folder == RESULTS:
        report.document(found)
    print(report.table(found))
    if failed:
        print(f"bench: no figures of {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


def _part(name: str, scale: Scale, *, quick: bool) -> dict[str, Any]:
    """One part's figures; on a database of its own."""
    if name in DATABASES:
        with tempfile.TemporaryDirectory(prefix="mawaeed-bench-") as data_dir:
            return _measured_in(name, scale, data_dir)
    measure: Callable[..., dict[str, Any]] = import_module(name).measure
    return measure(quick=quick)


def _measured_in(name: str, scale: Scale, data_dir: str) -> dict[str, Any]:
    environment = {
        "DATA_DIR": data_dir,
        "DATABASE_URL": "",
        "DJANGO_SETTINGS_MODULE": "mawaeed.project.settings",
        "PYTHONPATH": os.pathsep.join([str(servers.ROOT / "src"), str(Path(__file__).parent)]),
    }
    os.environ.update(environment)
    import parts

    if name == "sqlite":
        return parts.measure_sqlite(scale, environment)
    with servers.postgresql() as (url, address):
        environment["DATABASE_URL"] = os.environ["DATABASE_URL"] = url
        return parts.measure_postgresql(scale, environment, address)


def _in_a_child(name: str, measure: Callable[[], dict[str, Any]]) -> dict[str, Any] | None:
    """Django can be set up for one database in a process: each part gets a process of its own.

    None if the part failed or was given up; what it had started it has stopped by then.
    """
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read)
        _measure_and_exit(name, measure, write)
    os.close(write)
    with os.fdopen(read) as pipe:
        said = pipe.read()
    _, status = os.waitpid(child, 0)
    if status:
        return None
    answer: dict[str, Any] = json.loads(said)
    return answer


def _measure_and_exit(name: str, measure: Callable[[], dict[str, Any]], write: int) -> NoReturn:
    status = 1
    try:
        signal.signal(signal.SIGALRM, _give_up)
        signal.alarm(PARTS[name])
        found = measure()
        signal.alarm(0)
        with os.fdopen(write, "w") as pipe:
            json.dump(found, pipe)
        status = 0
    except TooLong:
        print(f"bench: {name} did not end within {PARTS[name]} s", file=sys.stderr)
    except BaseException:  # noqa: BLE001 (the child must not go on in the parent's code)
        traceback.print_exc()
    os._exit(status)


def _give_up(number: int, frame: FrameType | None) -> NoReturn:
    raise TooLong


if __name__ == "__main__":
    sys.exit(main())
