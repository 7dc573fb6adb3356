"""What the day made of an appointment is taken back: the clerk pressed the wrong button."""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction

from mawaeed.booking.actions.steps import cap_of, change, count_active, stay_of, tell, transition
from mawaeed.booking.errors import AlreadyBooked, LimitReached
from mawaeed.booking.models import Appointment
from mawaeed.conduct.actions import standing_for_update
from mawaeed.kernel.actor import Actor
from mawaeed.kernel.database import write_transaction


def restore(*, appointment: Appointment, actor: Actor, now: datetime) -> Appointment:
    """Fulfilled, missed or cancelled → checked_in again, with its place; the hall's to judge.

    Everything that guards a booking guards this too: the place may have gone to somebody else
    (`SlotTaken`, `SlotClosed`), the person may have booked up to the limit (`LimitReached`) or the
    same service again (`AlreadyBooked`). Refuses `Stale`. Emits `appointment_restored`.
    """
    with write_transaction():
        standing = standing_for_update(appointment.person_id)
        cap = cap_of(appointment.offering, now)
        if standing.active_count >= cap:
            raise LimitReached(limit=cap)
        try:
            with transaction.atomic():
                before = transition(appointment, "restore")
        except IntegrityError:  # `appointment_limit`
            raise AlreadyBooked from None
        if before not in Appointment.COVERING:
            change(leave=[], enter=[stay_of(appointment)])
        count_active(standing, 1)
        tell(appointment, event="appointment_restored", from_state=before, actor=actor, now=now)
    return appointment


def undo_check_in(*, appointment: Appointment, actor: Actor, now: datetime) -> Appointment:
    """checked_in → booked: it was checked in by what is taken back now.

    Refuses `Stale`. Emits `appointment_check_in_undone`.
    """
    with write_transaction():
        before = transition(appointment, "undo_check_in")
        tell(
            appointment,
            event="appointment_check_in_undone",
            from_state=before,
            actor=actor,
            now=now,
        )
    return appointment
