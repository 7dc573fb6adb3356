"""Many workers at once: each event has its effect once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest
from django.db import connection, connections

from mawaeed.kernel import deliveries, outbox
from mawaeed.kernel.models import History, OutboxDelivery, OutboxEvent

NOW = datetime(2026, 11, 22, 7, 0, tzinfo=UTC)
EVENTS, WORKERS = 60, 6
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.concurrency]


@pytest.fixture(autouse=True)
def own_consumers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "_consumers", {})
    outbox.register("first", ["tested"], write)
    outbox.register("second", ["tested"], write)


def write(event: OutboxEvent, now: datetime) -> None:
    History.objects.create(
        day=event.day,
        at=now,
        subject_kind="test",
        subject_id=event.pk,
        to_state="told",
        actor_kind="system",
    )


def emit_all() -> None:
    for number in range(EVENTS):
        outbox.emit(
            kind="tested", subject_kind="test", subject_id=number, at=NOW, day=date(2026, 11, 22)
        )


def together(work: Callable[[], None]) -> list[BaseException]:
    """Run `work` in every thread at once; returns what they raised."""
    start = threading.Barrier(WORKERS)
    raised: list[BaseException] = []

    def run() -> None:
        try:
            start.wait()
            work()
        except BaseException as error:  # noqa: BLE001 (told to the test)
            raised.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run) for _ in range(WORKERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return raised


def effects() -> list[int]:
    return sorted(History.objects.filter(subject_kind="test").values_list("subject_id", flat=True))


def test_many_workers_deliver_each_event_once_to_each_consumer() -> None:
    emit_all()

    def work() -> None:
        while deliveries.fan_out(limit=7) + deliveries.deliver_due(now=NOW, limit=5):
            pass

    assert together(work) == []
    deliveries.deliver_due(now=NOW)

    ids = OutboxEvent.objects.values_list("pk", flat=True)
    assert effects() == sorted([*ids, *ids])
    assert set(OutboxDelivery.objects.values_list("state", "attempts")) == {("done", 1)}


def test_without_the_conditional_claim_events_are_delivered_more_than_once() -> None:
    """The negative control: what the lease and the conditional mark are for."""
    emit_all()
    deliveries.fan_out()
    read = threading.Barrier(WORKERS)

    def careless() -> None:
        pending = list(OutboxDelivery.objects.filter(state="pending"))
        read.wait()
        for delivery in pending:
            write(OutboxEvent.objects.get(pk=delivery.event_id), NOW)
            OutboxDelivery.objects.filter(pk=delivery.pk).update(state="done")

    assert together(careless) == []

    assert len(effects()) > 2 * EVENTS
    assert connection.vendor in {"sqlite", "postgresql"}
