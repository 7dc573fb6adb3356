"""Find a service; see what it takes and when it can be had."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from mawaeed.availability.queries import earliest_slots
from mawaeed.booking.errors import UnknownService
from mawaeed.centres.models import Service
from mawaeed.centres.names import localised
from mawaeed.centres.queries import directorates_in_use, offered_services, services_matching
from mawaeed.web.audience import public
from mawaeed.web.citizen.pages import address, clean, page
from mawaeed.web.citizen.times import booking_link, centres_of
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
@require_safe
def service(request: HttpRequest, code: str) -> HttpResponse:
    """What to bring, what it costs, and the earliest free times in every centre."""
    found = service_named(code)
    language = language_of(request)
    context = {
        "service": found,
        "name": localised(found.name, language),
        "directorate": localised(found.directorate.name, language),
        "fee": _fee(found),
        "papers": [localised(paper, language) for paper in found.papers],
        "centres": _centres(request, found),
        "nav_current": "services",
    }
    return page(request, "service", context)


def _fee(service: Service) -> str:
    return "" if not service.fee_fils else f"{service.fee_fils / FILS:.3f}"


def _centres(request: HttpRequest, service: Service) -> list[dict[str, Any]]:
    language = language_of(request)
    found = earliest_slots(service=service.code, now=now_of(request), per_centre=TIMES_PER_CENTRE)
    centres = centres_of(found)
    return [
        {
            "directorate": localised(centres[code].directorate.name, language),
            "name": localised(centres[code].name, language),
            "address": localised(centres[code].address, language),
            "href": address("slots", service.code, centre=code),
            "slots": [{"starts_at": slot.starts_at, "href": booking_link(slot)} for slot in slots],
        }
        for code, slots in found.items()
    ]
