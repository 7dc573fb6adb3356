"""A day at every centre at once, on the embedded database: `mawaeed day simulate`.

    bench/day.py [--quick]      prints the figures as JSON

6,000 visitors at the thirteen centres of the shipped catalogue, which gets counters enough for
them. Booking ahead is part of the time that is measured.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "src")]

import servers  # noqa: E402

# More are planned than come: some cancel, stay away, or find no time that suits them.
FULL = ("--every-centre", "--visitors", "7000", "--counters-times", "3")
QUICK = ("--centre", "traffic-dana", "certificates-south", "--visitors", "40")
SHORTER = ("reports", "outcomes", "left_open")


def measure(*, quick: bool = False) -> dict[str, Any]:
    """What the command reports; fails with it."""
    with tempfile.TemporaryDirectory(prefix="mawaeed-bench-") as folder:
        report = Path(folder) / "day.json"
        command = [sys.executable, "-m", "mawaeed.commands.cli", "day", "simulate"]
        subprocess.run(
            [*command, *(QUICK if quick else FULL), "--report", str(report)],
            env={**os.environ, "PYTHONPATH": str(servers.ROOT / "src")},
            stdout=subprocess.DEVNULL,
            check=True,
        )
        found: dict[str, Any] = json.loads(report.read_text())
    kept = {name: value for name, value in found.items() if name not in SHORTER}
    return {
        **kept,
        "left_open": sum(found["left_open"].values()),
        "outcomes": found["outcomes"],
    }


if __name__ == "__main__":
    print(json.dumps(measure(quick="--quick" in sys.argv), indent=1))
