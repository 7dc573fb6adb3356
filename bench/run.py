"""`make bench`: measures booking, listing, the release minute and the hall; prints one table.

    bench/run.py                 everything: PostgreSQL at 13 and 1,300 centres, then SQLite
    bench/run.py --quick         seconds instead of minutes: shows that every part works
    bench/run.py --only sqlite   one database; or hall, waits, live

Clients, server and database share the cores of one machine and only its loopback interface.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from importlib import import_module
from inspect import signature
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "src")]

import parts  # noqa: E402
import report  # noqa: E402
import servers  # noqa: E402
from scale import FULL, QUICK, Scale  # noqa: E402

# What is measured beside booking and listing, each by a program of its own.
PARTS = {"hall": "hall", "waits": "waits", "live": "live"}


def main() -> int:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--only", choices=("postgresql", "sqlite", *PARTS))
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--centres", type=int)
    parser.add_argument("--seconds", type=float, help="of one slice of one kind of work")
    parser.add_argument("--results", type=Path)
    asked = parser.parse_args()
    scale = (QUICK if asked.quick else FULL).changed(
        rounds=asked.rounds, centres=asked.centres, seconds=asked.seconds
    )
    folder = asked.results or servers.ROOT / "bench" / "results"
    folder.mkdir(parents=True, exist_ok=True)
    found: dict[str, Any] = {"machine": report.machine(), "scale": scale.as_dict()}
    for name in ("postgresql", "sqlite"):
        if asked.only in (None, name):
            found[name] = _in_a_child(name, partial(_measured, name, scale))
    for name, module in PARTS.items():
        if asked.only in (None, name) and (HERE / f"{module}.py").exists():
            found[name] = _in_a_child(name, partial(_part, module, quick=asked.quick))
    report.write(found, folder)
    print(report.table(found))
    return 0


def _part(module: str, *, quick: bool) -> dict[str, Any]:
    """Something measured on a database of its own: its `measure(quick=)`."""
    measure: Callable[..., dict[str, Any]] = import_module(module).measure
    return measure(quick=quick) if "quick" in signature(measure).parameters else measure()


def _in_a_child(name: str, measure: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Django can be set up for one database in a process: each gets a process of its own."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            os.close(read)
            found = measure()
            with os.fdopen(write, "w") as pipe:
                json.dump(found, pipe)
            status = 0
        except BaseException:  # noqa: BLE001 (the child must not go on in the parent's code)
            import traceback

            traceback.print_exc()
        os._exit(status)
    os.close(write)
    with os.fdopen(read) as pipe:
        said = pipe.read()
    _, status = os.waitpid(child, 0)
    if status:
        raise SystemExit(f"bench: {name} failed")
    answer: dict[str, Any] = json.loads(said)
    return answer


def _measured(name: str, scale: Scale) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="mawaeed-bench-") as data_dir:
        return _measured_in(name, scale, data_dir)


def _measured_in(name: str, scale: Scale, data_dir: str) -> dict[str, Any]:
    environment = {
        "DATA_DIR": data_dir,
        "DATABASE_URL": "",
        "DJANGO_SETTINGS_MODULE": "mawaeed.project.settings",
        "PYTHONPATH": os.pathsep.join([str(servers.ROOT / "src"), str(Path(__file__).parent)]),
    }
    os.environ.update(environment)
    if name == "sqlite":
        return parts.measure_sqlite(scale, environment)
    with servers.postgresql() as (url, address):
        environment["DATABASE_URL"] = os.environ["DATABASE_URL"] = url
        return parts.measure_postgresql(scale, environment, address)


if __name__ == "__main__":
    sys.exit(main())
