"""The hall over the API: tickets, arrivals, and who waits."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from ninja import Router, Status

from mawaeed.api.appointments import Key
from mawaeed.api.audience import staff
from mawaeed.api.edge import now_of
from mawaeed.api.staff.edge import (
    HALL,
    RECEPTION,
    REFUSALS,
    StaffBearer,
    actor_of,
    centre_of,
    write_once,
)
from mawaeed.api.staff.hall_shapes import (
    CheckInIn,
    GivenOut,
    HallOut,
    WalkInIn,
)
from mawaeed.booking.models import Appointment
from mawaeed.booking.queries import appointment_for_staff
from mawaeed.centres.models import Centre
from mawaeed.hall import actions as hall
from mawaeed.hall.answers import counter_shaped, ticket_shaped
from mawaeed.hall.errors import BothNeeded
from mawaeed.hall.models import Ticket
from mawaeed.hall.queries import open_sessions, tickets_of_day, waiting_for
from mawaeed.kernel.actor import Actor
from mawaeed.kernel.clock import local_date
from mawaeed.kernel.errors import DomainError, Malformed, NotFound
from mawaeed.people.numbers import clean_mobile
from mawaeed.people.tokens import TokenAt

router = Router(tags=["staff: hall"], auth=StaffBearer())


@router.post("/{centre}/tickets", response={201: GivenOut, **REFUSALS})
@staff(*RECEPTION)
def give_ticket(
    request: HttpRequest, centre: str, body: WalkInIn, key: Key
) -> Status[dict[str, Any]]:
    """Give a ticket without an appointment.

    One open ticket per mobile and service: a repeat gives the one held, good for what `also` names
    too. Refuses `no_walk_ins`, `not_open`, `walk_ins_full`, `too_many_services`.
    """
    asked = {"path": request.path, **body.model_dump(mode="json")}
    actor, now = actor_of(request), now_of(request)
    return Status(201, ticket_given(centre_of(request), body, key, asked, actor, now))


def ticket_given(  # noqa: PLR0917 (what the operation reads from its request)
    centre: Centre, body: WalkInIn, key: str, asked: dict[str, Any], actor: Actor, now: datetime
) -> dict[str, Any]:
    """The answer of `give_ticket`, whoever has read the request."""
    return hall.issue_walk_in_once(
        service_code=body.service,
        centre_code=centre.code,
        mobile=_mobile(body),
        language=_language(body),
        priority=body.priority,
        although_full=" ".join(body.although_full.split()),
        also=body.also,
        actor=actor,
        now=now,
        key=key,
        body=asked,
    )


def ticket_given_by_token(
    token: TokenAt, body: WalkInIn, key: str, asked: dict[str, Any], now: datetime
) -> dict[str, Any] | None:
    """The same by somebody who is not looked up yet; None where they must be."""
    try:
        mobile, language = _mobile(body), _language(body)
    except DomainError:
        return None  # nobody is told what is wrong before it is known who they are
    if body.although_full or body.also:
        return None
    return hall.issue_walk_in_by_token(
        token,
        service_code=body.service,
        mobile=mobile,
        language=language,
        priority=body.priority,
        now=now,
        key=key,
        body=asked,
    )


def _mobile(body: WalkInIn) -> str:
    return clean_mobile(body.mobile) if body.mobile else ""


def _language(body: WalkInIn) -> str:
    language = body.language or settings.LANGUAGE_CODE
    if language not in dict(settings.LANGUAGES):
        raise Malformed(field="language")
    return language


@router.post("/{centre}/check-in", response={201: GivenOut, **REFUSALS})
@staff(*RECEPTION)
def check_in(
    request: HttpRequest, centre: str, body: CheckInIn, key: Key
) -> Status[dict[str, Any]]:
    """Somebody with an appointment is here; one missed today is taken up again.

    Repeating gives the same ticket. Refuses `both_needed` (two must come: say that you see both),
    `too_early`, `check_in_closed`, `not_today`, `not_readmittable`.
    """
    place, now = centre_of(request), now_of(request)
    if not body.reference.isascii() or not body.reference.isalnum():
        raise NotFound
    appointment = appointment_for_staff(place, body.reference)
    if appointment.service.people_present > 1 and not body.both:
        raise BothNeeded

    def write() -> dict[str, Any]:
        missed = appointment.state == Appointment.State.NO_SHOW
        action = hall.readmit if missed else hall.check_in
        given = action(appointment=appointment, actor=actor_of(request), now=now)
        return {"ticket": ticket_shaped(given, place), "secret": given.secret}

    return Status(201, write_once(request, key, body.model_dump(mode="json"), write))


@router.get("/{centre}/hall", response={200: HallOut, **REFUSALS})
@staff(*HALL)
def show_hall(request: HttpRequest, response: HttpResponse, centre: str) -> dict[str, Any]:
    """Who waits, in the order of calling, who was put aside, and the counters at work."""
    response["Cache-Control"] = "no-store"
    place, now = centre_of(request), now_of(request)
    day = local_date(now, place.timezone)
    waiting = waiting_for(place, day, now)
    parked = waiting_for(place, day, now, Ticket.State.PARKED)
    at_counters = tickets_of_day(place, day).filter(state__in=Ticket.AT_COUNTER)
    visitors = {ticket.counter_id: ticket for ticket in at_counters}
    sessions = open_sessions(place).order_by("counter__number")
    return {
        "waiting": len(waiting),
        "items": [ticket_shaped(each.ticket, place) for each in waiting],
        "parked": [ticket_shaped(each.ticket, place) for each in parked],
        "counters": [
            counter_shaped(each, visitors.get(each.counter_id), place) for each in sessions
        ],
    }
