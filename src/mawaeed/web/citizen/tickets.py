"""Tickets by their secret link, without signing in: what a message leads to."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from mawaeed.booking.models import Appointment
from mawaeed.booking.queries import appointment_by_secret
from mawaeed.hall.models import Ticket
from mawaeed.web.audience import public
from mawaeed.web.citizen.appointments import state_words
from mawaeed.web.citizen.pages import clean, page
from mawaeed.web.citizen.showing import calendar_file, qr_picture, shown_appointment
from mawaeed.web.presence.by_phone import check_in_offer
from mawaeed.web.request import language_of


@public
@never_cache
@require_safe
def e_ticket(request: HttpRequest, secret: str) -> HttpResponse:
    """The e-ticket: no name and no number, whoever holds the link."""
    found = appointment_by_secret(clean(secret))
    context = {
        **shown_appointment(request, found),
        "appointment": found,
        "state": state_words(found.state),
        "ticket": _ticket_today(found),
        **check_in_offer(request, found),
    }
    return page(request, "e_ticket", context, zone=found.centre.timezone)


def _ticket_today(found: Appointment) -> Ticket | None:
    return Ticket.objects.filter(appointment=found).order_by("-pk").first()


@public
@never_cache
@require_safe
def calendar(request: HttpRequest, secret: str) -> HttpResponse:
    """The appointment for the phone's calendar."""
    found = appointment_by_secret(clean(secret))
    link = request.build_absolute_uri(request.path.removesuffix("calendar.ics"))
    body = calendar_file(found, language_of(request), link)
    response = HttpResponse(body, content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{found.reference}.ics"'
    return response


@public
@never_cache
@require_safe
def qr(request: HttpRequest, secret: str) -> HttpResponse:
    """The code to show at the centre, as a picture."""
    found = appointment_by_secret(clean(secret))
    return HttpResponse(qr_picture(found.reference), content_type="image/svg+xml")
