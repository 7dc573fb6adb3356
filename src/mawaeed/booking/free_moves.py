"""Whoever the centre has moved may choose another time once without its being counted."""

from __future__ import annotations

from mawaeed.booking.actions.steps import SUBJECT
from mawaeed.booking.models import Appointment
from mawaeed.kernel.models import History

MOVES = ("appointment_moved", "appointment_displaced")


def next_move_is_free(appointment: Appointment) -> bool:
    """Whether the centre moved the appointment last, and the person has not chosen since."""
    rows = History.objects.filter(
        subject_kind=SUBJECT, subject_id=appointment.pk, details__event__in=MOVES
    )
    last = rows.order_by("-pk").values_list("details__event", flat=True).first()
    return last == "appointment_displaced"
