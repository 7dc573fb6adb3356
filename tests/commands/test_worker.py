"""The worker goes on after failures, stops when told, and knows its jobs."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connections

from hall_day import arrived, fresh, state_of_appointment, walked_in, working
from mawaeed.commands import jobs, worker
from mawaeed.commands.worker import JOBS, LEARNING, WAITS, Job, Lane, Timetable
from mawaeed.hall.models import CounterSession
from running_site import _neutral, _url_of_test_database
from small_world import NOW, TODAY, local, make_world


@pytest.fixture(autouse=True)
def same_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test's transaction lives in its connection, which would count as too old."""
    monkeypatch.setattr(worker, "close_old_connections", lambda: None)


def test_every_job_exists() -> None:
    every = (*JOBS, *WAITS, *LEARNING)
    assert [job.target for job in every if not callable(worker.resolve(job.target))] == []


@pytest.mark.django_db
def test_every_job_runs_as_the_timetable_calls_it(caplog: pytest.LogCaptureFixture) -> None:
    make_world()
    Timetable((*JOBS, *WAITS, *LEARNING)).run_due()
    assert [record.getMessage() for record in caplog.records if record.levelname == "ERROR"] == []


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Jobs are called by their target's name; `broken` fails."""
    called: list[str] = []

    def resolve(target: str) -> Callable[[], None]:
        def call() -> None:
            called.append(target)
            if target == "broken":
                raise RuntimeError

        return call

    monkeypatch.setattr(worker, "resolve", resolve)
    return called


@pytest.mark.django_db
def test_timetable_runs_each_job_at_once_and_then_by_its_own_interval(
    calls: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    tick = 1000.0
    monkeypatch.setattr(time, "monotonic", lambda: tick)
    timetable = Timetable([Job("often", 5, tells_time=False), Job("rarely", 60, tells_time=False)])
    timetable.run_due()
    timetable.run_due()
    assert calls == ["often", "rarely"]
    tick += 5
    timetable.run_due()
    assert calls == ["often", "rarely", "often"]


@pytest.mark.django_db
def test_timetable_logs_a_failing_job_and_runs_the_next(
    calls: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    Timetable([Job("broken", 5, tells_time=False), Job("well", 5, tells_time=False)]).run_due()
    assert calls == ["broken", "well"]
    assert "the job broken failed" in caplog.text


def test_lane_goes_on_after_a_failure_and_stops_when_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "TROUBLE_PAUSE", 0.0)
    stop = threading.Event()
    steps: list[int] = []

    def step() -> int:
        steps.append(1)
        if len(steps) == 1:
            raise RuntimeError
        if len(steps) == 3:
            stop.set()
        return 1

    thread = threading.Thread(target=Lane("tested", step).run, args=(stop,))
    thread.start()
    thread.join(10)
    assert (len(steps), thread.is_alive()) == (3, False)


def test_lane_rests_longer_the_longer_there_is_nothing_to_do() -> None:
    found = 0
    lane = Lane("tested", lambda: found)
    pauses = [lane._one_step() for _ in range(20)]
    assert pauses == sorted(pauses)
    assert (pauses[0] <= 0.25, pauses[-1]) == (True, worker.IDLE_PAUSE)
    found = 1
    assert lane._one_step() == 0.0
    found = 0
    assert lane._one_step() <= 0.25


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_worker_process_ends_well_when_told(number: signal.Signals) -> None:
    environment = {
        **_neutral(),
        "DATA_DIR": os.environ["DATA_DIR"],
        "DATABASE_URL": _url_of_test_database(),
        "DJANGO_SETTINGS_MODULE": "mawaeed.project.settings",
        "PYTHONUNBUFFERED": "1",
    }
    connections.close_all()
    process = subprocess.Popen(
        [sys.executable, "-m", "mawaeed.commands.cli", "worker"],
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stderr is not None
        said = ""
        while "worker started" not in said:
            line = process.stderr.readline()
            assert line, said
            said += line
        process.send_signal(number)
        assert process.wait(10) == 0
        said += process.stderr.read()
        assert "worker stopped" in said
        assert "Traceback" not in said
    finally:
        process.kill()
        process.wait()
        assert process.stderr is not None
        process.stderr.close()


@pytest.mark.django_db
def test_close_past_days_closes_what_was_left_open_before_today_and_nothing_else() -> None:
    world = make_world()
    yesterdays = arrived(local(9), at=local(9))
    session = working(world)
    tomorrow = NOW + timedelta(days=1)
    assert jobs.close_past_days(now=local(23)) == 0

    todays = walked_in(world.muharraq, tomorrow)
    assert jobs.close_past_days(now=tomorrow) == 1

    assert (fresh(yesterdays).state, fresh(todays).state) == ("left", "waiting")
    assert yesterdays.day == TODAY
    assert state_of_appointment(yesterdays.appointment) == "cancelled"
    assert CounterSession.objects.get(pk=session.pk).closed_at == tomorrow
    assert jobs.close_past_days(now=tomorrow) == 0
