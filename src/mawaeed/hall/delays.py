"""Delays people were told of before coming: whom one may still tell, and what they were told."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import F, Q, QuerySet

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
    """Appointment → how much later it was told to come, for those told; two queries.

    Parts of the same visit that follow one that was told wait as long, in whatever hall. What was
    told of a time that has been moved since, to later or to another day, counts no more.
    """
    asked = Appointment.objects.filter(pk__in=list(appointment_ids))
    parts = list(asked.values_list("pk", "visit_id", "starts_at"))
    visits = {visit_id for _, visit_id, _ in parts if visit_id}
    rows = DelayWarning.objects.filter(
        Q(appointment__in=[pk for pk, _, _ in parts]) | Q(appointment__visit__in=visits),
        appointment__starts_at__lte=F("at") + TOLD_AHEAD,
    )
    told = list(
        rows.values_list(
            "appointment_id", "appointment__visit_id", "appointment__starts_at", "minutes"
        )
    )
    found: dict[int, timedelta] = {}
    for pk, visit_id, starts_at in parts:
        minutes = [
            late
            for told_pk, told_visit, told_start, late in told
            if told_pk == pk or (visit_id and told_visit == visit_id and told_start <= starts_at)
        ]
        if minutes:
            found[pk] = timedelta(minutes=max(minutes))
    return found
