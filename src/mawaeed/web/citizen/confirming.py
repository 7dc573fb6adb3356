"""Confirm that one will come: signed in, or by the e-ticket's secret link."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from mawaeed.booking import actions as booking
from mawaeed.booking.models import Appointment
from mawaeed.booking.queries import appointment_by_secret, appointment_for_person
from mawaeed.kernel.actor import Actor
from mawaeed.kernel.errors import DomainError
from mawaeed.web.audience import public, resident
from mawaeed.web.citizen.pages import clean, page
from mawaeed.web.citizen.showing import shown_appointment
from mawaeed.web.request import actor_of, now_of, resident_of


@resident
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: HttpRequest, reference: str) -> HttpResponse:
    """The question (GET) and the answer (POST) for one's own appointment."""
    person = resident_of(request)
    found = appointment_for_person(person, clean(reference))
    return _asked(request, found, actor_of(person), ("appointment", found.reference))


@public
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def confirm_by_link(request: HttpRequest, secret: str) -> HttpResponse:
    """The same for whoever holds the link of the message; no name and no number."""
    found = appointment_by_secret(clean(secret))
    actor = Actor("person", found.person_id, "link")
    return _asked(request, found, actor, ("e-ticket", found.secret))


def _asked(
    request: HttpRequest, found: Appointment, actor: Actor, ticket: tuple[str, str]
) -> HttpResponse:
    refusal: DomainError | None = None
    if request.method == "POST":
        try:
            booking.confirm_appointment(appointment=found, actor=actor, now=now_of(request))
        except DomainError as error:
            refusal = error
            found.refresh_from_db(fields=["state"])
        else:
            messages.success(request, _("Thank you. Your place stays yours."))
            return redirect(*ticket)
    context = {
        **shown_appointment(request, found),
        "appointment": found,
        "refusal": refusal,
        "ticket_view": ticket[0],
        "ticket_argument": ticket[1],
        "nav_current": "appointments",
    }
    status = refusal.http_status if refusal else 200
    return page(request, "confirm", context, zone=found.centre.timezone, status=status)
