"""A repeat that comes while the first request still runs: it waits a little and is told so."""

from __future__ import annotations

import threading
import time
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection

from mawaeed.kernel import idempotency
from mawaeed.kernel.actor import Actor
from mawaeed.kernel.database import is_postgresql
from mawaeed.kernel.errors import StillWorking
from mawaeed.kernel.idempotency import once
from mawaeed.kernel.models import IdempotencyKey

pytestmark = pytest.mark.django_db(transaction=True)

ANN = Actor("person", 1)
WAIT = timedelta(milliseconds=300)


class Slow:
    """A write that runs until it is let go."""

    def __init__(self) -> None:
        self.started, self.go = threading.Event(), threading.Event()
        self.lock_timeout = ""
        self.results: list[dict[str, Any]] = []

    def __call__(self) -> dict[str, Any]:
        if is_postgresql():
            with connection.cursor() as cursor:
                cursor.execute("SHOW lock_timeout")
                self.lock_timeout = cursor.fetchone()[0]
        self.started.set()
        assert self.go.wait(timeout=30)
        return {"number": 1}

    def run(self) -> None:
        try:
            self.results.append(once(actor=ANN, key="k", body={}, write=self))
        finally:
            connection.close()


def repeat() -> dict[str, Any]:
    return once(actor=ANN, key="k", body={}, write=lambda: {"number": 2})


@pytest.fixture
def short_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(idempotency, "LOCK_WAIT", WAIT)
    if not is_postgresql():
        connection.ensure_connection()
        with connection.cursor() as cursor:
            cursor.execute(f"PRAGMA busy_timeout = {int(WAIT.total_seconds() * 1000)}")


@pytest.mark.usefixtures("short_wait")
def test_a_repeat_while_the_first_runs_is_told_so_in_time() -> None:
    slow = Slow()
    first = threading.Thread(target=slow.run)
    first.start()
    try:
        assert slow.started.wait(timeout=30)
        since = time.monotonic()
        with pytest.raises(StillWorking) as refused:
            repeat()
        assert time.monotonic() - since < 4
        assert (refused.value.code, refused.value.http_status) == ("in_progress", 409)
    finally:
        slow.go.set()
        first.join(timeout=30)
        connection.close()  # with its short wait
    assert slow.results == [{"number": 1}]
    assert slow.lock_timeout in {"", "0"}  # the effect itself waits as always
    assert repeat() == {"number": 1}
    assert IdempotencyKey.objects.count() == 1


class Locked(Exception):
    """What either driver says."""

    sqlite_errorname, sqlstate = "SQLITE_BUSY", "55P03"


def test_a_lock_met_by_the_effect_itself_is_no_repeat() -> None:
    def fail() -> dict[str, Any]:
        raise OperationalError("locked") from Locked()

    with pytest.raises(OperationalError):
        once(actor=ANN, key="k", body={}, write=fail)
    assert not IdempotencyKey.objects.exists()
