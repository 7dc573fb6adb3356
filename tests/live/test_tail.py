"""The tail sees every committed event once, also those committed out of order."""

from __future__ import annotations

import threading
import time
from datetime import UTC, date, datetime

import pytest
from django.db import connection, transaction

from mawaeed.kernel import nudges, outbox
from mawaeed.kernel.models import OutboxEvent
from mawaeed.live import tail as tail_module
from mawaeed.live.tail import Tail

pytestmark = pytest.mark.django_db


def commit(event_id: int, topics: str = "a") -> None:
    OutboxEvent.objects.create(
        id=event_id,
        day=date(2026, 11, 22),
        at=datetime(2026, 11, 22, 7, 0, tzinfo=UTC),
        kind="tested",
        subject_kind="test",
        subject_id=1,
        topics=topics,
    )


def test_look_starts_at_the_present_and_then_tells_each_event_once() -> None:
    commit(1000)
    tail = Tail()
    assert tail.look() == []
    commit(1001, "a b")
    commit(1002, "")
    assert tail.look() == [(1001, ["a", "b"]), (1002, [])]
    assert tail.look() == []


def test_look_finds_an_event_that_was_committed_after_a_later_one() -> None:
    commit(1000)
    tail = Tail()
    tail.look()
    commit(1003)
    assert tail.look() == [(1003, ["a"])]
    commit(1001, "late")
    assert tail.look() == [(1001, ["late"])]
    assert tail.look() == []


def test_look_gives_up_an_id_that_was_rolled_back(monkeypatch: pytest.MonkeyPatch) -> None:
    commit(1000)
    tail = Tail()
    tail.look()
    commit(1002)
    tail.look()
    assert set(tail._gaps) == {1001}
    monkeypatch.setattr(tail_module, "GAP_PATIENCE", -1.0)
    tail.look()
    assert tail._gaps == {}


def test_look_does_not_search_a_jump_that_no_open_transaction_explains() -> None:
    commit(1000)
    tail = Tail()
    tail.look()
    commit(1000 + tail_module.MAX_GAPS + 5)
    tail.look()
    assert tail._gaps == {}


@pytest.mark.django_db(transaction=True)
def test_wait_ends_at_a_commit_of_another_connection() -> None:
    """Long before the look that comes anyway; the figures only tell the two apart."""
    tail = Tail()
    tail.look_afresh()
    nudges.start()
    writer = threading.Thread(target=emit_and_close)
    began = time.monotonic()
    writer.start()
    try:
        tail.wait(longest=120.0)
        assert time.monotonic() - began < 60.0
        assert [topics for _, topics in tail.look_afresh()] == [["a"]]
    finally:
        writer.join()
        nudges.stop()
        tail.drop_connection()  # no test after this one hears signals


def emit_and_close() -> None:
    try:
        with transaction.atomic():
            outbox.emit(
                kind="tested",
                subject_kind="test",
                subject_id=1,
                at=datetime(2026, 11, 22, 7, 0, tzinfo=UTC),
                day=date(2026, 11, 22),
                topics=["a"],
            )
    finally:
        connection.close()
