"""Tickets by their secret link, without signing in: what a message leads to."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from mawaeed.booking.models import Appointment
from mawaeed.booking.queries import appointment_by_secret
from mawaeed.centres.names import service_public_name
from mawaeed.hall.models import Ticket
from mawaeed.hall.queries import people_ahead, ticket_by_secret
from mawaeed.hall.topics import hall_topic
from mawaeed.web.audience import public
from mawaeed.web.citizen.appointments import state_words
from mawaeed.web.citizen.pages import clean, page, place
from mawaeed.web.citizen.showing import calendar_file, qr_picture, shown_appointment
from mawaeed.web.presence.by_phone import check_in_offer
from mawaeed.web.request import language_of, now_of


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


@public
@never_cache
@require_safe
def ticket(request: HttpRequest, secret: str) -> HttpResponse:
    """The hall ticket's live page."""
    found = ticket_by_secret(clean(secret), now_of(request))
    context = {
        **_shown(request, found),
        # A ticket's events are the hall's too; only the hall's say that the queue got shorter.
        "live": f"/live/{hall_topic(found.centre.code)}",
        "open": found.state in Ticket.OPEN,
    }
    return page(request, "ticket", context, zone=found.centre.timezone)


@public
@never_cache
@require_safe
def ticket_part(request: HttpRequest, secret: str) -> HttpResponse:
    """The part of the page that changes."""
    found = ticket_by_secret(clean(secret), now_of(request))
    return page(request, "ticket_part", _shown(request, found), zone=found.centre.timezone)


def _shown(request: HttpRequest, found: Ticket) -> dict[str, Any]:
    waiting = found.state == Ticket.State.WAITING
    at_counter = found.state in Ticket.AT_COUNTER and found.counter is not None
    return {
        **place(request, found.centre),
        "ticket": found,
        "service_name": service_public_name(found.offering.service, language_of(request)),
        "ahead": people_ahead(found, now_of(request)) if waiting else None,
        "counter": found.counter.number if at_counter and found.counter else None,
        "words": ticket_words(found.state),
    }


def ticket_words(state: str) -> tuple[str, str, str]:
    """A sentence on the state of a ticket, its colour and icon."""
    return {
        "waiting": (_("You are in the queue. Watch this page or the board."), "info", "clock"),
        "called": (_("It is your turn."), "success", "bell"),
        "serving": (_("You are being served."), "success", "counter"),
        "parked": (_("Your ticket is on hold. Staff will call it again."), "warning", "pause"),
        "served": (_("Finished. Thank you for your visit."), "success", "success"),
        "missed": (
            _("You were called and did not come. Ask at reception: they can help you."),
            "danger",
            "warning",
        ),
        "left": (_("This ticket is closed. Ask at reception if you still wait."), "info", "info"),
        "cancelled": (_("This ticket was cancelled."), "info", "info"),
    }[state]
