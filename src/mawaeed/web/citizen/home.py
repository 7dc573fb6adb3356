"""The first page: what can be had, when, and what is new."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from mawaeed.availability.queries import Slot, slots_for
from mawaeed.centres.models import Service
from mawaeed.centres.names import localised
from mawaeed.centres.queries import directorates_in_use, offered_services
from mawaeed.content.queries import contact_channels, published_announcements
from mawaeed.kernel.clock import local_date
from mawaeed.web.audience import public
from mawaeed.web.citizen.pages import address, page
from mawaeed.web.citizen.times import booking_link, centres_of
from mawaeed.web.request import language_of, now_of

TEASERS = 4
NEWS = 3


@public
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Search, the directorates, the next free times, announcements and ways of contact."""
    now = now_of(request)
    context = {
        "directorates": [_directorate(request, each) for each in directorates_in_use()],
        "soonest": _soonest(request, now),
        "announcements": published_announcements(now)[:NEWS],
        "contacts": contact_channels(),
        "nav_current": "home",
    }
    return page(request, "home", context)


def _directorate(request: HttpRequest, directorate: Any) -> dict[str, str]:
    return {
        "name": localised(directorate.name, language_of(request)),
        "href": address("services", directorate=directorate.code),
        "icon": ICONS.get(directorate.code, "document"),
    }


ICONS = {
    "traffic": "car",
    "passports": "passport",
    "customs": "container",
    "criminal-information": "fingerprint",
}


def _soonest(request: HttpRequest, now: datetime) -> list[dict[str, Any]]:
    """The next free time of the first service of each directorate, soonest first."""
    language = language_of(request)
    teasers = []
    for service in _first_services():
        slot = _earliest(service.code, now)
        if slot is None:
            continue
        centre = centres_of([slot.centre_code])[slot.centre_code]
        teasers.append(
            {
                "directorate": localised(centre.directorate.name, language),
                "name": localised(centre.name, language),
                "service": localised(service.name, language),
                "href": booking_link(slot),
                "earliest": slot.starts_at,
            }
        )
    return sorted(teasers, key=lambda teaser: teaser["earliest"])


def _earliest(service_code: str, now: datetime) -> Slot | None:
    """The first free time anywhere: today's and tomorrow's are read first, they usually do."""
    soon = local_date(now, settings.TIME_ZONE) + timedelta(days=1)
    near = slots_for(service=service_code, now=now, to_date=soon)
    found = near or slots_for(service=service_code, now=now)
    return found[0] if found else None


def _first_services() -> list[Service]:
    chosen: dict[int, Service] = {}
    for service in offered_services():
        chosen.setdefault(service.directorate_id, service)
    return list(chosen.values())[:TEASERS]
