"""Proves the project, cheapest part first, and stops at the first part that fails.

    scripts/test            everything
    scripts/test PART …     only these parts, by the first word of their names

Prints each part's name and seconds, and repeats the closing lines of the test runs at the end.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import system_packages

ROOT = Path(__file__).resolve().parent.parent
BIN = ROOT / ".venv" / "bin"
PYTHON = str(BIN / "python")
PYTEST = (PYTHON, "-m", "pytest", "-q", "--durations=5", "--durations-min=5")
# Half of the tests on each of two processor cores; two races at once disturb each other more.
PARALLEL = ("-n", "2", "--dist", "loadfile", "--no-loadscope-reorder")
PLAIN = (*PYTEST, *PARALLEL, "-m", "not browser and not concurrency")
RACES = (*PYTEST, *PARALLEL, "-m", "concurrency")
MORNING = ("-m", "browser", "tests/browser/test_morning.py")
WITH_POSTGRES = (PYTHON, "scripts/postgres.py")
MIGRATIONS = (PYTHON, "-m", "mawaeed.commands.cli", "manage", "makemigrations", "--check")


@dataclass(frozen=True, slots=True)
class Part:
    """One thing to prove, by one program."""

    name: str
    command: Sequence[str]


PARTS = (
    Part("format", (str(BIN / "ruff"), "format", "--check", "--quiet", ".")),
    Part("lint", (str(BIN / "ruff"), "check", "--quiet", ".")),
    Part("types", (PYTHON, "-m", "mypy", "--no-error-summary")),
    Part("imports", (str(BIN / "lint-imports"), "--no-logo")),
    Part("migrations on SQLite", MIGRATIONS),
    Part("migrations on PostgreSQL", (*WITH_POSTGRES, *MIGRATIONS)),
    Part("messages", (PYTHON, "scripts/check_messages.py")),
    Part("tests on SQLite", PLAIN),
    Part("tests on PostgreSQL", (*WITH_POSTGRES, *PLAIN)),
    Part("races on SQLite", RACES),
    Part("races on PostgreSQL", (*WITH_POSTGRES, *RACES)),
    Part("browser journeys", (*PYTEST, *PARALLEL, "-m", "browser", "tests/browser")),
    Part("morning on PostgreSQL", (*WITH_POSTGRES, *PYTEST, *MORNING)),
    Part("wheel in a clean environment", (PYTHON, "scripts/check_wheel.py")),
)


def main() -> int:
    """Command line; returns 0 only if every part asked for was carried out and passed."""
    os.chdir(ROOT)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    wanted = sys.argv[1:]
    parts = [part for part in PARTS if not wanted or part.name.split()[0] in wanted]
    system_packages.install_missing_packages()
    with tempfile.TemporaryDirectory(prefix="mawaeed-test-") as data_dir:
        return _prove(parts, {**_neutral_environment(), "DATA_DIR": data_dir})


def _prove(parts: Sequence[Part], environment: Mapping[str, str]) -> int:
    began = time.monotonic()
    closing: list[str] = []
    for number, part in enumerate(parts, 1):
        print(f"\n── {number}/{len(parts)} {part.name}", flush=True)
        started = time.monotonic()
        status, last_line = _carried_out(part, environment)
        seconds = time.monotonic() - started
        verdict = "passed" if status == 0 else f"FAILED (status {status})"
        print(f"── {part.name}: {verdict} in {seconds:.0f} s", flush=True)
        closing.append(f"{part.name:<30} {verdict:<8} {seconds:>5.0f} s  {last_line}".rstrip())
        if status:
            break
    return _conclusion(closing, len(parts), time.monotonic() - began)


def _carried_out(part: Part, environment: Mapping[str, str]) -> tuple[int, str]:
    """Run it with its output passed through; returns its status and pytest's closing line."""
    process = subprocess.Popen(
        list(part.command),
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,  # so that it hears of an interruption once, from here
    )
    said = bytearray()
    assert process.stdout is not None
    try:
        while piece := os.read(process.stdout.fileno(), 65536):
            sys.stdout.buffer.write(piece)
            sys.stdout.flush()
            said += piece
    except KeyboardInterrupt:
        process.send_signal(signal.SIGINT)
    return process.wait(), _closing_line(bytes(said)) if "pytest" in part.command else ""


def _closing_line(said: bytes) -> str:
    """What pytest said last about how many passed and failed."""
    lines = said.decode(errors="replace").splitlines()
    counts = [line for line in lines if " passed" in line or " failed" in line]
    return counts[-1].strip(" =") if counts else ""


def _neutral_environment() -> dict[str, str]:
    """Settings of somebody's own installation have no say in what is proved."""
    own = {"DATABASE_URL", "HOST", "PORT", "PUBLIC_URL", "ALLOWED_HOSTS", "DEMO_EXPOSE"}
    own.add("DJANGO_SETTINGS_MODULE")
    return {
        key: value
        for key, value in os.environ.items()
        if key not in own and not key.startswith("MAWAEED_")
    }


def _conclusion(closing: Sequence[str], parts: int, seconds: float) -> int:
    print("\n" + "\n".join(closing))
    complete = len(closing) == parts and all("FAILED" not in line for line in closing)
    outcome = "all parts passed" if complete else f"stopped at part {len(closing)} of {parts}"
    print(f"\n{outcome} in {seconds / 60:.1f} minutes")
    return 0 if complete else 1


if __name__ == "__main__":
    sys.exit(main())
