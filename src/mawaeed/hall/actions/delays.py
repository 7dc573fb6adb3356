"""Telling those who have not come yet that the hall runs late."""

from __future__ import annotations

from datetime import datetime

from mawaeed.centres.models import Pool
from mawaeed.hall.actions.centre_changes import tell_centre
from mawaeed.hall.delays import still_to_come
from mawaeed.hall.models import DelayWarning
from mawaeed.kernel.actor import Actor
from mawaeed.kernel.database import take_turns, write_transaction
from mawaeed.kernel.errors import Malformed

MOST_MINUTES = 240


def warn_arrivals(*, pool: Pool, minutes: int, reason: str, actor: Actor, now: datetime) -> int:
    """Tell those booked for the next two hours, once each, that their turn is `minutes` late.

    They may check in that much later, with their turn kept: coming later as told is no absence.
    A repeat finds nobody left to tell. Returns how many were told. Refuses `Malformed` (minutes).
    Emits `arrivals_warned`, from which one message per person is made.
    """
    if not 0 < minutes <= MOST_MINUTES:
        raise Malformed(field="minutes")
    centre = pool.centre
    with write_transaction():
        take_turns(f"warned:{pool.pk}")
        coming = still_to_come(centre, now).filter(pool=pool).order_by("starts_at", "pk")
        told = list(coming.values_list("pk", flat=True))
        if not told:
            return 0
        DelayWarning.objects.bulk_create(
            DelayWarning(appointment_id=pk, minutes=minutes, at=now) for pk in told
        )
        tell_centre(
            centre,
            subject=("pool", pool.pk),
            states=("", "arrivals_warned"),
            event="arrivals_warned",
            actor=actor,
            now=now,
            reason=reason,
            details={"minutes": minutes, "appointments": told},
            payload={"minutes": minutes, "appointments": told},
        )
    return len(told)
