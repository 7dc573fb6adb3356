"""The page on which a chosen time is checked, and the hold on it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse

from mawaeed.availability.queries import last_bookable_date, slots_for
from mawaeed.booking.actions.steps import scopes_of
from mawaeed.booking.chains import plan_visit, visit_starts_between
from mawaeed.booking.errors import SlotTaken
from mawaeed.booking.holds import hold_stay, live_holds, standing_hold
from mawaeed.booking.models import Hold
from mawaeed.centres.names import localised
from mawaeed.kernel.clock import day_bounds, local_date
from mawaeed.kernel.errors import DomainError
from mawaeed.kernel.policies import policy
from mawaeed.web.citizen.choosing import Chosen, Comer, comers_of, link
from mawaeed.web.citizen.companions import Second, needs_two, second_fields
from mawaeed.web.citizen.pages import address, clean, form_key, page, place
from mawaeed.web.citizen.priority import age_that_goes_first
from mawaeed.web.citizen.signing import error_list
from mawaeed.web.request import language_of, now_of, resident_of

OTHER_TIMES = 6
# Refusals after which this time cannot be had: other times are shown.
TIME_IS_GONE = frozenset({"slot_taken", "closed", "past", "outside_horizon"})


def check_page(
    request: HttpRequest,
    chosen: Chosen,
    refusal: DomainError | None = None,
    seconds: dict[int, Second] | None = None,
) -> HttpResponse:
    """Everything once more before it is booked; with other times where this one is gone."""
    seconds = seconds or {}
    starts, refusal = _starts(request, chosen, refusal)
    service, language = chosen.offerings[0].service, language_of(request)
    comers = comers_of(resident_of(request))
    wrong = {name: text for each in seconds.values() for name, text in each.wrong.items()}
    context = {
        "service": service,
        "service_name": localised(service.name, language),
        "place": place(request, chosen.centre),
        "chosen": chosen,
        "starts_at": chosen.starts_at,
        "parts": _parts(request, chosen, starts, comers, seconds),
        "people": _people(chosen, comers),
        "who": clean(request.POST.get("who")) or chosen.choices[0].who,
        "key": form_key(),
        "papers": _papers(chosen, language),
        "two_must_come": any(needs_two(each) for each in chosen.offerings),
        "must_name": _must_name(request, chosen),
        "times_href": times_href(chosen),
        "visit_href": link("visit", chosen.choices, centre=chosen.centre.code),
        "refusal": refusal,
        "gone": is_gone(refusal),
        "others": other_times(request, chosen) if is_gone(refusal) else [],
        "hold": hold_shown(request, chosen),
        "care_href": address("dependants", next=chosen.href),
        "goes_first": age_that_goes_first(request, service.code, chosen.centre.code),
        "errors": error_list(wrong),
    }
    status = refusal.http_status if refusal else 422 if wrong else 200
    return page(request, "book", context, zone=chosen.centre.timezone, status=status)


def is_gone(refusal: DomainError | None) -> bool:
    """Whether this time cannot be had any more."""
    return refusal is not None and refusal.code in TIME_IS_GONE


def _starts(
    request: HttpRequest, chosen: Chosen, refusal: DomainError | None
) -> tuple[list[datetime], DomainError | None]:
    """When each part begins; refused where they do not follow each other any more."""
    person, now = resident_of(request), now_of(request)
    held = [hold_stay(each) for each in live_holds(person, now)]
    try:
        starts = plan_visit(chosen.offerings, chosen.starts_at, now=now, giving_up=held)
    except SlotTaken as gone:
        return [], refusal or gone
    return starts, refusal


def _parts(
    request: HttpRequest,
    chosen: Chosen,
    starts: list[datetime],
    comers: dict[str, Comer],
    seconds: dict[int, Second],
) -> list[dict[str, Any]]:
    language = language_of(request)
    return [
        {
            "turn": turn,
            "service": localised(offering.service.name, language),
            "starts_at": starts[turn - 1] if starts else None,
            "minutes": offering.duration_minutes,
            "who": comers[choice.who].name if choice.who in comers else "",
            "second": second_fields(request, turn, seconds) if needs_two(offering) else None,
        }
        for turn, (choice, offering) in enumerate(
            zip(chosen.choices, chosen.offerings, strict=True), 1
        )
    ]


def _people(chosen: Chosen, comers: dict[str, Comer]) -> list[tuple[str, str]]:
    """Who may come to a single appointment; empty when there is nobody to choose from."""
    service = chosen.offerings[0].service
    able = [(each.who, each.name) for each in comers.values() if each.may_come_for(service)]
    return able if len(able) > 1 and not chosen.several else []


def _papers(chosen: Chosen, language: str) -> list[str]:
    papers = (
        localised(paper, language) for each in chosen.offerings for paper in each.service.papers
    )
    return list(dict.fromkeys(papers))


def _must_name(request: HttpRequest, chosen: Chosen) -> bool:
    now = now_of(request)
    return any(
        policy("booking.companion_required", now, scopes_of(each))
        for each in chosen.offerings
        if needs_two(each)
    )


def times_href(chosen: Chosen) -> str:
    """Back to the times of the same day."""
    centre = chosen.centre
    day = local_date(chosen.starts_at, centre.timezone).isoformat()
    if chosen.several:
        return link("visit-times", chosen.choices, centre=centre.code, day=day)
    return address("slots", chosen.offerings[0].service.code, centre=centre.code, day=day)


def other_times(request: HttpRequest, chosen: Chosen) -> list[dict[str, Any]]:
    """The times nearest to the chosen one at which the same can be had."""
    now, centre = now_of(request), chosen.centre
    if chosen.several:
        zone = centre.timezone
        last = day_bounds(last_bookable_date(now, zone), zone)[1]
        found = [each[0] for each in visit_starts_between(chosen.offerings, now, last, now=now)]
    else:
        service = chosen.offerings[0].service.code
        found = [each.starts_at for each in slots_for(service=service, centre=centre.code, now=now)]
    nearest = sorted(found, key=lambda moment: abs(moment - chosen.starts_at))[:OTHER_TIMES]
    return [
        {"starts_at": moment, "href": Chosen(chosen.choices, chosen.offerings, moment).href}
        for moment in sorted(nearest)
    ]


def hold_shown(
    request: HttpRequest, chosen: Chosen, refusal: DomainError | None = None
) -> dict[str, Any]:
    """What parts/hold.html takes: held until when, still to be taken, refused or over."""
    person, now = resident_of(request), now_of(request)
    held: list[Hold] = standing_hold(person, chosen.offerings, chosen.starts_at, now)
    until = min((each.expires_at for each in held), default=now)
    gone = is_gone(refusal)
    return {
        "state": "held" if held else "refused" if refusal else "wanted",
        "until": until,
        "seconds": int((until - now) / timedelta(seconds=1)),
        "minutes": policy("hold.minutes", now, scopes_of(chosen.offerings[0])),
        "fields": chosen.fields,
        "key": form_key(),
        "here": chosen.href,
        "times_href": times_href(chosen),
        "refusal": refusal,
        "gone": gone,
        "others": other_times(request, chosen) if gone else [],
    }
