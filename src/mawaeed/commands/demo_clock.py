"""The clock of a demonstration: a lively working day on a Friday night as well.

It shows the true time, and then has no row, while a centre is open. If none is, it starts at
10:00 on the next working day. It runs at speed 1 and never goes backwards, also across restarts.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from mawaeed.availability.models import Session
from mawaeed.kernel import clock
from mawaeed.kernel.clock import Anchor
from mawaeed.kernel.models import DemoClock

# Local time at which a working day shows the most life.
LIVELY = time(10, 0)


def shown_now(real: datetime) -> datetime:
    """The latest moment this demonstration has reached, UTC; never before the true time."""
    row = DemoClock.objects.first()
    shown = Anchor(row.real_at, row.shown_at, row.speed).at(real) if row else real
    return max(real, shown)


def set_clock(real: datetime, base: datetime, *, zone: str) -> datetime:
    """Let the clock run from `base` or the next moment at which a centre is open; returns it.

    All UTC, `base` at least `shown_now(real)`; `zone` is the IANA zone of the centres. Days must
    have been opened from `base` on.
    """
    shown = base if _is_any_open(base) else _next_lively_moment(base, zone)
    row = DemoClock.objects.first()
    if shown != (Anchor(row.real_at, row.shown_at, row.speed).at(real) if row else real):
        DemoClock.objects.update_or_create(
            id=1, defaults={"real_at": real, "shown_at": shown, "speed": 1.0}
        )
    clock.forget_demo_clock()
    return shown


def _is_any_open(moment: datetime) -> bool:
    return Session.objects.filter(starts_at__lte=moment, ends_at__gt=moment).exists()


def _next_lively_moment(base: datetime, zone: str) -> datetime:
    """10:00 on the next day with a session open at that time, else `base` itself."""
    local = base.astimezone(ZoneInfo(zone))
    for days in range(15):
        moment = datetime.combine(local.date() + timedelta(days), LIVELY, ZoneInfo(zone))
        if moment > base and _is_any_open(moment):
            return moment.astimezone(base.tzinfo)
    return base
