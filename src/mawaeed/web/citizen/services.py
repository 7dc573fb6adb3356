"""Find a service; see what it takes and when it can be had."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods, require_safe

from mawaeed.availability.finding.nothing_free import nothing_free
from mawaeed.availability.finding.queries import FoundCentre, centres_found, read_times, week_at
from mawaeed.booking.errors import UnknownService
from mawaeed.centres.models import Service
from mawaeed.centres.names import localised
from mawaeed.centres.queries import directorates_in_use, offered_services, services_matching
from mawaeed.web.audience import public
from mawaeed.web.citizen.finder import (
    Asked,
    asked_in,
    distance_words,
    form_of,
    nothing_shown,
    week_strip,
)
from mawaeed.web.citizen.pages import address, clean, page
from mawaeed.web.citizen.priority import age_that_goes_first
from mawaeed.web.citizen.times import booking_link
from mawaeed.web.request import language_of, now_of

TIMES_PER_CENTRE = 4
FILS = 1000


@public
@require_safe
def services(request: HttpRequest) -> HttpResponse:
    """Services by words (folded) or by directorate."""
    language = language_of(request)
    query, chosen = clean(request.GET.get("q")), clean(request.GET.get("directorate"))
    found = services_matching(query, language, directorate=chosen or None)
    context = {
        "query": query,
        "groups": _groups(found, language),
        "count": len(found),
        "directorates": [
            {
                "name": localised(each.name, language),
                "href": address("services", directorate=each.code, q=query),
                "selected": each.code == chosen,
            }
            for each in directorates_in_use()
        ],
        "all_href": address("services", q=query),
        "chosen": chosen,
        "nav_current": "services",
    }
    return page(request, "services", context)


def _groups(found: list[Service], language: str) -> list[dict[str, Any]]:
    groups: dict[str, list[dict[str, Any]]] = {}
    for service in found:
        name = localised(service.directorate.name, language)
        groups.setdefault(name, []).append(
            {
                "name": localised(service.name, language),
                "href": address("service", service.code),
                "minutes": service.duration_minutes,
                "online": bool(service.online_url),
            }
        )
    return [{"name": name, "services": items} for name, items in groups.items()]


def service_named(code: str) -> Service:
    """The service in use with this code; refuses `UnknownService`."""
    service = offered_services().filter(code=clean(code)).first()
    if service is None:
        raise UnknownService(service=code)
    return service


@public
@require_http_methods(["GET", "HEAD", "POST"])
def service(request: HttpRequest, code: str) -> HttpResponse:
    """What to bring, what it costs, and the earliest free times in every centre.

    A POST changes nothing: it carries a position, which belongs in no address.
    """
    found = service_named(code)
    asked = asked_in(request)
    language = language_of(request)
    context = {
        "service": found,
        "name": localised(found.name, language),
        "directorate": localised(found.directorate.name, language),
        "fee": _fee(found),
        "papers": [localised(paper, language) for paper in found.papers],
        "goes_first": age_that_goes_first(request, found.code),
        "finder": form_of(request, asked, address("service", found.code), day=asked.query()["day"]),
        **_times(request, found, asked),
        "visit_href": address("visit", leg=f"{found.code}:me"),
        "nav_current": "services",
    }
    return page(request, "service", context)


def _fee(service: Service) -> str:
    return "" if not service.fee_fils else f"{service.fee_fils / FILS:.3f}"


def _times(request: HttpRequest, service: Service, asked: Asked) -> dict[str, Any]:
    """The week over all centres, and each centre's first times that fit."""
    language = language_of(request)
    read = read_times(service=service.code, now=now_of(request))

    def to_day(day: str) -> str:
        return address("service", service.code, **asked.query(day=day)) + "#times"

    centres = centres_found(read, asked.wanted, TIMES_PER_CENTRE)
    return {
        "days": week_strip(week_at(read), asked.wanted.day, to_day, language),
        "all_days_href": to_day(""),
        "day": asked.wanted.day,
        "everything_href": address("service", service.code) + "#times",
        "nothing": nothing_shown(nothing_free(read), service.code, language),
        "fits": any(each.slots for each in centres),
        "centres": [_centre(each, service.code, asked, language) for each in centres],
    }


def _centre(found: FoundCentre, service: str, asked: Asked, language: str) -> dict[str, Any]:
    centre = found.centre
    return {
        "directorate": localised(centre.directorate.name, language),
        "name": localised(centre.name, language),
        "address": localised(centre.address, language),
        "distance": distance_words(found.distance_km),
        "href": address("slots", service, centre=centre.code, **asked.query(sort="")),
        "slots": [
            {"starts_at": slot.starts_at, "href": booking_link(slot)} for slot in found.slots
        ],
    }
