"""Several services or people in one visit: put it together, choose when it begins."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from mawaeed.availability.models import Session
from mawaeed.availability.places import Stay
from mawaeed.availability.queries import last_bookable_date
from mawaeed.booking.actions.steps import scopes_of
from mawaeed.booking.chains import find_offerings, visit_starts_between
from mawaeed.booking.errors import DependantsNotAllowed, UnknownCentre
from mawaeed.booking.holds import hold_stay, live_holds
from mawaeed.centres.models import Centre, Offering
from mawaeed.centres.names import localised
from mawaeed.centres.queries import offerings_at, offerings_of
from mawaeed.kernel.clock import day_bounds, local_date
from mawaeed.kernel.errors import DomainError
from mawaeed.kernel.policies import policy
from mawaeed.web.audience import resident
from mawaeed.web.citizen.choosing import (
    MYSELF,
    Choice,
    Chosen,
    Comer,
    choices_in,
    comer_named,
    comers_of,
    link,
)
from mawaeed.web.citizen.pages import address, clean, page, place
from mawaeed.web.request import language_of, now_of, resident_of


@resident
@require_safe
def visit(request: HttpRequest) -> HttpResponse:
    """What the visit is made of so far, and a form to add to it. Nothing is stored yet."""
    if not (request.GET.get("leg") or request.GET.get("service")):
        return redirect("services")  # a visit begins with a service
    choices = choices_in(request.GET)
    centres = centres_offering([each.service for each in choices])
    centre = _chosen_centre(request, centres)
    comers = comers_of(resident_of(request))
    wrong = ""
    if added := clean(request.GET.get("add")):
        choice = Choice(added, clean(request.GET.get("add_who")) or MYSELF)
        wrong = _why_not(choice, choices, centre, comers, now_of(request))
        if not wrong:
            return redirect(link("visit", [*choices, choice], centre=centre.code))
    return _put_together(request, choices, centre, centres, comers, wrong)


def _why_not(
    choice: Choice,
    choices: Sequence[Choice],
    centre: Centre,
    comers: dict[str, Comer],
    now: datetime,
) -> str:
    """Why this cannot be added, in words; "" if it can."""
    try:
        [offering] = find_offerings([choice.service], centre.code, now)
        comer = comer_named(comers, choice.who)
    except DomainError as refusal:
        return refusal.text()
    if not comer.may_come_for(offering.service):
        return DependantsNotAllowed().text()
    if choices.count(choice) >= offering.service.limit_per_beneficiary:
        return _("This service is in the visit already for the same person.")
    return ""


def _put_together(  # noqa: PLR0917 (what the page is made of)
    request: HttpRequest,
    choices: list[Choice],
    centre: Centre,
    centres: Sequence[Centre],
    comers: dict[str, Comer],
    wrong: str,
) -> HttpResponse:
    language = language_of(request)
    offerings = list(offerings_at(centre.code))
    here = {each.service.code: each for each in offerings}
    most = policy("visit.legs", now_of(request), scopes_of(offerings[0]))
    context = {
        "parts": [
            {
                "service": localised(here[each.service].service.name, language),
                "who": comers[each.who].name if each.who in comers else "",
                "minutes": here[each.service].duration_minutes,
                "remove": _without(choices, turn, centre) if len(choices) > 1 else "",
            }
            for turn, each in enumerate(choices)
        ],
        "legs": [str(each) for each in choices],
        "centre": centre,
        "place": place(request, centre),
        "centres": [(each.code, _place_words(request, each)) for each in centres],
        "full": len(choices) >= most,
        "most": most,
        "services": [
            (code, localised(offering.service.name, language)) for code, offering in here.items()
        ],
        "people": [(each.who, each.name) for each in comers.values()],
        "added": clean(request.GET.get("add")) or choices[-1].service,
        "added_who": clean(request.GET.get("add_who")) or MYSELF,
        "wrong": wrong,
        "care_href": address("dependants", next=link("visit", choices, centre=centre.code)),
        "back": address("service", choices[0].service),
        "nav_current": "services",
    }
    return page(request, "visit", context, zone=centre.timezone, status=422 if wrong else 200)


def _without(choices: Sequence[Choice], turn: int, centre: Centre) -> str:
    return link("visit", [*choices[:turn], *choices[turn + 1 :]], centre=centre.code)


def _place_words(request: HttpRequest, centre: Centre) -> str:
    told = place(request, centre)
    # The centre first: a narrow list cuts the end off.
    return f"{told['centre']} – {told['directorate']}"


@resident
@require_safe
def visit_times(request: HttpRequest) -> HttpResponse:
    """A week of times at which all parts of the visit fit one after another."""
    choices = choices_in(request.GET)
    codes = [each.service for each in choices]
    centres = centres_offering(codes)
    centre = _chosen_centre(request, centres)
    offerings = find_offerings(codes, centre.code, now_of(request))

    def to_day(code: str, day: str) -> str:
        return link("visit-times", choices, centre=code, day=day)

    def to_start(starts_at: datetime) -> str:
        return Chosen(choices, offerings, starts_at).href

    comers = comers_of(resident_of(request))
    held = [hold_stay(each) for each in live_holds(resident_of(request), now_of(request))]
    week = visit_week(request, offerings, centres, to_day, to_start, giving_up=held)
    language = language_of(request)
    context = {
        **week,
        "parts": [
            {
                "service": localised(offering.service.name, language),
                "who": comers[choice.who].name if choice.who in comers else "",
            }
            for choice, offering in zip(choices, offerings, strict=True)
        ],
        "back": link("visit", choices, centre=centre.code),
        "nav_current": "services",
    }
    return page(request, "visit_times", context, zone=week["zone"])


def visit_week(
    request: HttpRequest,
    offerings: Sequence[Offering],
    centres: Sequence[Centre],
    to_day: Callable[[str, str], str],
    to_start: Callable[[datetime], str],
    *,
    giving_up: Sequence[Stay] = (),
) -> dict[str, Any]:
    """Days, times and other centres as visit_times.html shows them; `?day=` chooses."""
    now, centre = now_of(request), offerings[0].centre
    zone = centre.timezone
    today, last = local_date(now, zone), last_bookable_date(now, zone)
    chains = visit_starts_between(
        offerings, now, day_bounds(last, zone)[1], now=now, giving_up=giving_up
    )
    starts = [chain[0] for chain in chains]
    free = Counter(local_date(moment, zone) for moment in starts)
    opened = _days_open(offerings, today, last, now)
    span = [today + timedelta(days=offset) for offset in range((last - today).days + 1)]
    days = {day: free[day] if day in opened else None for day in span}
    chosen = _chosen_day(request.GET.get("day"), days)
    return {
        "zone": zone,
        "place": place(request, centre),
        "day": chosen,
        "days": [
            {
                "date": day,
                "free": times,
                "selected": day == chosen,
                "href": to_day(centre.code, day.isoformat()),
            }
            for day, times in days.items()
        ],
        "slots": [
            {"starts_at": moment, "href": to_start(moment)}
            for moment in starts
            if local_date(moment, zone) == chosen
        ],
        "centres": [
            {**place(request, each), "href": to_day(each.code, chosen.isoformat())}
            for each in centres
            if each.pk != centre.pk
        ],
    }


def _days_open(offerings: Sequence[Offering], today: date, last: date, now: datetime) -> set[date]:
    """The dates on which every pool of the visit serves."""
    pools = {each.pool_id for each in offerings}
    rows = Session.objects.filter(
        pool_id__in=pools, date__gte=today, date__lte=last, ends_at__gt=now
    ).values_list("date", "pool_id")
    served = Counter(day for day, _pool in set(rows))
    return {day for day, count in served.items() if count == len(pools)}


def _chosen_day(asked: str | None, days: dict[date, int | None]) -> date:
    try:
        day = date.fromisoformat(asked or "")
    except ValueError:
        day = date.min
    if day in days:
        return day
    return next((each for each, free in days.items() if free), next(iter(days)))


def centres_offering(service_codes: Sequence[str]) -> list[Centre]:
    """Where all of the services can be had, in the catalogue's order."""
    found: list[Centre] | None = None
    for code in dict.fromkeys(service_codes):
        here = [offering.centre for offering in offerings_of(code)]
        known = {each.pk for each in here}
        found = here if found is None else [each for each in found if each.pk in known]
    return found or []


def _chosen_centre(request: HttpRequest, centres: Sequence[Centre]) -> Centre:
    """The one asked for, else the first; refuses `UnknownCentre` where none offers all."""
    asked = clean(request.GET.get("centre"))
    for each in centres:
        if not asked or each.code == asked:
            return each
    raise UnknownCentre(centre=asked)
