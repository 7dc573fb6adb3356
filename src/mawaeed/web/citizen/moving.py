"""Move an appointment, or a whole visit: another time, checked, swapped."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from mawaeed.availability.places import Stay
from mawaeed.availability.queries import Slot
from mawaeed.booking import actions as booking
from mawaeed.booking.actions.steps import stay_of
from mawaeed.booking.chains import find_offerings, plan_visit
from mawaeed.booking.errors import SlotTaken
from mawaeed.booking.holds import hold_stay, live_holds
from mawaeed.booking.models import Appointment
from mawaeed.booking.queries import active_legs
from mawaeed.centres.models import Offering
from mawaeed.centres.names import localised
from mawaeed.kernel.errors import DomainError
from mawaeed.kernel.idempotency import once
from mawaeed.web.audience import resident
from mawaeed.web.citizen.appointments import own_appointment
from mawaeed.web.citizen.pages import address, clean, form_key, moment_of, page, place, written
from mawaeed.web.citizen.showing import names_of
from mawaeed.web.citizen.times import week_of
from mawaeed.web.citizen.visits import centres_offering, visit_week
from mawaeed.web.request import actor_of, language_of, now_of, resident_of


@resident
@require_http_methods(["GET", "HEAD", "POST"])
def move(request: HttpRequest, reference: str) -> HttpResponse:
    """Choose another time (the same week of times), check it, swap; a visit moves as a whole."""
    found = own_appointment(request, reference)
    if request.method == "POST":
        return _moved(request, found)
    if request.GET.get("at"):
        return _checked(request, found, moment_of(clean(request.GET["at"])))
    legs = active_legs(found)
    return _visit_times(request, found, legs) if len(legs) > 1 else _times(request, found)


def _times(request: HttpRequest, found: Appointment) -> HttpResponse:
    reference = found.reference

    def to_day(**query: str) -> str:
        return address("move", reference, **query)

    def to_slot(slot: Slot) -> str:
        return address("move", reference, centre=slot.centre_code, at=written(slot.starts_at))

    week = week_of(request, found.service.code, to_day, to_slot, found.centre.code)
    back = reverse("appointment", args=[reference])
    context = {
        **week,
        "back": back,
        "moving": found,
        "waiting_href": address("waiting-join", appointment=reference),
        "nav_current": "appointments",
    }
    return page(request, "times", context, zone=week["zone"])


def _visit_times(
    request: HttpRequest, found: Appointment, legs: Sequence[Appointment]
) -> HttpResponse:
    offerings = _offerings(request, found, legs)
    reference, centre = found.reference, offerings[0].centre.code

    def to_day(code: str, day: str) -> str:
        return address("move", reference, centre=code, day=day)

    def to_start(starts_at: datetime) -> str:
        return address("move", reference, centre=centre, at=written(starts_at))

    centres = centres_offering([leg.service.code for leg in legs])
    giving_up = _left_for_it(request, legs)
    week = visit_week(request, offerings, centres, to_day, to_start, giving_up=giving_up)
    context = {
        **week,
        "parts": _parts(request, legs, []),
        "back": reverse("appointment", args=[reference]),
        "moving": legs[0],
        "nav_current": "appointments",
    }
    return page(request, "visit_times", context, zone=week["zone"])


def _offerings(
    request: HttpRequest, found: Appointment, legs: Sequence[Appointment]
) -> list[Offering]:
    asked = request.POST if request.method == "POST" else request.GET
    centre = clean(asked.get("centre")) or found.centre.code
    return find_offerings([leg.service.code for leg in legs], centre, now_of(request))


def _left_for_it(request: HttpRequest, legs: Sequence[Appointment]) -> list[Stay]:
    held = live_holds(resident_of(request), now_of(request))
    return [*(stay_of(leg) for leg in legs), *(hold_stay(each) for each in held)]


def _parts(
    request: HttpRequest, legs: Sequence[Appointment], starts: Sequence[datetime]
) -> list[dict[str, Any]]:
    """The parts of a visit with their new times, as far as they are known."""
    names, language = names_of(resident_of(request)), language_of(request)
    return [
        {
            "turn": turn,
            "service": localised(leg.service.name, language),
            "who": names.get(leg.beneficiary_id, ""),
            "starts_at": starts[turn - 1] if starts else None,
        }
        for turn, leg in enumerate(legs, 1)
    ]


def _checked(
    request: HttpRequest,
    found: Appointment,
    starts_at: datetime,
    refusal: DomainError | None = None,
) -> HttpResponse:
    legs = active_legs(found) or [found]
    offerings = _offerings(request, found, legs)
    starts: list[datetime] = []
    try:
        giving_up = _left_for_it(request, legs)
        starts = plan_visit(offerings, starts_at, now=now_of(request), giving_up=giving_up)
    except SlotTaken as gone:
        refusal = refusal or gone
    centre = offerings[0].centre
    context = {
        "appointment": found,
        "service_name": localised(found.service.name, language_of(request)),
        "parts": _parts(request, legs, starts) if len(legs) > 1 else [],
        "old_starts_at": legs[0].starts_at,
        "old": place(request, found.centre),
        "new": place(request, centre),
        "centre_code": centre.code,
        "starts_at": starts_at,
        "at": written(starts_at),
        "key": form_key(),
        "refusal": refusal,
        "times_href": address("move", found.reference, centre=centre.code),
        "nav_current": "appointments",
    }
    status = refusal.http_status if refusal else 200
    return page(request, "move", context, zone=centre.timezone, status=status)


def _moved(request: HttpRequest, found: Appointment) -> HttpResponse:
    person, now = resident_of(request), now_of(request)
    starts_at = moment_of(clean(request.POST.get("at")))
    centre = clean(request.POST.get("centre")) or None

    def write() -> dict[str, Any]:
        count = len(active_legs(found))
        booking.move_appointment(
            appointment=found,
            starts_at=starts_at,
            centre_code=centre,
            actor=actor_of(person),
            now=now,
        )
        return {"reference": found.reference, "count": count}

    body = {"do": "move", "of": found.reference, "at": written(starts_at), "centre": centre}
    try:
        key = clean(request.POST.get("key"))
        done = once(actor=actor_of(person), key=key, body=body, write=write)
    except DomainError as refusal:
        return _checked(request, own_appointment(request, found.reference), starts_at, refusal)
    told = ngettext(
        "Your appointment was moved. The new ticket comes by SMS.",
        "Your visit was moved. The new tickets come by SMS.",
        max(1, int(done.get("count", 1))),
    )
    messages.success(request, told)
    return redirect("appointment", found.reference)
