"""Reception moves and cancels at the wish of the person looked up; it counts as theirs."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from mawaeed.availability.queries import slots_for
from mawaeed.booking import actions as booking
from mawaeed.booking.models import Appointment
from mawaeed.booking.queries import (
    appointment_for_staff,
    can_cancel,
    can_move,
    would_be_late_cancellation,
)
from mawaeed.centres.names import service_name
from mawaeed.kernel.errors import DomainError, NotFound
from mawaeed.web.audience import staff
from mawaeed.web.citizen.pages import address, clean, moment_of, written
from mawaeed.web.desk import visitor as visitors
from mawaeed.web.desk.acting import act, actor_of, centre_of, write_once
from mawaeed.web.desk.booking import week_of
from mawaeed.web.desk.clerk_words import clerk_words
from mawaeed.web.desk.pages import staff_page
from mawaeed.web.desk.surfaces import RECEPTION
from mawaeed.web.request import language_of, now_of


@staff(*RECEPTION)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def move(request: HttpRequest, centre: str, reference: str) -> HttpResponse:
    """Choose another time at this centre, check it, swap."""
    found = _theirs(request, reference)
    if request.method == "POST":
        return _moved(request, found)
    if request.GET.get("at"):
        return _move_page(request, found, moment_of(clean(request.GET["at"])))
    slots = slots_for(service=found.service.code, centre=centre, now=now_of(request))

    def to(**query: str) -> str:
        return address("desk-move", centre, found.reference, **query)

    week = week_of(slots, request.GET.get("day"), found.centre.timezone, to)
    context = {"step": "time", **week, **_shown(request, found)}
    return staff_page(request, "staff/desk_move.html", context, current="desk")


def _theirs(request: HttpRequest, reference: str) -> Appointment:
    """An appointment here of whoever is looked up; anything else does not exist."""
    place = centre_of(request)
    found = appointment_for_staff(place, clean(reference))
    visitor = visitors.current(request, place, now_of(request))
    if visitor is None or not visitor.is_of(found):
        raise NotFound
    return found


def _shown(request: HttpRequest, found: Appointment) -> dict[str, Any]:
    now = now_of(request)
    return {
        "appointment": found,
        "service_name": service_name(found.service, language_of(request)),
        "can_move": can_move(found, now),
        "can_cancel": can_cancel(found, now),
        "late": would_be_late_cancellation(found, now),
    }


def _move_page(
    request: HttpRequest,
    found: Appointment,
    starts_at: datetime,
    refusal: DomainError | None = None,
) -> HttpResponse:
    with timezone.override(ZoneInfo(found.centre.timezone)):
        refused = clerk_words(refusal) if refusal else ""
    context = {
        "step": "check",
        "starts_at": starts_at,
        "at": written(starts_at),
        "refused": refused,
        **_shown(request, found),
    }
    response = staff_page(request, "staff/desk_move.html", context, current="desk")
    response.status_code = refusal.http_status if refusal else 200
    return response


def _moved(request: HttpRequest, found: Appointment) -> HttpResponse:
    starts_at = moment_of(clean(request.POST.get("at")))

    def write() -> dict[str, Any]:
        booking.move_appointment(
            appointment=found, starts_at=starts_at, actor=actor_of(request), now=now_of(request)
        )
        return {"reference": found.reference}

    try:
        write_once(request, actor_of(request), write)
    except DomainError as refusal:
        return _move_page(request, _theirs(request, found.reference), starts_at, refusal)
    messages.success(request, _("Moved. The new ticket goes to the person by text message."))
    return redirect("desk", found.centre.code)


@staff(*RECEPTION)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def cancel(request: HttpRequest, centre: str, reference: str) -> HttpResponse:
    """Say whether it counts against the person, then cancel for them."""
    found = _theirs(request, reference)
    if request.method != "POST":
        context = _shown(request, found)
        return staff_page(request, "staff/desk_cancel.html", context, current="desk")

    def write() -> dict[str, Any]:
        booking.cancel_appointment(
            appointment=found,
            actor=actor_of(request),
            now=now_of(request),
            reason="asked_at_reception",
        )
        return {"done": True}

    if act(request, write) is not None:
        messages.success(request, _("Cancelled at the person's wish. They are told by message."))
    return redirect("desk", centre)
