"""Carries outbox events to their consumers: at least once, and once in effect.

`fan_out` turns new events into one delivery row per registered consumer. `deliver_due` leases
due rows and runs each consumer in one write transaction with marking its row done, so what a
consumer writes to this database happens exactly once, whatever dies in between and however many
workers there are. Leases, due times and back-off are in real time.
"""

from __future__ import annotations

import logging
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, F, Q, QuerySet

from mawaeed.kernel.clock import now as current_time
from mawaeed.kernel.clock import real_now
from mawaeed.kernel.database import write_transaction
from mawaeed.kernel.models import OutboxDelivery, OutboxEvent
from mawaeed.kernel.outbox import consumers_of
from mawaeed.kernel.statements import Question, given, update_where

logger = logging.getLogger(__name__)

# Longer than any consumer takes; after it a killed worker's deliveries are taken again.
LEASE = timedelta(seconds=60)
# Leased together: one commit for many rows.
BATCH = 20
MAX_ATTEMPTS = 10
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=1), timedelta(minutes=5)

PENDING = OutboxDelivery.State.PENDING


class LeaseLost(Exception):
    """Another worker took the delivery over: nothing of ours is kept."""


class WorkerLost(Exception):
    """Every worker that took the delivery up ended while carrying it out."""


class ConsumerGone(Exception):
    """No consumer of that name is registered in this process."""


@dataclass(frozen=True, slots=True)
class Backlog:
    """What the outbox still owes: rows by state, and failures as (consumer, error, rows)."""

    waiting_events: int
    pending: int
    failed: int
    failures: tuple[tuple[str, str, int], ...]


def fan_out(*, limit: int = 200) -> int:
    """Write the delivery rows of up to `limit` new events; returns how many events it marked."""
    if not _NEW.all():
        return 0  # no write lock for nothing
    with write_transaction():
        # Another worker's events are skipped on PostgreSQL; SQLite has one writer anyway.
        events = list(
            OutboxEvent.objects.select_for_update(skip_locked=True)
            .filter(fanned_out=False)
            .order_by("id")
            .values_list("pk", "kind")[:limit]
        )
        due_at = real_now()
        OutboxDelivery.objects.bulk_create(
            [
                OutboxDelivery(event_id=pk, consumer=name, due_at=due_at)
                for pk, kind in events
                for name in consumers_of(kind)
            ],
            ignore_conflicts=True,
        )
        OutboxEvent.objects.filter(pk__in=[pk for pk, _ in events]).update(fanned_out=True)
    return len(events)


def deliver_due(*, now: datetime | None = None, limit: int = 100) -> int:
    """Run the consumers of up to `limit` due deliveries; returns how many were taken up.

    `now` (UTC) is what consumers are told; by default the clock is read for each one. A consumer
    that raises is tried again with growing pauses and has failed for good after `MAX_ATTEMPTS`.
    """
    taken = 0
    while taken < limit:
        leased = _lease(min(BATCH, limit - taken))
        if not leased:
            break
        events = OutboxEvent.objects.in_bulk({delivery.event_id for delivery in leased})
        for delivery in leased:
            _deliver(delivery, events.get(delivery.event_id), now or current_time())
        taken += len(leased)
    return taken


def backlog() -> Backlog:
    """Counts for the operator; error texts are class names, never personal values."""
    failed = OutboxDelivery.objects.filter(state=OutboxDelivery.State.FAILED)
    rows = failed.values_list("consumer", "error").annotate(rows=Count("id")).order_by("consumer")
    failures = tuple((consumer, error, count) for consumer, error, count in rows)
    return Backlog(
        waiting_events=OutboxEvent.objects.filter(fanned_out=False).count(),
        pending=OutboxDelivery.objects.filter(state=PENDING).count(),
        failed=sum(count for _, _, count in failures),
        failures=failures,
    )


