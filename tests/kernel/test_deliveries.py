"""Events reach their consumers once in effect, whatever fails in between."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from mawaeed.kernel import deliveries, outbox
from mawaeed.kernel.clock import real_now
from mawaeed.kernel.models import History, OutboxDelivery, OutboxEvent

NOW = datetime(2026, 11, 22, 7, 0, tzinfo=UTC)
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def own_consumers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "_consumers", {})


def emit(kind: str = "tested") -> OutboxEvent:
    return outbox.emit(kind=kind, subject_kind="test", subject_id=1, at=NOW, day=date(2026, 11, 22))


def write(event: OutboxEvent, now: datetime) -> None:
    """A consumer that writes to this database."""
    History.objects.create(
        day=event.day,
        at=now,
        subject_kind="test",
        subject_id=event.pk,
        to_state="told",
        actor_kind="system",
    )


def told() -> int:
    return History.objects.filter(subject_kind="test").count()


def make_due() -> None:
    OutboxDelivery.objects.update(due_at=real_now() - timedelta(seconds=1))


def test_fan_out_writes_one_row_per_consumer_and_marks_events_without_any() -> None:
    outbox.register("first", ["tested"], write)
    outbox.register("second", ["tested"], write)
    heard, unheard = emit(), emit("unheard")

    assert deliveries.fan_out() == 2

    rows = OutboxDelivery.objects.order_by("consumer").values_list("event_id", "consumer", "state")
    assert list(rows) == [(heard.pk, "first", "pending"), (heard.pk, "second", "pending")]
    unheard.refresh_from_db()
    assert unheard.fanned_out
    assert deliveries.fan_out() == 0


def test_fan_out_repeated_for_one_event_writes_no_second_row() -> None:
    outbox.register("first", ["tested"], write)
    emit()
    deliveries.fan_out()
    OutboxEvent.objects.update(fanned_out=False)  # as if the mark had been lost

    deliveries.fan_out()

    assert OutboxDelivery.objects.count() == 1


def test_deliver_due_runs_the_consumer_with_the_event_and_the_time_and_marks_it_done() -> None:
    heard: list[tuple[int, datetime]] = []
    outbox.register("first", ["tested"], lambda event, now: heard.append((event.pk, now)))
    event = emit()
    deliveries.fan_out()

    assert deliveries.deliver_due(now=NOW) == 1
    assert deliveries.deliver_due(now=NOW) == 0

    assert heard == [(event.pk, NOW)]
    row = OutboxDelivery.objects.get()
    assert (row.state, row.lease, row.leased_until, row.attempts) == ("done", "", None, 1)


def test_deliver_due_when_the_consumer_fails_keeps_nothing_of_it_and_waits() -> None:
    def write_and_fail(event: OutboxEvent, now: datetime) -> None:
        write(event, now)
        raise RuntimeError("900100000 is not for the log")

    outbox.register("first", ["tested"], write_and_fail)
    emit()
    deliveries.fan_out()
    before = real_now()

    deliveries.deliver_due(now=NOW)

    row = OutboxDelivery.objects.get()
    assert (row.state, row.attempts, row.error, row.lease) == ("pending", 1, "RuntimeError", "")
    assert row.due_at >= before + deliveries.pause_after(1)
    assert told() == 0
    assert deliveries.deliver_due(now=NOW) == 0  # not before its time

    outbox.register("first", ["tested"], write)
    make_due()
    deliveries.deliver_due(now=NOW)
    assert told() == 1


def test_deliver_due_after_the_last_attempt_has_failed_for_good_and_can_be_retried() -> None:
    def fail(event: OutboxEvent, now: datetime) -> None:
        raise ValueError

    outbox.register("first", ["tested"], fail)
    emit()
    deliveries.fan_out()
    for _ in range(deliveries.MAX_ATTEMPTS + 3):
        make_due()
        deliveries.deliver_due(now=NOW)

    row = OutboxDelivery.objects.get()
    assert (row.state, row.attempts) == ("failed", deliveries.MAX_ATTEMPTS)
    assert deliveries.backlog() == deliveries.Backlog(0, 0, 1, (("first", "ValueError", 1),))

    outbox.register("first", ["tested"], write)
    assert deliveries.retry_failed() == 1
    deliveries.deliver_due(now=NOW)
    assert told() == 1
    assert deliveries.backlog() == deliveries.Backlog(0, 0, 0, ())


def test_deliver_due_one_failing_consumer_does_not_hold_up_another() -> None:
    def fail(event: OutboxEvent, now: datetime) -> None:
        raise ValueError

    outbox.register("broken", ["tested"], fail)
    outbox.register("well", ["tested"], write)
    emit()
    deliveries.fan_out()

    deliveries.deliver_due(now=NOW)

    states = dict(OutboxDelivery.objects.values_list("consumer", "state"))
    assert states == {"broken": "pending", "well": "done"}
    assert told() == 1


def test_deliver_due_takes_over_from_a_killed_worker_only_when_its_lease_is_over() -> None:
    outbox.register("first", ["tested"], write)
    emit()
    deliveries.fan_out()
    assert len(deliveries._lease(10)) == 1  # and then the worker was killed

    assert deliveries.deliver_due(now=NOW) == 0
    OutboxDelivery.objects.update(leased_until=real_now() - timedelta(seconds=1))
    assert deliveries.deliver_due(now=NOW) == 1
    assert (told(), OutboxDelivery.objects.get().attempts) == (1, 2)


def test_deliver_by_a_worker_that_lost_its_lease_keeps_nothing() -> None:
    outbox.register("first", ["tested"], write)
    emit()
    deliveries.fan_out()
    [slow] = deliveries._lease(10)
    OutboxDelivery.objects.update(leased_until=real_now() - timedelta(seconds=1))
    deliveries.deliver_due(now=NOW)

    deliveries._deliver(slow, OutboxEvent.objects.get(), NOW)

    assert told() == 1
    row = OutboxDelivery.objects.get()
    assert (row.state, row.error) == ("done", "")


def test_lease_takes_expired_rows_one_by_one_so_that_a_deadly_one_is_alone() -> None:
    outbox.register("first", ["tested"], write)
    for _ in range(3):
        emit()
    deliveries.fan_out()
    assert len(deliveries._lease(10)) == 3
    OutboxDelivery.objects.update(leased_until=real_now() - timedelta(seconds=1))

    assert [len(deliveries._lease(10)) for _ in range(4)] == [1, 1, 1, 0]


def test_deliver_due_gives_up_what_ends_every_worker() -> None:
    outbox.register("first", ["tested"], write)
    emit()
    deliveries.fan_out()
    OutboxDelivery.objects.update(attempts=deliveries.MAX_ATTEMPTS)

    deliveries.deliver_due(now=NOW)

    row = OutboxDelivery.objects.get()
    assert (row.state, row.error, told()) == ("failed", "WorkerLost", 0)


def test_deliver_due_of_a_consumer_that_is_gone_waits_for_it() -> None:
    outbox.register("first", ["tested"], write)
    emit()
    deliveries.fan_out()
    outbox._consumers.clear()

    deliveries.deliver_due(now=NOW)

    row = OutboxDelivery.objects.get()
    assert (row.state, row.error) == ("pending", "ConsumerGone")


def test_pause_after_doubles_up_to_five_minutes() -> None:
    seconds = [deliveries.pause_after(attempt).total_seconds() for attempt in (1, 2, 3, 9, 10, 99)]
    assert seconds == [1, 2, 4, 256, 300, 300]
