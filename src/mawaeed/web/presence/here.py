"""Where the wall's code leads a phone: check in, or take a number, without a kiosk.

Signed in, one sees today's appointments here; otherwise the reference does. Nothing personal is
shown to whoever has only the code.
"""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from mawaeed.booking.models import Appointment
from mawaeed.booking.queries import appointments_for_person
from mawaeed.centres.models import Centre
from mawaeed.centres.names import localised, service_name
from mawaeed.hall import actions as hall
from mawaeed.hall.errors import PhoneCheckInOff, WallCodeOver
from mawaeed.hall.models import Ticket
from mawaeed.hall.presence import (
    is_wall_code,
    phone_check_in,
    phone_check_in_offered,
)
from mawaeed.hall.queries import walk_in_offerings
from mawaeed.kernel.actor import Actor
from mawaeed.kernel.clock import local_date, real_now
from mawaeed.kernel.errors import DomainError, Malformed
from mawaeed.people.numbers import clean_mobile
from mawaeed.web.audience import public
from mawaeed.web.citizen.pages import address, clean, form_key, page, place
from mawaeed.web.desk.acting import write_once
from mawaeed.web.kiosk.arrival import appointment_from, refusal_words
from mawaeed.web.kiosk.views import walk_in_offering
from mawaeed.web.presence.by_phone import tell_number
from mawaeed.web.presence.proof import give_proof, holds_proof
from mawaeed.web.presence.wall import centre_by_code
from mawaeed.web.request import actor_of, language_of, now_of, visitor_of


@public
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def here(request: HttpRequest, centre: str, wall_code: str) -> HttpResponse:
    """Everything a phone may do in this hall. Refuses `PhoneCheckInOff` and `WallCodeOver`."""
    found = centre_by_code(centre)
    if not phone_check_in_offered(found, now_of(request)):
        raise PhoneCheckInOff
    on_the_wall = is_wall_code(found, wall_code, real_now())
    if not (on_the_wall or holds_proof(request, found)):
        raise WallCodeOver
    if request.method == "POST":
        response = _done(request, found)
    else:
        response = _here_page(request, found)
        if on_the_wall:  # else whoever went home could keep the proof for ever
            give_proof(response, found)
    return response


def _done(request: HttpRequest, centre: Centre) -> HttpResponse:
    try:
        given = (
            _walk_in(request, centre) if "service" in request.POST else _check_in(request, centre)
        )
    except Malformed as error:
        words = _("This is not a mobile number. Check it and press again.")
        return _here_page(request, centre, words, error.http_status)
    except DomainError as error:
        with timezone.override(ZoneInfo(centre.timezone)):
            words = refusal_words(error, now_of(request))
        return _here_page(request, centre, words, error.http_status)
    tell_number(request, given)
    return redirect("ticket", given.secret)


def _check_in(request: HttpRequest, centre: Centre) -> Ticket:
    asked = clean(request.POST.get("reference"))
    found = appointment_from(asked, centre, language_of(request))
    return hall.check_in_by_phone(
        appointment=found, actor=_actor(request, centre), now=now_of(request), proven=True
    )


def _walk_in(request: HttpRequest, centre: Centre) -> Ticket:
    """Whoever is not signed in leaves a mobile: by it a second asking finds the same ticket."""
    offering = walk_in_offering(centre, clean(request.POST.get("service")))
    person, actor = visitor_of(request), _actor(request, centre)
    mobile = person.mobile if person else clean_mobile(clean(request.POST.get("mobile")))

    def write() -> dict[str, Any]:
        given = hall.walk_in_by_phone(
            offering=offering,
            actor=actor,
            now=now_of(request),
            language=language_of(request),
            mobile=mobile,
            person=person,
        )
        return {"ticket": given.pk}

    return Ticket.objects.get(pk=write_once(request, actor, write)["ticket"])


def _actor(request: HttpRequest, centre: Centre) -> Actor:
    """The resident, or whoever holds a phone in this hall, as at its kiosk."""
    person = visitor_of(request)
    return actor_of(person) if person else Actor("kiosk", centre.pk, "wall")


def _here_page(
    request: HttpRequest, centre: Centre, refused: str = "", status: int = 200
) -> HttpResponse:
    language = language_of(request)
    offered = walk_in_offerings(centre, now_of(request))
    context = {
        **place(request, centre),
        "appointments": _own_today(request, centre),
        "services": [(each.service.code, service_name(each.service, language)) for each in offered],
        "signed_in": visitor_of(request) is not None,
        "sign_in_href": address("sign-in", next=request.path),
        "refused": refused,
        "typed": {
            name: clean(request.POST.get(name)) for name in ("reference", "service", "mobile")
        },
        "key": form_key(),
    }
    return page(request, "here", context, zone=centre.timezone, status=status)


def _own_today(request: HttpRequest, centre: Centre) -> list[dict[str, Any]]:
    """The signed-in resident's appointments here today, with the ticket or the way to it."""
    person, now = visitor_of(request), now_of(request)
    if person is None:
        return []
    today = appointments_for_person(person).filter(
        centre=centre, day=local_date(now, centre.timezone)
    )
    shown = today.exclude(state=Appointment.State.CANCELLED).order_by("starts_at", "pk")
    return [_line(each, language_of(request), request) for each in shown]


def _line(appointment: Appointment, language: str, request: HttpRequest) -> dict[str, Any]:
    return {
        "appointment": appointment,
        "service": localised(appointment.service.name, language),
        "two_must_come": appointment.service.people_present > 1,
        "check_in": phone_check_in(appointment, now_of(request)),
        "ticket": Ticket.objects.filter(appointment=appointment).order_by("-pk").first(),
    }
