"""Arriving with one's own phone: the same tickets as at the kiosk, with proof where it is asked."""

from __future__ import annotations

from datetime import datetime

from mawaeed.booking.models import Appointment
from mawaeed.centres.models import Offering
from mawaeed.hall.actions.arrivals import check_in, issue_walk_in
from mawaeed.hall.models import Ticket
from mawaeed.hall.presence import require_phone
from mawaeed.kernel.actor import Actor
from mawaeed.people.models import Person


def check_in_by_phone(
    *, appointment: Appointment, actor: Actor, now: datetime, proven: bool
) -> Ticket:
    """The visitor says so on a phone; `proven` by the code on the centre's wall.

    A repeat returns the same ticket. Refuses `PhoneCheckInOff`, `ProofRequired` and whatever
    `check_in` refuses. Emits `appointment_checked_in`, `ticket_issued`.
    """
    require_phone(appointment.centre, now, proven=proven)
    return check_in(appointment=appointment, actor=actor, now=now)


def walk_in_by_phone(
    *,
    offering: Offering,
    actor: Actor,
    now: datetime,
    language: str,
    mobile: str,
    person: Person | None,
) -> Ticket:
    """A ticket without an appointment for whoever has proven to be in the hall.

    The mobile (E.164) is not left out as at the kiosk: by it a repeat finds the ticket held.
    Refuses `PhoneCheckInOff` and whatever `issue_walk_in` refuses. Emits `ticket_issued`.
    """
    require_phone(offering.centre, now, proven=True)
    return issue_walk_in(
        offering=offering, actor=actor, now=now, language=language, mobile=mobile, person=person
    )
