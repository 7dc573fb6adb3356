"""A week of free times, day by day and centre by centre; for booking and for moving."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from mawaeed.availability.finding.nothing_free import nothing_free
from mawaeed.availability.finding.queries import (
    TimesRead,
    Wanted,
    WeekDay,
    centres_found,
    read_times,
    week_at,
)
from mawaeed.availability.queries import Slot
from mawaeed.booking.errors import UnknownCentre
from mawaeed.centres.models import Centre
from mawaeed.centres.names import localised
from mawaeed.centres.queries import active_centres
from mawaeed.web.audience import public
from mawaeed.web.citizen.finder import (
    asked_in,
    distance_words,
    form_of,
    nothing_shown,
    week_strip,
)
from mawaeed.web.citizen.pages import address, clean, page, written
from mawaeed.web.request import language_of, now_of

Link = Callable[..., str]
ANYTHING = Wanted()


def centres_of(codes: Iterable[str]) -> dict[str, Centre]:
    """Code → centre with its directorate."""
    return {centre.code: centre for centre in active_centres().filter(code__in=list(codes))}


def booking_link(slot: Slot) -> str:
    """Where choosing this time leads."""
    return address(
        "book", service=slot.service_code, centre=slot.centre_code, at=written(slot.starts_at)
    )


@public
@require_http_methods(["GET", "HEAD", "POST"])
def slots(request: HttpRequest, code: str) -> HttpResponse:
    """The week of one service at one centre; any centre when none is chosen.

    A POST changes nothing: it carries a position, which belongs in no address.
    """
    asked = asked_in(request)

    def to_day(**query: str) -> str:
        return address("slots", code, **{**asked.query(day=""), **query})

    week = week_of(request, clean(code), to_day, booking_link, wanted=asked.wanted)
    context = {
        **week,
        "finder": form_of(
            request,
            asked,
            address("slots", code),
            centre=week["centre"],
            day=week["day"].isoformat(),
        ),
        "back": address("service", code, **asked.query(day="")),
        "waiting_href": address("waiting-join", service=clean(code), centre=week["centre"]),
        "nav_current": "services",
    }
    return page(request, "times", context, zone=week["zone"])


def week_of(
    request: HttpRequest,
    service_code: str,
    to_day: Link,
    to_slot: Callable[[Slot], str],
    centre_code: str = "",
    *,
    wanted: Wanted = ANYTHING,
) -> dict[str, Any]:
    """Days, centres and times as the template shows them.

    `?centre=` and `?day=` choose; else `centre_code` or the first centre in the order wanted, and
    its first day with a time that fits. Refuses `UnknownCentre` where the service is not offered.
    """
    read = read_times(service=service_code, now=now_of(request))
    language = language_of(request)
    chosen = _chosen_centre(request, read, centre_code, wanted)
    offering = read.at(chosen)[0]
    days = week_at(read, chosen)
    day = _chosen_day(request, days, wanted.part)
    return {
        "zone": offering.centre.timezone,
        "centre": chosen,
        "service_name": localised(offering.service.name, language),
        "place": {
            "directorate": localised(offering.centre.directorate.name, language),
            "name": localised(offering.centre.name, language),
            "address": localised(offering.centre.address, language),
        },
        "days": week_strip(days, day.date, lambda date: to_day(centre=chosen, day=date), language),
        "day": day.date,
        "slots": [
            {
                "starts_at": slot.starts_at,
                "places_left": slot.places_left,
                "seats": offering.pool.places is not None,
                "href": to_slot(slot),
            }
            for slot, date, part in read.slots.get(chosen, ())
            if date == day.date and wanted.part in {None, part}
        ],
        "whole_day_href": to_day(centre=chosen, day=day.date.isoformat(), part=""),
        "narrowed": wanted.part is not None and day.total > 0,
        "nothing": nothing_shown(nothing_free(read, chosen), service_code, language),
        "centres": _other_centres(read, chosen, wanted, to_day, language),
    }


def _asked_for(request: HttpRequest, name: str) -> str:
    return clean((request.POST if request.method == "POST" else request.GET).get(name))


def _chosen_centre(request: HttpRequest, read: TimesRead, usual: str, wanted: Wanted) -> str:
    chosen = _asked_for(request, "centre") or usual
    if not read.at(chosen):
        if _asked_for(request, "centre") or not read.offerings:
            raise UnknownCentre(centre=chosen)
        return centres_found(read, wanted)[0].centre.code
    return chosen


def _chosen_day(request: HttpRequest, days: list[WeekDay], part: str | None) -> WeekDay:
    """The day asked for, else the first with a time that fits, else the first with any."""
    asked = _asked_for(request, "day")
    for fits in (
        lambda day: day.date.isoformat() == asked,
        lambda day: day.free.get(part, 0) > 0,
        lambda day: day.total > 0,
    ):
        if found := next(filter(fits, days), None):
            return found
    return days[0]


def _other_centres(
    read: TimesRead, chosen: str, wanted: Wanted, to_day: Link, language: str
) -> list[dict[str, Any]]:
    """The others in the order wanted, each with its first time that fits the part of the day."""
    anyday = Wanted(part=wanted.part, position=wanted.position, sort=wanted.sort)
    return [
        {
            "directorate": localised(each.centre.directorate.name, language),
            "name": localised(each.centre.name, language),
            "href": to_day(centre=each.centre.code),
            "earliest": each.slots[0].starts_at if each.slots else None,
            "distance": distance_words(each.distance_km),
        }
        for each in centres_found(read, anyday)
        if each.centre.code != chosen
    ]
