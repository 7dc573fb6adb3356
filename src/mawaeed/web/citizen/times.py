"""A week of free times, day by day and centre by centre; for booking and for moving."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from mawaeed.availability.models import Session
from mawaeed.availability.queries import Slot, last_bookable_date, slots_for
from mawaeed.booking.errors import UnknownCentre
from mawaeed.centres.models import Centre, Offering
from mawaeed.centres.names import localised
from mawaeed.centres.queries import active_centres, offerings_of
from mawaeed.kernel.clock import local_date
from mawaeed.web.audience import public
from mawaeed.web.citizen.pages import address, clean, page, written
from mawaeed.web.request import language_of, now_of

Link = Callable[..., str]
NEVER = datetime.max.replace(tzinfo=UTC)


def centres_of(codes: Iterable[str]) -> dict[str, Centre]:
    """Code → centre with its directorate."""
    return {centre.code: centre for centre in active_centres().filter(code__in=list(codes))}


def booking_link(slot: Slot) -> str:
    """Where choosing this time leads."""
    return address(
        "book", service=slot.service_code, centre=slot.centre_code, at=written(slot.starts_at)
    )


@public
@require_safe
def slots(request: HttpRequest, code: str) -> HttpResponse:
    """The week of one service at one centre; any centre when none is chosen."""

    def to_day(**query: str) -> str:
        return address("slots", code, **query)

    week = week_of(request, clean(code), to_day, booking_link)
    context = {**week, "back": address("service", code), "nav_current": "services"}
    return page(request, "times", context, zone=week["zone"])


def week_of(
    request: HttpRequest,
    service_code: str,
    to_day: Link,
    to_slot: Callable[[Slot], str],
    centre_code: str = "",
) -> dict[str, Any]:
    """Days, centres and times as the template shows them.

    `?centre=` and `?day=` choose; else `centre_code` or the centre with the earliest time, and its
    first day with a free time. Refuses `UnknownCentre` where the service is not offered.
    """
    now = now_of(request)
    offerings = {each.centre.code: each for each in offerings_of(service_code)}
    found = slots_for(service=service_code, now=now)
    first = centre_code if centre_code in offerings else _first_centre(found, offerings)
    chosen = clean(request.GET.get("centre")) or first
    if chosen not in offerings:
        raise UnknownCentre(centre=chosen)
    offering = offerings[chosen]
    here = [slot for slot in found if slot.centre_code == chosen]
    zone = offering.centre.timezone
    days = _days(offering, here, now)
    day = _chosen_day(request.GET.get("day"), days)
    language = language_of(request)
    return {
        "zone": zone,
        "service_name": localised(offering.service.name, language),
        "place": {
            "directorate": localised(offering.centre.directorate.name, language),
            "name": localised(offering.centre.name, language),
            "address": localised(offering.centre.address, language),
        },
        "days": [
            {
                "date": each,
                "free": free,
                "selected": each == day,
                "href": to_day(centre=chosen, day=each.isoformat()),
            }
            for each, free in days.items()
        ],
        "day": day,
        "slots": [
            {"starts_at": slot.starts_at, "places_left": slot.places_left, "href": to_slot(slot)}
            for slot in here
            if local_date(slot.starts_at, zone) == day
        ],
        "centres": _centres(offerings, found, chosen, to_day, language),
    }


def _first_centre(found: list[Slot], offerings: dict[str, Offering]) -> str:
    return found[0].centre_code if found else next(iter(offerings), "")


def _days(offering: Offering, here: list[Slot], now: datetime) -> dict[date, int | None]:
    """Each bookable date with its free times; None where the centre is closed."""
    zone = offering.centre.timezone
    today, last = local_date(now, zone), last_bookable_date(now, zone)
    free = Counter(local_date(slot.starts_at, zone) for slot in here)
    opened = set(
        Session.objects.filter(
            pool_id=offering.pool_id, date__gte=today, date__lte=last, ends_at__gt=now
        ).values_list("date", flat=True)
    )
    span = [today + timedelta(days=offset) for offset in range((last - today).days + 1)]
    return {day: free[day] if day in opened else None for day in span}


def _chosen_day(asked: str | None, days: dict[date, int | None]) -> date:
    try:
        day = date.fromisoformat(asked or "")
    except ValueError:
        day = date.min
    if day in days:
        return day
    return next((each for each, free in days.items() if free), next(iter(days)))


def _centres(
    offerings: dict[str, Offering], found: list[Slot], chosen: str, to_day: Link, language: str
) -> list[dict[str, Any]]:
    earliest: dict[str, datetime] = {}
    for slot in found:
        earliest.setdefault(slot.centre_code, slot.starts_at)
    others = [code for code in offerings if code != chosen]
    others.sort(key=lambda code: earliest.get(code, NEVER))
    return [
        {
            "directorate": localised(offerings[code].centre.directorate.name, language),
            "name": localised(offerings[code].centre.name, language),
            "href": to_day(centre=code),
            "earliest": earliest.get(code),
        }
        for code in others
    ]
