"""Check the chosen time, say who comes, book."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from mawaeed.availability.queries import slots_for
from mawaeed.booking import actions as booking
from mawaeed.booking.errors import UnknownCentre
from mawaeed.centres.models import Offering
from mawaeed.centres.names import localised
from mawaeed.centres.queries import offering_at
from mawaeed.kernel.clock import local_date
from mawaeed.kernel.errors import DomainError, Malformed
from mawaeed.kernel.idempotency import once
from mawaeed.people.models import Beneficiary, Person
from mawaeed.people.queries import dependants_of
from mawaeed.web.audience import resident
from mawaeed.web.citizen.pages import address, clean, form_key, moment_of, page, place, written
from mawaeed.web.citizen.times import booking_link
from mawaeed.web.request import actor_of, language_of, now_of, resident_of

MYSELF = "me"
OTHER_TIMES = 6
# Refusals after which this time cannot be had: other times are shown.
TIME_IS_GONE = frozenset({"slot_taken", "closed", "past", "outside_horizon"})


@resident
@require_http_methods(["GET", "HEAD", "POST"])
def book(request: HttpRequest) -> HttpResponse:
    """Check your answers (GET), then book (POST, once per key)."""
    asked = request.POST if request.method == "POST" else request.GET
    offering = _offering(clean(asked.get("service")), clean(asked.get("centre")))
    starts_at = moment_of(clean(asked.get("at")))
    if request.method != "POST":
        return _checked(request, offering, starts_at)
    try:
        reference = _book(request, offering, starts_at)
    except DomainError as refusal:
        return _checked(request, offering, starts_at, refusal)
    messages.success(request, _("Your appointment is booked. The ticket is on its way by SMS."))
    return redirect("appointment", reference)


def _offering(service_code: str, centre_code: str) -> Offering:
    offering = offering_at(service_code, centre_code)
    if offering is None:
        raise UnknownCentre(centre=centre_code)
    return offering


def _book(request: HttpRequest, offering: Offering, starts_at: datetime) -> str:
    person, now = resident_of(request), now_of(request)
    who = clean(request.POST.get("who")) or MYSELF

    def write() -> dict[str, Any]:
        appointment = booking.book_appointment(
            person=person,
            service_code=offering.service.code,
            centre_code=offering.centre.code,
            starts_at=starts_at,
            beneficiary=_beneficiary(person, who),
            actor=actor_of(person),
            now=now,
        )
        return {"reference": appointment.reference}

    body = {"do": "book", "offering": offering.pk, "at": written(starts_at), "who": who}
    key = clean(request.POST.get("key"))
    return str(once(actor=actor_of(person), key=key, body=body, write=write)["reference"])


def _beneficiary(person: Person, who: str) -> Beneficiary | None:
    if who == MYSELF:
        return None
    for dependant in dependants_of(person):
        if str(dependant.pk) == who:
            return dependant.beneficiary
    raise Malformed(field="who")


def _checked(
    request: HttpRequest,
    offering: Offering,
    starts_at: datetime,
    refusal: DomainError | None = None,
) -> HttpResponse:
    service, centre = offering.service, offering.centre
    language = language_of(request)
    gone = refusal is not None and refusal.code in TIME_IS_GONE
    here = address("book", service=service.code, centre=centre.code, at=written(starts_at))
    context = {
        "service": service,
        "service_name": localised(service.name, language),
        "place": place(request, centre),
        "starts_at": starts_at,
        "at": written(starts_at),
        "offering": offering,
        "people": _people(request, offering),
        "who": clean(request.POST.get("who")) or MYSELF,
        "key": form_key(),
        "papers": [localised(paper, language) for paper in service.papers],
        "times_href": _times_href(offering, starts_at),
        "refusal": refusal,
        "gone": gone,
        "others": _other_times(request, offering) if gone else [],
        "care_href": address("dependants", next=here),
    }
    status = refusal.http_status if refusal else 200
    return page(request, "book", context, zone=centre.timezone, status=status)


def _times_href(offering: Offering, starts_at: datetime) -> str:
    day = local_date(starts_at, offering.centre.timezone).isoformat()
    return address("slots", offering.service.code, centre=offering.centre.code, day=day)


def _people(request: HttpRequest, offering: Offering) -> list[tuple[str, str]]:
    """Who may come; empty when there is nobody to choose from."""
    if not offering.service.dependants:
        return []
    others = [(str(each.pk), each.name) for each in dependants_of(resident_of(request))]
    return [(MYSELF, _("Me")), *others] if others else []


def _other_times(request: HttpRequest, offering: Offering) -> list[dict[str, Any]]:
    found = slots_for(
        service=offering.service.code, centre=offering.centre.code, now=now_of(request)
    )
    return [
        {"starts_at": slot.starts_at, "href": booking_link(slot)} for slot in found[:OTHER_TIMES]
    ]
