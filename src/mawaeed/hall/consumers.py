"""What the hall does when an appointment is cancelled elsewhere."""

from __future__ import annotations

from datetime import datetime

from mawaeed.booking.models import Appointment
from mawaeed.hall.models import Ticket
from mawaeed.kernel.actor import SYSTEM
from mawaeed.kernel.models import OutboxEvent

# Whoever is being served is served to the end.
CANCELLABLE = (Ticket.State.WAITING, Ticket.State.CALLED, Ticket.State.PARKED)


def cancel_open_ticket(event: OutboxEvent, now: datetime) -> None:
    """Take the ticket of a cancelled appointment out of the hall; a repeat finds none.

    Nor does it find one whose cancelling was taken back in the meantime.
    """
    from mawaeed.hall.actions.moves import cancel_ticket

    ticket = (
        Ticket.objects.select_related("centre", "counter")
        .filter(
            appointment_id=event.subject_id,
            appointment__state=Appointment.State.CANCELLED,
            state__in=CANCELLABLE,
        )
        .first()
    )
    if ticket is not None:
        cancel_ticket(ticket=ticket, actor=SYSTEM, now=now, reason="appointment_cancelled")