def retry_failed() -> int:
    """Give every failed delivery a fresh start, due at once; returns how many."""
    with write_transaction():
        return OutboxDelivery.objects.filter(state=OutboxDelivery.State.FAILED).update(
            state=PENDING, attempts=0, error="", due_at=real_now()
        )


_NEW = Question(lambda: OutboxEvent.objects.filter(fanned_out=False).values_list("pk")[:1])


def _due(at: datetime) -> QuerySet[OutboxDelivery]:
    free = Q(leased_until__isnull=True) | Q(leased_until__lt=at)
    return OutboxDelivery.objects.filter(free, state=PENDING, due_at__lte=at)


# The first due, and what was leased together.
_CANDIDATES = Question(
    lambda: _due(given("at")).order_by("due_at", "id").values_list("pk", "lease")[:BATCH]
)
_LEASED = Question(
    lambda: OutboxDelivery.objects.filter(lease=given("lease")).order_by("event_id", "id")
)


def _lease(size: int) -> list[OutboxDelivery]:
    """Lease up to `size` due rows (`BATCH` at most), whoever else tries at the same time."""
    at = real_now()
    candidates = _CANDIDATES.all(at=at)[:size]
    fresh = [pk for pk, lease in candidates if not lease]
    # An expired lease means that a worker died, perhaps of this very row: such rows go alone.
    chosen = fresh or [pk for pk, _ in candidates[:1]]
    if not chosen:
        return []
    lease = secrets.token_hex(16)
    with write_transaction():
        # Rows that another worker is leasing are skipped, so two never wait crosswise.
        free = _due(at).filter(pk__in=chosen).select_for_update(skip_locked=True)
        OutboxDelivery.objects.filter(pk__in=list(free.values_list("pk", flat=True))).update(
            lease=lease, leased_until=at + LEASE, attempts=F("attempts") + 1
        )
    return _LEASED.all(lease=lease)


def _deliver(delivery: OutboxDelivery, event: OutboxEvent | None, now: datetime) -> None:
    try:
        _run_once(delivery, event, now)
    except Exception as error:  # noqa: BLE001 (any consumer's failure is kept and tried again)
        _keep_failure(delivery, type(error).__name__)


def _run_once(delivery: OutboxDelivery, event: OutboxEvent | None, now: datetime) -> None:
    if delivery.attempts > MAX_ATTEMPTS:
        raise WorkerLost
    if event is None:
        raise OutboxEvent.DoesNotExist
    consumer = consumers_of(event.kind).get(delivery.consumer)
    if consumer is None:
        raise ConsumerGone
    with write_transaction():
        # Marked first: on PostgreSQL this holds the row until the consumer's writes commit.
        if not _update_ours(delivery, {"state": OutboxDelivery.State.DONE, "error": ""}):
            raise LeaseLost
        consumer(event, now)


def _keep_failure(delivery: OutboxDelivery, error: str) -> None:
    final = delivery.attempts >= MAX_ATTEMPTS
    failure = {
        "state": OutboxDelivery.State.FAILED if final else PENDING,
        "due_at": real_now() + pause_after(delivery.attempts),
        "error": error,
    }
    if _update_ours(delivery, failure):
        logger.warning(
            "delivery %s of event %s to %s failed (attempt %s): %s",
            delivery.pk,
            delivery.event_id,
            delivery.consumer,
            delivery.attempts,
            error,
        )


def _update_ours(delivery: OutboxDelivery, values: dict[str, Any]) -> bool:
    """Write this and give the lease back; False if the lease is no longer ours."""
    ours = {"pk": delivery.pk, "state": PENDING, "lease": delivery.lease}
    without_lease = {**values, "lease": "", "leased_until": None}
    return update_where(OutboxDelivery, ours, without_lease) == 1


def pause_after(attempts: int) -> timedelta:
    """How long to wait after the `attempts`-th failure: 1 s, 2 s, 4 s … at most 5 minutes."""
    return min(LONGEST_PAUSE, FIRST_PAUSE * (1 << min(max(attempts, 1) - 1, 20)))
