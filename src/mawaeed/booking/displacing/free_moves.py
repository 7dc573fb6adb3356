"""Whoever the centre has moved did not choose that time: it is theirs once they move or accept it.

Until then another choice is free, and not coming or cancelling late counts against nobody.
"""

from __future__ import annotations

from mawaeed.booking.models import Appointment
from mawaeed.booking.rules import SUBJECT
from mawaeed.kernel.models import History

DISPLACED = "appointment_displaced"
MOVES = ("appointment_moved", DISPLACED)
ACCEPTED = ("appointment_confirmed", "appointment_checked_in")


def next_move_is_free(appointment: Appointment) -> bool:
    """Whether the centre moved the appointment last, and the person has not chosen since."""
    return _last_of(appointment, MOVES) == DISPLACED


def was_never_chosen(appointment: Appointment) -> bool:
    """Whether the centre chose its time, and the person neither moved, confirmed nor came."""
    return _last_of(appointment, MOVES + ACCEPTED) == DISPLACED


def _last_of(appointment: Appointment, events: tuple[str, ...]) -> str | None:
    rows = History.objects.filter(
        subject_kind=SUBJECT, subject_id=appointment.pk, details__event__in=events
    )
    return rows.order_by("-pk").values_list("details__event", flat=True).first()
