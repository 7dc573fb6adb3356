"""Check-in on the appointment's own page: signed in, or by the e-ticket's secret link."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from mawaeed.booking.models import Appointment
from mawaeed.booking.queries import appointment_by_secret, appointment_seen_by
from mawaeed.hall import actions as hall
from mawaeed.hall.models import Ticket
from mawaeed.hall.policies import check_in_window
from mawaeed.hall.presence import phone_check_in
from mawaeed.kernel.actor import Actor
from mawaeed.kernel.errors import DomainError
from mawaeed.web.audience import public, resident
from mawaeed.web.citizen.pages import clean
from mawaeed.web.kiosk.arrival import refusal_words
from mawaeed.web.presence.proof import holds_proof
from mawaeed.web.request import actor_of, now_of, resident_of


def check_in_offer(request: HttpRequest, appointment: Appointment) -> dict[str, Any]:
    """What `citizen/parts/check_in.html` and `arrival.html` take: window, offer, missing proof."""
    offer = phone_check_in(appointment, now_of(request))
    proven = offer is not None and holds_proof(request, appointment.centre)
    opens_at, closes_at = check_in_window(appointment, now_of(request))
    return {
        "check_in_opens": opens_at,
        "check_in_closes": closes_at,
        "check_in": offer,
        "check_in_needs_wall": offer is not None and offer.needs_proof and not proven,
    }


@resident
@require_POST
def check_in(request: HttpRequest, reference: str) -> HttpResponse:
    """One's own appointment, or one booked by somebody one trusts."""
    found = appointment_seen_by(resident_of(request), clean(reference))
    actor = actor_of(resident_of(request))
    return _checked_in(request, found, actor, ("appointment", found.reference))


@public
@never_cache
@require_POST
def check_in_by_link(request: HttpRequest, secret: str) -> HttpResponse:
    """The same for whoever holds the link of the message; no name and no number."""
    found = appointment_by_secret(clean(secret))
    actor = Actor("person", found.person_id, "link")
    return _checked_in(request, found, actor, ("e-ticket", found.secret))


def _checked_in(
    request: HttpRequest, found: Appointment, actor: Actor, back: tuple[str, str]
) -> HttpResponse:
    now = now_of(request)
    try:
        given = hall.check_in_by_phone(
            appointment=found, actor=actor, now=now, proven=holds_proof(request, found.centre)
        )
    except DomainError as error:
        with timezone.override(ZoneInfo(found.centre.timezone)):
            messages.error(request, refusal_words(error, now))
        return redirect(*back)
    tell_number(request, given)
    return redirect("ticket", given.secret)


def tell_number(request: HttpRequest, given: Ticket) -> None:
    """Above the ticket's page: it is new, or it is the one the visitor held already."""
    if given.created_at < now_of(request):
        messages.info(request, _("You already have this number, and it keeps its place."))
    else:
        messages.success(request, _("You have arrived. This is your number."))
