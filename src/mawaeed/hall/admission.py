"""Whether somebody without an appointment can still be served today.

Walk-ins never write the ledger: they are admitted against what it leaves open. The limit is a soft
one, but exact against a burst: the caller holds the row of the group's numbers while it looks.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Case, F, FloatField, Q, Sum, Value, When
from django.db.models.functions import Coalesce

from mawaeed.availability.models import Interval
from mawaeed.availability.queries import slots_for
from mawaeed.centres.models import Offering
from mawaeed.hall.errors import WalkInsFull
from mawaeed.hall.models import Ticket
from mawaeed.hall.policies import scopes_of
from mawaeed.hall.rules import Stretch, fits_into_the_day, minutes_left
from mawaeed.kernel.clock import day_bounds, local_date
from mawaeed.kernel.policies import policy

# Whoever is at a counter has had, on average, half of the time planned.
STILL_TO_COME_AT_COUNTER = 0.5
WAITING = (Ticket.State.WAITING, Ticket.State.PARKED)


def require_room(offering: Offering, now: datetime) -> None:
    """Refuse `WalkInsFull` when the day has no room for one more without an appointment."""
    scopes = scopes_of(offering.centre)
    if not policy("hall.walk_in_limit", now, scopes):
        return
    ahead = timedelta(minutes=policy("hall.walk_in_ahead_minutes", now, scopes))
    left = minutes_left(_rest_of_day(offering, now), now=now, for_sale_until=now + ahead)
    promised = _promised_minutes(offering, now)
    if not fits_into_the_day(left, promised, offering.duration_minutes):
        raise _full(offering, now)


def _rest_of_day(offering: Offering, now: datetime) -> list[Stretch]:
    """What the ledger says of the pool from now to the end of the local day."""
    zone = offering.centre.timezone
    _, midnight = day_bounds(local_date(now, zone), zone)
    rows = Interval.objects.filter(
        pool_id=offering.pool_id, ends_at__gt=now, starts_at__lt=midnight
    ).values_list(
        "starts_at",
        "ends_at",
        "capacity",
        F("taken_public") + F("taken_staff"),
        F("capacity")
        - F("staff_reserve")
        - F("walk_in_reserve")
        - F("taken_public")
        - F("cooling"),
        "shortfall",
    )
    return [
        Stretch(starts_at, ends_at, capacity - taken, 0 if short else for_sale)
        for starts_at, ends_at, capacity, taken, for_sale, short in rows
    ]


def _promised_minutes(offering: Offering, now: datetime) -> float:
    """Minutes of counters owed to open tickets of the pool that hold no place in what is left.

    Those without an appointment, those taken up again after theirs was missed, and those whose
    booked time is over before they were called.
    """
    minutes = Coalesce(F("offering__duration_override"), F("offering__service__duration_minutes"))
    placeless = (
        Q(appointment=None) | Q(appointment__state="no_show") | Q(appointment__ends_at__lte=now)
    )
    owed = Case(
        When(state__in=WAITING, then=minutes * 1.0),
        default=minutes * Value(STILL_TO_COME_AT_COUNTER),
        output_field=FloatField(),
    )
    waiting = Ticket.objects.filter(
        placeless,
        pool_id=offering.pool_id,
        day=local_date(now, offering.centre.timezone),
        state__in=Ticket.OPEN,
    )
    return float(waiting.aggregate(total=Sum(owed))["total"] or 0)


def _full(offering: Offering, now: datetime) -> WalkInsFull:
    centre = offering.centre
    free = slots_for(service=offering.service.code, centre=centre.code, now=now)
    if not free:
        return WalkInsFull(next_starts_at=None)
    local = free[0].starts_at.astimezone(ZoneInfo(centre.timezone))
    # Digits that read from left to right, whatever stands around them.
    written = f"\u2066{local:%d/%m %H:%M}\u2069"
    return WalkInsFull(next_starts_at=free[0].starts_at, next_time=written)
