"""Day roll-over: intervals of days that are over leave the working set."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings

from mawaeed.availability.models import Interval, PastInterval
from mawaeed.kernel.clock import day_bounds, local_date
from mawaeed.kernel.database import write_transaction

# Yesterday stays: late corrections of the day's end still find their rows.
KEPT_DAYS = 1
BATCH = 2000


def move_past_intervals(*, now: datetime, batches: int = 200) -> int:
    """Move intervals of local days before yesterday into the past; returns how many.

    In batches of one short transaction each; repeating it moves what is left. What is read for
    free times, bookings and checks thus stays as large as the horizon, whatever was before it.
    The worker calls this hourly.
    """
    today = local_date(now, settings.TIME_ZONE)
    before = day_bounds(today - timedelta(days=KEPT_DAYS), settings.TIME_ZONE)[0]
    moved = 0
    for _ in range(batches):
        count = _move_batch(before)
        moved += count
        if count < BATCH:
            break
    return moved


def _move_batch(before: datetime) -> int:
    with write_transaction():
        over = Interval.objects.select_for_update(skip_locked=True).filter(ends_at__lte=before)
        rows = list(over.order_by("starts_at", "pool_id")[:BATCH].values())
        PastInterval.objects.bulk_create([PastInterval(**row) for row in rows])
        Interval.objects.filter(pk__in=[row["id"] for row in rows]).delete()
    return len(rows)
