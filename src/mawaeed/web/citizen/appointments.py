"""One's appointments: the list, one of them, moving and cancelling it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_http_methods, require_safe

from mawaeed.availability.queries import Slot
from mawaeed.booking import actions as booking
from mawaeed.booking.errors import UnknownCentre
from mawaeed.booking.models import Appointment
from mawaeed.booking.queries import (
    appointment_for_person,
    appointments_for_person,
    can_cancel,
    can_move,
    would_be_late_cancellation,
)
from mawaeed.centres.names import localised
from mawaeed.centres.queries import offering_at
from mawaeed.conduct.queries import current_block
from mawaeed.hall.models import Ticket
from mawaeed.kernel.errors import DomainError
from mawaeed.kernel.idempotency import once
from mawaeed.web.audience import resident
from mawaeed.web.citizen.pages import address, clean, form_key, moment_of, page, place, written
from mawaeed.web.citizen.showing import names_of, shown_appointment
from mawaeed.web.citizen.times import week_of
from mawaeed.web.request import actor_of, language_of, now_of, resident_of

PAST_PER_PAGE = 10


@resident
@require_safe
def appointments(request: HttpRequest) -> HttpResponse:
    """What is coming, and past visits."""
    person = resident_of(request)
    mine = appointments_for_person(person)
    coming = mine.filter(state__in=Appointment.ACTIVE).order_by("starts_at", "pk")
    past = Paginator(mine.exclude(state__in=Appointment.ACTIVE), PAST_PER_PAGE)
    found = past.get_page(request.GET.get("page"))
    names = names_of(person)
    context = {
        "coming": [_row(request, each, names) for each in coming],
        "past": [_row(request, each, names) for each in found],
        "page": found,
        "blocked_by": current_block(person, now_of(request)),
        "nav_current": "appointments",
    }
    return page(request, "appointments", context)


def _row(request: HttpRequest, appointment: Appointment, names: dict[int, str]) -> dict[str, Any]:
    label, kind, icon = state_words(appointment.state)
    return {
        **place(request, appointment.centre),
        "starts_at": appointment.starts_at,
        "service": localised(appointment.service.name, language_of(request)),
        "href": reverse("appointment", args=[appointment.reference]),
        "state_label": label,
        "state_kind": kind,
        "state_icon": icon,
        "beneficiary": names.get(appointment.beneficiary_id, ""),
    }


def state_words(state: str) -> tuple[str, str, str]:
    """Words, colour and icon for the state of an appointment."""
    return {
        "booked": (pgettext("appointment", "Booked"), "info", "calendar"),
        "checked_in": (pgettext("appointment", "You have arrived"), "success", "check"),
        "fulfilled": (pgettext("appointment", "Done"), "success", "check"),
        "cancelled": (pgettext("appointment", "Cancelled"), "neutral", "cross"),
        "no_show": (pgettext("appointment", "Missed"), "danger", "cross"),
    }[state]


@resident
@require_safe
def appointment(request: HttpRequest, reference: str) -> HttpResponse:
    """The e-ticket, with what can be done about it."""
    found = _own(request, reference)
    now = now_of(request)
    ticket = Ticket.objects.filter(appointment=found).order_by("-pk").first()
    context = {
        **shown_appointment(request, found),
        "appointment": found,
        "state": state_words(found.state),
        "ticket": ticket,
        "can_move": can_move(found, now),
        "can_cancel": can_cancel(found, now),
        "nav_current": "appointments",
    }
    return page(request, "appointment", context, zone=found.centre.timezone)


def _own(request: HttpRequest, reference: str) -> Appointment:
    return appointment_for_person(resident_of(request), clean(reference))


@resident
@require_http_methods(["GET", "HEAD", "POST"])
def move(request: HttpRequest, reference: str) -> HttpResponse:
    """Choose another time (the same week of times), check it, swap."""
    found = _own(request, reference)
    if request.method == "POST":
        return _moved(request, found)
    if request.GET.get("at"):
        return _move_checked(request, found, moment_of(clean(request.GET["at"])))
    return _move_times(request, found)


def _move_times(request: HttpRequest, found: Appointment) -> HttpResponse:
    reference = found.reference

    def to_day(**query: str) -> str:
        return address("move", reference, **query)

    def to_slot(slot: Slot) -> str:
        return address("move", reference, centre=slot.centre_code, at=written(slot.starts_at))

    week = week_of(request, found.service.code, to_day, to_slot, found.centre.code)
    back = reverse("appointment", args=[reference])
    context = {**week, "back": back, "moving": found, "nav_current": "appointments"}
    return page(request, "times", context, zone=week["zone"])


def _move_checked(
    request: HttpRequest,
    found: Appointment,
    starts_at: datetime,
    refusal: DomainError | None = None,
) -> HttpResponse:
    asked = request.POST if request.method == "POST" else request.GET
    offering = offering_at(found.service.code, clean(asked.get("centre")) or found.centre.code)
    if offering is None:
        raise UnknownCentre(centre=clean(asked.get("centre")))
    context = {
        "appointment": found,
        "service_name": localised(found.service.name, language_of(request)),
        "old": place(request, found.centre),
        "new": place(request, offering.centre),
        "centre_code": offering.centre.code,
        "starts_at": starts_at,
        "at": written(starts_at),
        "key": form_key(),
        "refusal": refusal,
        "times_href": address("move", found.reference, centre=offering.centre.code),
        "nav_current": "appointments",
    }
    status = refusal.http_status if refusal else 200
    return page(request, "move", context, zone=offering.centre.timezone, status=status)


def _moved(request: HttpRequest, found: Appointment) -> HttpResponse:
    person, now = resident_of(request), now_of(request)
    starts_at = moment_of(clean(request.POST.get("at")))
    centre = clean(request.POST.get("centre")) or None

    def write() -> dict[str, Any]:
        booking.move_appointment(
            appointment=found,
            starts_at=starts_at,
            centre_code=centre,
            actor=actor_of(person),
            now=now,
        )
        return {"reference": found.reference}

    body = {"do": "move", "of": found.reference, "at": written(starts_at), "centre": centre}
    try:
        once(actor=actor_of(person), key=clean(request.POST.get("key")), body=body, write=write)
    except DomainError as refusal:
        return _move_checked(request, _own(request, found.reference), starts_at, refusal)
    messages.success(request, _("Your appointment was moved. The new ticket comes by SMS."))
    return redirect("appointment", found.reference)


@resident
@require_http_methods(["GET", "HEAD", "POST"])
def cancel(request: HttpRequest, reference: str) -> HttpResponse:
    """Ask once more, saying whether it counts; then cancel. Repeating is harmless."""
    found = _own(request, reference)
    now = now_of(request)
    if request.method == "POST":
        person = resident_of(request)
        booking.cancel_appointment(appointment=found, actor=actor_of(person), now=now)
        messages.success(request, _("Your appointment is cancelled. Thank you for telling us."))
        return redirect("appointment", found.reference)
    context = {
        **shown_appointment(request, found),
        "appointment": found,
        "late": would_be_late_cancellation(found, now),
        "can_cancel": can_cancel(found, now),
        "can_move": can_move(found, now),
        "nav_current": "appointments",
    }
    return page(request, "cancel", context, zone=found.centre.timezone)
