"""The only place that asks what time it is. Read once at each edge and pass `now` on."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings

# How long a process trusts its copy of the demo clock's row, in real seconds.
CACHE_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Anchor:
    """A running clock: it showed `shown_at` at `real_at` and runs `speed` times as fast."""

    real_at: datetime
    shown_at: datetime
    speed: float

    def at(self, real: datetime) -> datetime:
        """What the clock shows at the real moment `real`."""
        return self.shown_at + (real - self.real_at) * self.speed


_cached: tuple[float, Anchor | None] | None = None


def real_now() -> datetime:
    """The true time, UTC: for security expiries only."""
    return datetime.now(UTC)


def now() -> datetime:
    """The time the system lives in, UTC: the true one, or the demo's simulated one."""
    real = real_now()
    if not settings.DEMO:
        return real
    anchor = _demo_anchor()
    return anchor.at(real) if anchor else real


def forget_demo_clock() -> None:
    """Drop the cached row after it was changed in this process."""
    global _cached
    _cached = None


def _demo_anchor() -> Anchor | None:
    global _cached
    tick = time.monotonic()
    if _cached is not None and tick - _cached[0] < CACHE_SECONDS:
        return _cached[1]
    from mawaeed.kernel.models import DemoClock  # models are not ready when this module loads

    row = DemoClock.objects.first()
    anchor = Anchor(row.real_at, row.shown_at, row.speed) if row else None
    _cached = (tick, anchor)
    return anchor


def local_date(moment: datetime, zone: str) -> date:
    """The calendar date of `moment` in the IANA zone `zone`."""
    return moment.astimezone(ZoneInfo(zone)).date()


def day_bounds(day: date, zone: str) -> tuple[datetime, datetime]:
    """Half-open UTC bounds of the local day `day`."""
    start = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone))
    following = day + timedelta(days=1)
    end = datetime(following.year, following.month, following.day, tzinfo=ZoneInfo(zone))
    return start.astimezone(UTC), end.astimezone(UTC)


def with_offset(moment: datetime, zone: str) -> str:
    """RFC 3339 with the offset of `zone`, to the second: 2026-11-24T10:30:00+03:00."""
    return moment.astimezone(ZoneInfo(zone)).isoformat(timespec="seconds")
