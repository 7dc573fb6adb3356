"""Reception books, moves and cancels for the person at the desk or on the phone.

Only at the clerk's own centre, only for whoever has been looked up, with the limits and blocks
the person has; a staff place needs a reason. Text messages go to the person.
"""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from mawaeed.availability.queries import Slot, slots_for
from mawaeed.availability.staff_places import staff_slots
from mawaeed.booking import actions as booking
from mawaeed.booking.errors import ReasonNeeded, UnknownService
from mawaeed.booking.legs import Assisted
from mawaeed.booking.models import Channel
from mawaeed.booking.reserve import RESERVE_REASONS
from mawaeed.centres.models import Offering
from mawaeed.centres.names import localised, service_name
from mawaeed.centres.queries import offering_at
from mawaeed.kernel.clock import local_date
from mawaeed.kernel.errors import DomainError
from mawaeed.people.actions.companions import name_companion
from mawaeed.people.models import Beneficiary, Person
from mawaeed.people.queries import goes_first
from mawaeed.web.audience import staff
from mawaeed.web.citizen.dates import typed_date
from mawaeed.web.citizen.pages import address, clean, moment_of, written
from mawaeed.web.desk import visitor as visitors
from mawaeed.web.desk.acting import actor_of, centre_of, staff_of, write_once
from mawaeed.web.desk.clerk_words import clerk_words
from mawaeed.web.desk.pages import staff_page
from mawaeed.web.desk.surfaces import RECEPTION
from mawaeed.web.desk.who_comes import THEMSELVES, comer, comers
from mawaeed.web.request import language_of, now_of

PUBLIC, RESERVE = "public", "staff"
OTHER_REASON = "other"
REASON_LENGTH = 200


@staff(*RECEPTION)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def book(request: HttpRequest, centre: str) -> HttpResponse:
    """Choose a service, then a time, then check who comes (GET); book once per form (POST)."""
    person = _person(request)
    if person is None:
        messages.error(request, _("Look the person up first, or register them."))
        return redirect("desk", centre)
    if request.method == "POST":
        return _booked(request)
    if not request.GET.get("service"):
        return _services(request, person)
    offering = _offering(request, clean(request.GET["service"]))
    if not request.GET.get("at"):
        return _times(request, person, offering)
    return _check(request, person, offering, moment_of(clean(request.GET["at"])))


def _person(request: HttpRequest) -> Person | None:
    found = visitors.current(request, centre_of(request), now_of(request))
    return found.person if found else None


def _offering(request: HttpRequest, service: str) -> Offering:
    found = offering_at(service, centre_of(request).code)
    if found is None:
        raise UnknownService(service=service)
    return found


def _services(request: HttpRequest, person: Person) -> HttpResponse:
    place, language = centre_of(request), language_of(request)
    offered = Offering.objects.select_related("service").filter(
        centre=place, active=True, service__active=True
    )
    context = {
        "step": "service",
        "services": [
            (each.service.code, service_name(each.service, language))
            for each in offered.order_by("service__order", "service__code")
        ],
        **_about(person, now_of(request)),
    }
    return staff_page(request, "staff/desk_book.html", context, current="desk")


def _about(person: Person, now: datetime) -> dict[str, Any]:
    return {
        "visitor": visitors.Visitor(person, person.beneficiary),
        "first": goes_first(person, now),
    }


def _times(request: HttpRequest, person: Person, offering: Offering) -> HttpResponse:
    kind = RESERVE if request.GET.get("places") == RESERVE else PUBLIC
    centre, service = offering.centre.code, offering.service.code
    now = now_of(request)
    found = (
        staff_slots(offering, now)
        if kind == RESERVE
        else slots_for(service=service, centre=centre, now=now)
    )

    def to(**query: str) -> str:
        return address("desk-book", centre, service=service, places=kind, **query)

    context = {
        "step": "time",
        "service_name": service_name(offering.service, language_of(request)),
        "kind": kind,
        "public_href": address("desk-book", centre, service=service),
        "reserve_href": address("desk-book", centre, service=service, places=RESERVE),
        **week_of(found, request.GET.get("day"), offering.centre.timezone, to),
        **_about(person, now),
    }
    return staff_page(request, "staff/desk_book.html", context, current="desk")


