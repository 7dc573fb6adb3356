"""What the worker does about days: open the coming ones before anybody asks for them."""

from __future__ import annotations

from datetime import datetime, timedelta

from mawaeed.availability.actions import OpenedDays, open_days
from mawaeed.availability.queries import last_bookable_date
from mawaeed.centres.models import Centre
from mawaeed.kernel.actor import SYSTEM


def open_coming_days(now: datetime) -> OpenedDays:
    """Open every centre's days up to one beyond the last bookable date; for the daily run.

    The day in hand keeps midnight from finding an unopened day; queries and booking still end
    at the horizon. Repeating it changes nothing.
    """
    zones = Centre.objects.filter(active=True).values_list("code", "timezone")
    total = OpenedDays()
    by_zone: dict[str, list[str]] = {}
    for code, zone in zones.order_by("order", "id"):
        by_zone.setdefault(zone, []).append(code)
    for zone, codes in by_zone.items():
        until = last_bookable_date(now, zone) + timedelta(days=1)
        total += open_days(until=until, now=now, actor=SYSTEM, centres=codes)
    return total
