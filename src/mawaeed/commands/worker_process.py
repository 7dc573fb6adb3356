"""`mawaeed worker`: carries out what the outbox owes and what happens by the clock.

Any number of workers may run: every job is idempotent and decides by conditional updates.
"""

from __future__ import annotations

import argparse
import logging
import signal
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib import import_module
from typing import Any

logger = logging.getLogger(__name__)

# Seconds between two looks at what is due.
TICK = 0.2
# A job that failed waits this long, doubled at each failure in a row, up to the limit.
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0

# What is done how often (real seconds), each a function of the time the system lives in (UTC).
SCHEDULE: tuple[tuple[str, float], ...] = (
    ("mawaeed.commands.worker_process:carry_out_outbox", 0.2),
)


@dataclass(slots=True)
class Job:
    """A function of `now`, when it is due next (monotonic seconds), and how it has been going."""

    name: str
    every: float
    run: Callable[[datetime], object]
    due: float = 0.0
    failures: int = 0


def register(subparsers: Any) -> None:
    """Add the sub-command."""
    parser = subparsers.add_parser("worker", help="deliver messages and do what is due")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Work until SIGINT or SIGTERM; the job at hand is finished first."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: stop.set())
    jobs = [Job(name, every, _function(name)) for name, every in SCHEDULE]
    while not stop.is_set():
        run_due_jobs(jobs, time.monotonic(), stop)
        stop.wait(TICK)
    return 0


def run_due_jobs(jobs: Sequence[Job], tick: float, stop: threading.Event) -> None:
    """Run each job that is due at `tick`; one that fails is logged and waits longer."""
    from mawaeed.kernel import clock

    for job in jobs:
        if job.due > tick or stop.is_set():
            continue
        try:
            job.run(clock.now())
        except Exception:
            job.failures += 1
            job.due = tick + min(FIRST_PAUSE * 2**job.failures, LONGEST_PAUSE)
            logger.exception("the job %s failed (%s in a row)", job.name, job.failures)
            _drop_broken_connection()
        else:
            job.failures = 0
            job.due = tick + job.every


def carry_out_outbox(now: datetime) -> None:
    """Hand new events to their consumers and deliver what is due, until nothing is left."""
    from mawaeed.kernel import deliveries

    while deliveries.fan_out() or deliveries.deliver_due(now=now):
        pass


def _function(name: str) -> Callable[[datetime], object]:
    module, _, function = name.partition(":")
    found: Callable[[datetime], object] = getattr(import_module(module), function)
    return found


def _drop_broken_connection() -> None:
    """After an error the connection may be unusable; the next query then opens a new one."""
    from django.db import connection

    connection.close_if_unusable_or_obsolete()
