"""Delays people were told of before coming: whom one may still tell, and what they were told."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import F, QuerySet

from mawaeed.booking.models import Appointment
from mawaeed.centres.models import Centre
from mawaeed.hall.models import DelayWarning
from mawaeed.kernel.clock import local_date

# Those who come later hear of it, if need be, when it is nearer.
TOLD_AHEAD = timedelta(hours=2)


def still_to_come(centre: Centre, now: datetime) -> QuerySet[Appointment]:
    """Booked for the next two hours of today, not here yet and not told of a delay."""
    return Appointment.objects.filter(
        centre=centre,
        day=local_date(now, centre.timezone),
        state=Appointment.State.BOOKED,
        starts_at__gt=now,
        starts_at__lte=now + TOLD_AHEAD,
        delay_warning=None,
    )


def told_delays(appointment_ids: Iterable[int]) -> dict[int, timedelta]:
    """Appointment → how much later it was told to come, for those told; one query.

    What was told of a time that has been moved since, to later or to another day, counts no more.
    """
    rows = DelayWarning.objects.filter(
        appointment__in=list(appointment_ids), appointment__starts_at__lte=F("at") + TOLD_AHEAD
    )
    found = rows.values_list("appointment_id", "minutes")
    return {appointment_id: timedelta(minutes=minutes) for appointment_id, minutes in found}
