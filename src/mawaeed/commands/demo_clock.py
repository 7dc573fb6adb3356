"""The clock of a demonstration: a lively working day on a Friday night as well.

It shows the true time, and then has no row, while the centre to be looked at is open. If it is
closed, the clock starts at 10:00 on that centre's next working day (one centre of Bahrain is open
at nearly all hours, so "any centre" would show thirteen empty halls). It runs at speed 1 and never
goes backwards, also across restarts.
"""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from mawaeed.availability.models import Session
from mawaeed.centres.models import Centre
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


def set_clock(real: datetime, base: datetime, *, centre: Centre) -> datetime:
    """Let the clock run from `base`, or the next 10:00 at which `centre` is open; returns it.

    All UTC, `base` at least `shown_now(real)`. Days must have been opened from `base` on.
    """
    shown = base if _is_open(centre, base) else _next_lively_moment(centre, base)
    row = DemoClock.objects.first()
    if shown != (Anchor(row.real_at, row.shown_at, row.speed).at(real) if row else real):
        DemoClock.objects.update_or_create(
            id=1, defaults={"real_at": real, "shown_at": shown, "speed": 1.0}
        )
    clock.forget_demo_clock()
    return shown


def _is_open(centre: Centre, moment: datetime) -> bool:
    sessions = Session.objects.filter(centre=centre)
    return sessions.filter(starts_at__lte=moment, ends_at__gt=moment).exists()


def _next_lively_moment(centre: Centre, base: datetime) -> datetime:
    """10:00 on the next day with a session open at that time, else `base` itself."""
    zone = ZoneInfo(centre.timezone)
    today = base.astimezone(zone).date()
    for days in range(15):
        moment = datetime.combine(today + timedelta(days), LIVELY, zone)
        if moment > base and _is_open(centre, moment):
            return moment.astimezone(UTC)
    return base