def week_of(found: list[Slot], asked: str | None, zone: str, to: Any) -> dict[str, Any]:
    """The days that have a time, and the times of the one chosen (by default the first)."""
    free = Counter(local_date(slot.starts_at, zone) for slot in found)
    try:
        day = date.fromisoformat(asked or "")
    except ValueError:
        day = date.min
    chosen = day if day in free else next(iter(free), None)
    return {
        "days": [
            {"date": each, "free": count, "selected": each == chosen, "href": to(day=str(each))}
            for each, count in free.items()
        ],
        "day": chosen,
        "slots": [
            {
                "starts_at": slot.starts_at,
                "places_left": slot.places_left,
                "href": to(at=written(slot.starts_at)),
            }
            for slot in found
            if local_date(slot.starts_at, zone) == chosen
        ],
    }


def _check(
    request: HttpRequest,
    person: Person,
    offering: Offering,
    starts_at: datetime,
    refusal: DomainError | None = None,
) -> HttpResponse:
    asked = request.POST if request.method == "POST" else request.GET
    service = offering.service
    kind = RESERVE if asked.get("places") == RESERVE else PUBLIC
    people = [(value, words) for value, words, _who in comers(person, service)]
    with timezone.override(ZoneInfo(offering.centre.timezone)):
        refused = clerk_words(refusal) if refusal else ""
    context = {
        "step": "check",
        "service_code": service.code,
        "service_name": service_name(service, language_of(request)),
        "papers": [localised(paper, language_of(request)) for paper in service.papers],
        "starts_at": starts_at,
        "at": written(starts_at),
        "kind": kind,
        "people": people,
        "who": clean(asked.get("who")) or THEMSELVES,
        "needs_two": service.people_present > 1,
        "second_number": clean(request.POST.get("second_number")),
        "typed": request.POST,
        "channels": [
            (Channel.DESK.value, _("Here at the desk")),
            (Channel.PHONE.value, _("On the phone")),
        ],
        "channel": clean(asked.get("channel")) or Channel.DESK.value,
        "reasons": [*RESERVE_REASONS.items(), (OTHER_REASON, _("Something else:"))],
        "reason": clean(asked.get("reason")),
        "reason_text": clean(asked.get("reason_text")),
        "refused": refused,
        "times_href": address(
            "desk-book",
            offering.centre.code,
            service=service.code,
            places=kind,
            day=local_date(starts_at, offering.centre.timezone).isoformat(),
        ),
        **_about(person, now_of(request)),
    }
    response = staff_page(request, "staff/desk_book.html", context, current="desk")
    response.status_code = refusal.http_status if refusal else 200
    return response


def _booked(request: HttpRequest) -> HttpResponse:
    """Carry the booking out; a refusal shows the form again, in the clerk's words."""
    place, now = centre_of(request), now_of(request)
    offering = _offering(request, clean(request.POST.get("service")))
    starts_at = moment_of(clean(request.POST.get("at")))
    person = _person(request)
    try:
        _visitor, person = visitors.required(request, place, now)
        done = write_once(
            request, actor_of(request), lambda: _write(request, person, offering, starts_at)
        )
    except DomainError as refusal:
        if person is None:
            messages.error(request, clerk_words(refusal))
            return redirect("desk", place.code)
        return _check(request, person, offering, starts_at, refusal)
    said = _("Booked: %(reference)s. The ticket goes to the person by text message.")
    messages.success(request, said % {"reference": f"\u2066{done['reference']}\u2069"})
    return redirect("desk", place.code)


def _write(
    request: HttpRequest, person: Person, offering: Offering, starts_at: datetime
) -> dict[str, Any]:
    appointment = booking.book_appointment(
        person=person,
        service_code=offering.service.code,
        centre_code=offering.centre.code,
        starts_at=starts_at,
        beneficiary=comer(person, offering.service, clean(request.POST.get("who")) or THEMSELVES),
        companion=_second(request, person),
        assisted=_assisted(request),
        actor=actor_of(request),
        now=now_of(request),
    )
    return {"reference": appointment.reference}


def _second(request: HttpRequest, person: Person) -> Beneficiary | None:
    """Who must come too, if a number was typed."""
    number = clean(request.POST.get("second_number")).strip()
    if not number:
        return None
    return name_companion(
        person=person,
        personal_number=number,
        birth_date=typed_date(request.POST, "second_birth"),
        now=now_of(request),
    )


def _assisted(request: HttpRequest) -> Assisted:
    posted = request.POST
    reason = ""
    if posted.get("places") == RESERVE:
        reason = clean(posted.get("reason"))
        if reason not in RESERVE_REASONS:
            reason = " ".join(clean(posted.get("reason_text")).split())[:REASON_LENGTH]
        if not reason:
            raise ReasonNeeded
    on_phone = posted.get("channel") == Channel.PHONE.value
    return Assisted(staff_of(request).pk, Channel.PHONE if on_phone else Channel.DESK, reason)
