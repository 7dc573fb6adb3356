"""Times that only staff may give: starts at which a place of the staff's reserve is left."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.db.models import F

from mawaeed.availability.models import Interval
from mawaeed.availability.places import FREE
from mawaeed.availability.queries import Slot, last_bookable_date
from mawaeed.availability.rules import Row, find_slots, intervals_needed
from mawaeed.centres.models import Offering
from mawaeed.kernel.clock import day_bounds


def staff_slots(offering: Offering, now: datetime) -> list[Slot]:
    """Times with a staff place left, earliest first, from `now` to the end of the horizon.

    Never for the public; booking one needs a reason.
    """
    pool, centre = offering.pool, offering.centre
    _, before = day_bounds(last_bookable_date(now, centre.timezone), centre.timezone)
    intervals = Interval.objects.filter(
        FREE["staff"], pool=pool, starts_at__gt=now, starts_at__lt=before
    ).order_by("starts_at")
    rows = [
        Row(int(starts_at.timestamp()), left, session_id, int(begun.timestamp()))
        for starts_at, left, session_id, begun in intervals.values_list(
            "starts_at", F("staff_reserve") - F("taken_staff"), "session_id", "session__starts_at"
        )
    ]
    times = find_slots(
        rows,
        needed=intervals_needed(offering.duration_minutes, pool.grid_minutes),
        grid_minutes=pool.grid_minutes,
        step_minutes=pool.start_step_minutes,
    )
    length = timedelta(minutes=offering.duration_minutes)
    starts = [(datetime.fromtimestamp(each.starts, UTC), each.places_left) for each in times]
    return [
        Slot(
            offering.service.code,
            centre.code,
            offering.pk,
            pool.pk,
            starts_at,
            starts_at + length,
            left,
        )
        for starts_at, left in starts
    ]
