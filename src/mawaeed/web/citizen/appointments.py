"""One's appointments: the list, one of them, cancelling it or the whole visit."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_http_methods, require_safe

from mawaeed.booking import actions as booking
from mawaeed.booking.actions.freed import is_public_at_once
from mawaeed.booking.models import Appointment
from mawaeed.booking.queries import (
    active_legs,
    appointment_for_person,
    appointment_seen_by,
    appointments_for_person,
    can_cancel,
    can_move,
    free_cancel_minutes,
    would_be_late_cancellation,
    would_early_cancellation_count,
)
from mawaeed.centres.names import localised
from mawaeed.conduct.errors import bookings_words
from mawaeed.conduct.queries import bookings_end, current_block
from mawaeed.hall.models import Ticket
from mawaeed.kernel.idempotency import once
from mawaeed.web.audience import resident
from mawaeed.web.citizen.pages import clean, form_key, page, place
from mawaeed.web.citizen.showing import names_of, shown_appointment
from mawaeed.web.presence.by_phone import check_in_offer
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
        "coming": _together(_row(request, each, names) for each in coming),
        "past": _together(_row(request, each, names) for each in found),
        "page": found,
        "blocked_by": current_block(person, now_of(request)),
        "bookings_words": bookings_words(bookings_end=bookings_end(now_of(request))),
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
        "beneficiary": (
            names.get(appointment.beneficiary_id, "")
            if _is_mine(request, appointment)
            else _("you, booked by somebody you trust")
        ),
        "visit": appointment.visit_id,
    }


def _together(rows: Iterable[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """The rows in their order, those of one visit beside each other."""
    groups: dict[object, list[dict[str, Any]]] = {}
    for row in rows:
        groups.setdefault(row["visit"] or row["href"], []).append(row)
    return list(groups.values())


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
    found = _seen(request, reference)
    now = now_of(request)
    ticket = Ticket.objects.filter(appointment=found).order_by("-pk").first()
    context = {
        **shown_appointment(request, found),
        "appointment": found,
        "state": state_words(found.state),
        "ticket": ticket,
        "can_move": _is_mine(request, found) and can_move(found, now),
        "counts": would_early_cancellation_count(found, now),
        "public_at_once": is_public_at_once(found, now),
        "can_cancel": can_cancel(found, now),
        **check_in_offer(request, found),
        "nav_current": "appointments",
    }
    return page(request, "appointment", context, zone=found.centre.timezone)


def own_appointment(request: HttpRequest, reference: str) -> Appointment:
    """The resident's own; another's is `NotFound`."""
    return appointment_for_person(resident_of(request), clean(reference))


def _seen(request: HttpRequest, reference: str) -> Appointment:
    """The resident's own, or one booked for them by somebody they trust."""
    return appointment_seen_by(resident_of(request), clean(reference))


def _is_mine(request: HttpRequest, appointment: Appointment) -> bool:
    """Whether the resident booked it: then it can be moved, and its visit cancelled whole."""
    return appointment.person_id == resident_of(request).pk


@resident
@require_http_methods(["GET", "HEAD", "POST"])
def cancel(request: HttpRequest, reference: str) -> HttpResponse:
    """Ask once more, saying whether it counts; then cancel. Repeating is harmless."""
    found = _seen(request, reference)
    now, mine = now_of(request), _is_mine(request, found)
    if request.method == "POST":
        return _cancelled(request, found)
    legs = active_legs(found) if mine else [found]
    legs = [each for each in legs if each.state == Appointment.State.BOOKED]
    context = {
        **shown_appointment(request, found),
        "appointment": found,
        "of_visit": len(legs) if len(legs) > 1 else 0,
        "visit_starts_at": legs[0].starts_at if legs else found.starts_at,
        "key": form_key(),
        "late": would_be_late_cancellation(found, now),
        "free_minutes": free_cancel_minutes(found, now),
        "counts": would_early_cancellation_count(found, now),
        "public_at_once": is_public_at_once(found, now),
        "can_cancel": can_cancel(found, now),
        "can_move": mine and can_move(found, now),
        "nav_current": "appointments",
    }
    return page(request, "cancel", context, zone=found.centre.timezone)


def _cancelled(request: HttpRequest, found: Appointment) -> HttpResponse:
    person, now = resident_of(request), now_of(request)
    whole = request.POST.get("what") == "visit" and _is_mine(request, found)

    def write() -> dict[str, Any]:
        cancel = booking.cancel_visit if whole else booking.cancel_appointment
        cancel(appointment=found, actor=actor_of(person), now=now)
        return {}

    body = {"do": "cancel", "of": found.reference, "whole": whole}
    if key := clean(request.POST.get("key")):
        once(actor=actor_of(person), key=key, body=body, write=write)
    else:
        write()  # repeating is harmless without a key too
    messages.success(request, _("Your appointment is cancelled. Thank you for telling us."))
    return redirect("appointment", found.reference)
