import threading
from datetime import datetime

import pytest

from mawaeed.commands import worker_process
from mawaeed.commands.worker_process import Job, run_due_jobs

pytestmark = pytest.mark.django_db


class Work:
    """Counts its runs and fails as often as told."""

    def __init__(self, failures: int = 0) -> None:
        self.runs = 0
        self.failures = failures

    def __call__(self, now: datetime) -> None:
        assert now.utcoffset() is not None
        self.runs += 1
        if self.runs <= self.failures:
            raise RuntimeError("not now")


def test_job_runs_again_after_its_time_only() -> None:
    work = Work()
    jobs = [Job("work", 10.0, work)]

    runs = []
    for tick in (0.0, 5.0, 10.0, 19.9, 20.0):
        run_due_jobs(jobs, tick, threading.Event())
        runs.append(work.runs)

    assert runs == [1, 1, 2, 2, 3]


def test_failing_job_waits_longer_and_does_not_stop_the_others() -> None:
    failing, sound = Work(failures=2), Work()
    jobs = [Job("failing", 1.0, failing), Job("sound", 1.0, sound)]

    for tick in range(8):
        run_due_jobs(jobs, float(tick), threading.Event())

    assert sound.runs == 8
    assert failing.runs == 4  # at 0, 2, 6 and 7
    assert jobs[0].failures == 0


def test_stop_leaves_the_remaining_jobs_alone() -> None:
    work, stop = Work(), threading.Event()
    stop.set()

    run_due_jobs([Job("work", 1.0, work)], 0.0, stop)

    assert work.runs == 0


@pytest.mark.parametrize("name", [name for name, _ in worker_process.SCHEDULE])
def test_scheduled_function_runs_on_an_empty_database(name: str) -> None:
    run_due_jobs([job := Job(name, 1.0, worker_process._function(name))], 0.0, threading.Event())

    assert job.failures == 0
