"""Check-in with one's own phone: the appointment's ticket, and where it can be followed."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from ninja import Field, Router, Schema

from mawaeed.api.appointments import REFUSALS, MaybeKey
from mawaeed.api.audience import resident
from mawaeed.api.edge import Bearer, actor_of, now_of, person_of, with_offset
from mawaeed.api.schemas import Code
from mawaeed.booking.models import Appointment
from mawaeed.booking.queries import appointment_seen_by
from mawaeed.hall import actions as hall
from mawaeed.hall.models import Ticket
from mawaeed.hall.presence import require_wall_code
from mawaeed.kernel.clock import real_now
from mawaeed.kernel.errors import NotFound
from mawaeed.kernel.idempotency import once

router = Router(tags=["appointments"], auth=Bearer())


class CheckInIn(Schema):
    """That the visitor is here; `wall_code` is the last part of what the wall's code leads to."""

    wall_code: Code | None = Field(
        default=None, description="Needed where the centre wants proof; good for two minutes."
    )


class CheckedInOut(Schema):
    """The ticket of an appointment whose visitor is here."""

    reference: str
    state: str = Field(description="Of the appointment.", examples=["checked_in"])
    centre: str
    number: str = Field(examples=["A012"])
    ticket_state: str = Field(examples=["waiting"])
    issued_at: str
    page: str = Field(description="Where the ticket can be followed without signing in.")


@router.post("/appointments/{reference}/check-in", response={200: CheckedInOut, **REFUSALS})
@resident
def check_in(
    request: HttpRequest, reference: str, body: CheckInIn, key: MaybeKey = None
) -> dict[str, Any]:
    """Say that you are here, inside the check-in window; repeating gives the same ticket again.

    Refuses `too_early`, `check_in_closed`, `not_today`, `phone_check_in_off`,
    `presence_proof_required` and `wall_code_over`. The screen in the hall and reception check in
    everybody whom this refuses.
    """
    person, now = person_of(request), now_of(request)
    if not reference.isascii() or not reference.isalnum():
        raise NotFound
    appointment = appointment_seen_by(person, reference)

    def write() -> dict[str, Any]:
        if body.wall_code is not None:
            require_wall_code(appointment.centre, body.wall_code, real_now())
        ticket = hall.check_in_by_phone(
            appointment=appointment,
            actor=actor_of(person),
            now=now,
            proven=body.wall_code is not None,
        )
        return _shaped(appointment, ticket)

    if key:
        asked = {"do": "check_in", "reference": appointment.reference, **body.model_dump()}
        return once(actor=actor_of(person), key=key, body=asked, write=write)
    return write()


def _shaped(appointment: Appointment, ticket: Ticket) -> dict[str, Any]:
    appointment.refresh_from_db(fields=["state"])
    return {
        "reference": appointment.reference,
        "state": appointment.state,
        "centre": appointment.centre.code,
        "number": ticket.number,
        "ticket_state": ticket.state,
        "issued_at": with_offset(ticket.created_at, appointment.centre.timezone),
        "page": settings.PUBLIC_URL + reverse("ticket", args=[ticket.secret]),
    }
