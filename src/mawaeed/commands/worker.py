"""The worker: carries out what the outbox owes, sends messages, does what the clock asks for.

Five lanes, each a thread with its own database connection, so that a slow gateway or a long
job never delays a one-time code. Any number of workers may run at once: everything they do is
claimed by conditional updates.
"""

from __future__ import annotations

import logging
import signal
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from types import FrameType
from typing import Any

from django.db import close_old_connections, connections

from mawaeed.kernel import clock

logger = logging.getLogger(__name__)

# Seconds, real time.
BUSY_PAUSE, IDLE_PAUSE = 0.2, 1.0
STOP_WITHIN = 0.9
# After a failure of a lane (usually the database is away).
TROUBLE_PAUSE = 1.0


@dataclass(frozen=True, slots=True)
class Job:
    """Something done by the clock: `target` is `module:function`, called every `seconds`.

    The function is imported when first due; it takes `now` (UTC) if `tells_time`.
    """

    target: str
    seconds: float
    tells_time: bool = True


JOBS: Sequence[Job] = (
    Job("mawaeed.hall.actions.unclaimed:expire_unclaimed", 5),
    Job("mawaeed.booking.actions:release_expired_holds", 1),
    Job("mawaeed.booking.actions:pass_on_lapsed_offers", 2),
    Job("mawaeed.booking.actions:warm_due_places", 5),
    Job("mawaeed.booking.actions:end_waiting_entries", 5),
    Job("mawaeed.booking.actions:ask_to_confirm", 10),
    Job("mawaeed.booking.actions:free_unconfirmed", 5),
    Job("mawaeed.availability.releases:release_due", 1),
    Job("mawaeed.booking.actions.displace:finish_displacements", 2),
    Job("mawaeed.commands.jobs:close_past_days", 60),
    # Also at the start, like every job. Hourly finds each new local day within the hour.
    Job("mawaeed.availability.tasks:open_coming_days", 3600),
    Job("mawaeed.availability.rollover:move_past_intervals", 3600),
    Job("mawaeed.booking.ledger:check_ledger_nightly", 3600),
    Job("mawaeed.people.actions:forget_ended_sign_ins", 3600, tells_time=False),
    Job("mawaeed.people.actions:forget_password_tries", 3600, tells_time=False),
    Job("mawaeed.kernel.idempotency:forget_old_keys", 3600, tells_time=False),
)

# In lanes of their own: simulating a long hall takes a second, learning from a month minutes.
WAITS: Sequence[Job] = (Job("mawaeed.hall.waits.watching:refresh_due", 1),)
LEARNING: Sequence[Job] = (Job("mawaeed.hall.waits.learning:learn_nightly", 3600),)


@dataclass(slots=True)
class Lane:
    """One thread's work: `step` does some of it and says how much it found."""

    name: str
    step: Callable[[], int]
    _pause: float = field(default=BUSY_PAUSE, init=False)

    def run(self, stop: threading.Event) -> None:
        """Work until told to stop; a failure is logged and the lane goes on."""
        try:
            while not stop.is_set():
                stop.wait(self._one_step())
        finally:
            connections.close_all()

    def _one_step(self) -> float:
        """Do one step; returns how many seconds to rest."""
        try:
            close_old_connections()
            found = self.step()
        except Exception:
            logger.exception("the %s lane failed and goes on in %s s", self.name, TROUBLE_PAUSE)
            return TROUBLE_PAUSE
        self._pause = BUSY_PAUSE if found else min(IDLE_PAUSE, self._pause * 1.25)
        return 0.0 if found else self._pause


class Timetable:
    """Runs each job when it is due; one job's failure does not touch the others."""

    def __init__(self, jobs: Iterable[Job]) -> None:
        self._due = dict.fromkeys(jobs, 0.0)

    def run_due(self) -> int:
        """Run the jobs that are due now; always returns 0: their work is no backlog."""
        for job, due in self._due.items():
            if time.monotonic() >= due:
                self._due[job] = time.monotonic() + job.seconds
                self._run(job)
        return 0

    def _run(self, job: Job) -> None:
        try:
            close_old_connections()
            call = resolve(job.target)
            call(now=clock.now()) if job.tells_time else call()
        except Exception:
            logger.exception("the job %s failed; next try in %s s", job.target, job.seconds)


def resolve(target: str) -> Callable[..., Any]:
    """The function that `module:function` names."""
    module, _, name = target.partition(":")
    found: Callable[..., Any] = getattr(import_module(module), name)
    return found


def lanes() -> list[Lane]:
    """Everything one worker does."""
    return [
        Lane("deliveries", deliver),
        Lane("messages", send),
        Lane("timetable", Timetable(JOBS).run_due),
        Lane("waits", Timetable(WAITS).run_due),
        Lane("learning", Timetable(LEARNING).run_due),
    ]


def deliver() -> int:
    """Fan out new events and run what is due; returns how much there was."""
    from mawaeed.kernel import deliveries

    return deliveries.fan_out() + deliveries.deliver_due()


def send() -> int:
    """Hand waiting messages to the gateway; returns how many."""
    from mawaeed.notifications.actions import send_due

    return send_due()


def run_worker(working: Sequence[Lane] | None = None) -> int:
    """Work until SIGTERM or SIGINT; returns 0 within a second of it.

    A lane that is inside a slow call is left behind: its lease runs out and the work is taken
    up again by the next worker.
    """
    stop = threading.Event()

    def on_signal(number: int, frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, on_signal)
    threads = [
        threading.Thread(target=lane.run, args=(stop,), name=lane.name, daemon=True)
        for lane in (lanes() if working is None else working)
    ]
    for thread in threads:
        thread.start()
    logger.info("worker started")
    while not stop.wait(1.0):
        pass
    deadline = time.monotonic() + STOP_WITHIN
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))
    logger.info("worker stopped")
    return 0


def print_status() -> int:
    """Say what is owed and what failed; returns 1 if anything failed for good."""
    from mawaeed.kernel.deliveries import backlog
    from mawaeed.notifications.queries import counts_by_state

    owed = backlog()
    messages = counts_by_state()
    print(f"events not yet fanned out: {owed.waiting_events}")
    print(f"deliveries pending: {owed.pending}, failed: {owed.failed}")
    for consumer, error, rows in owed.failures:
        print(f"  {consumer}: {error} × {rows}")
    print("messages: " + ", ".join(f"{state} {count}" for state, count in messages.items()))
    return 1 if owed.failed or messages["failed"] else 0


def retry_failed() -> int:
    """Let the running worker try again what failed for good; returns 0."""
    from mawaeed.kernel import deliveries
    from mawaeed.notifications import actions as notifications

    print(f"deliveries to try again: {deliveries.retry_failed()}")
    print(f"messages to try again: {notifications.retry_failed()}")
    return 0
