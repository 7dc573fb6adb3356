"""The waiting list: what one waits for, joining, leaving, and taking what is offered."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from mawaeed.availability.queries import free_starts
from mawaeed.booking import actions as booking
from mawaeed.booking.errors import UnknownService
from mawaeed.booking.models import Appointment, WaitingEntry
from mawaeed.booking.queries import appointment_for_person
from mawaeed.booking.waiting.queries import (
    entries_for_person,
    entry_by_token,
    entry_for_person,
    has_live_offer,
    has_news,
    offered_offering,
    token_of,
)
from mawaeed.centres.models import Offering
from mawaeed.centres.names import localised, service_public_name
from mawaeed.centres.queries import offerings_of
from mawaeed.conduct.queries import refusal_of
from mawaeed.kernel.actor import Actor
from mawaeed.kernel.clock import local_date
from mawaeed.kernel.errors import DomainError, Malformed
from mawaeed.kernel.idempotency import once
from mawaeed.kernel.policies import policy
from mawaeed.people.models import Beneficiary, Person
from mawaeed.people.queries import dependants_of
from mawaeed.web.audience import public, resident
from mawaeed.web.citizen.pages import address, clean, form_key, moment_of, page, place, written
from mawaeed.web.citizen.showing import names_of
from mawaeed.web.request import actor_of, language_of, now_of, resident_of, visitor_of
from mawaeed.web.templatetags.web_components import day_words

MYSELF = "me"
A_SECOND = timedelta(seconds=1)


@resident
@require_safe
def waiting(request: HttpRequest) -> HttpResponse:
    """What one waits for, and what is offered."""
    person, now = resident_of(request), now_of(request)
    names = names_of(person)
    found = entries_for_person(person).filter(state__in=WaitingEntry.OPEN)
    context = {
        "entries": [_row(request, each, names, now) for each in found],
        "most": policy("waiting.messages_in_all", now),
        "nav_current": "appointments",
    }
    return page(request, "waiting", context)


def _row(
    request: HttpRequest, entry: WaitingEntry, names: dict[int, str], now: datetime
) -> dict[str, Any]:
    return {
        "entry": entry,
        "service": localised(entry.service.name, language_of(request)),
        "place": place(request, entry.centre) if entry.centre else None,
        "beneficiary": names.get(entry.beneficiary_id, ""),
        "offer": _offer(request, entry, now) if has_news(entry, now) else None,
        "offer_href": reverse("waiting-offer", args=[token_of(entry)]),
    }


def _offer(request: HttpRequest, entry: WaitingEntry, now: datetime) -> dict[str, Any]:
    """The place offered or told of last, and whether it can still be had."""
    offering = offered_offering(entry)
    starts_at = entry.offered_starts_at
    if offering is None or starts_at is None:
        return {"free": False}
    held = has_live_offer(entry, now)
    return {
        **place(request, offering.centre),
        "starts_at": starts_at,
        "until": entry.offer_expires_at if held else None,
        "free": held or _is_free(offering, starts_at),
        "offering": offering,
    }


def _is_free(offering: Offering, starts_at: datetime) -> bool:
    length = timedelta(minutes=offering.duration_minutes)
    found = free_starts(offering, starts_at - A_SECOND, starts_at + length)
    return int(starts_at.timestamp()) in found


@resident
@require_http_methods(["GET", "HEAD", "POST"])
def join(request: HttpRequest) -> HttpResponse:
    """For what, where and until when; a POST joins, once per key."""
    asked = request.POST if request.method == "POST" else request.GET
    person = resident_of(request)
    reference = clean(asked.get("appointment"))
    held = appointment_for_person(person, reference) if reference else None
    service = held.service.code if held else clean(asked.get("service"))
    offerings = list(offerings_of(service))
    if not offerings:
        raise UnknownService(service=service)
    if request.method != "POST":
        return _form(request, offerings, held, refusal_of(person, now_of(request)))
    try:
        _join(request, offerings, held)
    except DomainError as refusal:
        return _form(request, offerings, held, refusal)
    messages.success(request, _("You are on the waiting list. We tell you by SMS."))
    return redirect("waiting")


def _join(request: HttpRequest, offerings: list[Offering], held: Appointment | None) -> None:
    person, now, posted = resident_of(request), now_of(request), request.POST
    centre = clean(posted.get("centre"))
    if centre and centre not in {each.centre.code for each in offerings}:
        raise Malformed(field="centre")
    who = clean(posted.get("who")) or MYSELF
    first, last = _date(posted.get("from")), _date(posted.get("until"))

    def write() -> dict[str, Any]:
        entry = booking.join_waiting_list(
            person=person,
            service_code=offerings[0].service.code,
            centre_code=centre or None,
            beneficiary=_beneficiary(person, who),
            appointment=held,
            from_date=first,
            until_date=last,
            actor=actor_of(person),
            now=now,
        )
        return {"entry": entry.pk}

    body = {
        "do": "wait",
        "service": offerings[0].service.code,
        "appointment": held.reference if held else "",
        "who": who,
        "centre": centre,
        "from": str(first),
        "until": str(last),
    }
    once(actor=actor_of(person), key=clean(posted.get("key")), body=body, write=write)


def _form(
    request: HttpRequest,
    offerings: list[Offering],
    held: Appointment | None,
    refusal: DomainError | None = None,
) -> HttpResponse:
    asked = request.POST if request.method == "POST" else request.GET
    now, service = now_of(request), offerings[0].service
    zone = held.centre.timezone if held else offerings[0].centre.timezone
    days = _days(now, zone, held)
    any_centre = ("", pgettext("waiting list", "Any centre"))
    context = {
        "service": service,
        "service_name": localised(service.name, language_of(request)),
        "held": held,
        "held_place": place(request, held.centre) if held else None,
        "centres": [any_centre, *((each.centre.code, _named(request, each)) for each in offerings)],
        "centre": clean(asked.get("centre")),
        "people": [] if held else _people(request, service.dependants),
        "who": clean(asked.get("who")) or MYSELF,
        "days": [(day.isoformat(), day_words(day, local_date(now, zone))) for day in days],
        "first": clean(asked.get("from")) or days[0].isoformat(),
        "last": clean(asked.get("until")) or days[-1].isoformat(),
        "most": policy("waiting.messages_in_all", now),
        "key": form_key(),
        "refusal": refusal,
        "back": reverse("appointment", args=[held.reference])
        if held
        else address("service", service.code),
        "nav_current": "appointments" if held else "services",
    }
    status = refusal.http_status if refusal else 200
    return page(request, "waiting_join", context, zone=zone, status=status)


def _days(now: datetime, zone: str, held: Appointment | None) -> list[date]:
    today = local_date(now, zone)
    last = held.day if held else today + timedelta(days=policy("waiting.longest_days", now))
    return [today + timedelta(days=ahead) for ahead in range(max(0, (last - today).days) + 1)]


def _named(request: HttpRequest, offering: Offering) -> str:
    named = place(request, offering.centre)
    # The centre first: a narrow list cuts the end off.
    return f"{named['centre']} – {named['directorate']}"


def _people(request: HttpRequest, dependants: bool) -> list[tuple[str, str]]:
    """Who may come; empty when there is nobody to choose from."""
    if not dependants:
        return []
    others = [(str(each.pk), each.name) for each in dependants_of(resident_of(request))]
    return [(MYSELF, _("Me")), *others] if others else []


def _beneficiary(person: Person, who: str) -> Beneficiary | None:
    if who == MYSELF:
        return None
    for dependant in dependants_of(person):
        if str(dependant.pk) == who:
            return dependant.beneficiary
    raise Malformed(field="who")


def _date(text: str | None) -> date | None:
    try:
        return date.fromisoformat(clean(text)) if text else None
    except ValueError:
        raise Malformed(field="until") from None


@resident
@require_POST
def leave(request: HttpRequest, entry: int) -> HttpResponse:
    """Wait no longer. Repeating is harmless."""
    person = resident_of(request)
    found = entry_for_person(person, entry)
    booking.leave_waiting_list(entry=found, actor=actor_of(person), now=now_of(request))
    messages.success(request, _("You are no longer on this waiting list."))
    return redirect("waiting")


@public
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def offer(request: HttpRequest, token: str) -> HttpResponse:
    """The place a message told of: whoever holds the link may take or decline it.

    Shows no name and no number.
    """
    entry = entry_by_token(clean(token))
    if request.method != "POST":
        return _offer_page(request, entry)
    try:
        if request.POST.get("do") == "decline":
            actor = _holder(entry)
            booking.decline_offer(entry=entry, actor=actor, now=now_of(request))
            messages.success(request, _("Thank you. You stay on the waiting list."))
            return redirect("waiting-offer", token_of(entry))
        secret = _accept(request, entry)
    except DomainError as refusal:
        return _offer_page(request, entry_by_token(clean(token)), refusal)
    messages.success(request, _("The place is yours. The ticket is on its way by SMS."))
    return redirect("e-ticket", secret)


def _accept(request: HttpRequest, entry: WaitingEntry) -> str:
    now = now_of(request)
    seen = moment_of(clean(request.POST.get("at")))

    def write() -> dict[str, Any]:
        taken = booking.accept_offer(entry=entry, actor=_holder(entry), now=now, seen=seen)
        return {"secret": taken.secret}

    body = {"do": "accept", "entry": entry.pk, "at": written(seen)}
    key = clean(request.POST.get("key"))
    return str(once(actor=_holder(entry), key=key, body=body, write=write)["secret"])


def _holder(entry: WaitingEntry) -> Actor:
    """The person the link was sent to, acting through it."""
    return Actor("person", entry.person_id, "link")


def _offer_page(
    request: HttpRequest, entry: WaitingEntry, refusal: DomainError | None = None
) -> HttpResponse:
    now, language = now_of(request), language_of(request)
    held = entry.appointment
    news = _offer(request, entry, now) if has_news(entry, now) else None
    visitor = visitor_of(request)
    own = visitor is not None and visitor.pk == entry.person_id
    name = localised(entry.service.name, language)
    context = {
        "entry": entry,
        "open": entry.state in WaitingEntry.OPEN,
        "offer": news,
        "held": held if held and held.state == Appointment.State.BOOKED else None,
        "service_name": name if own else service_public_name(entry.service, language),
        "needs_two": held is None and entry.service.people_present > 1,
        "book_href": _booking(entry, news),
        "at": written(entry.offered_starts_at) if entry.offered_starts_at else "",
        "times_href": address("service", entry.service.code),
        "token": token_of(entry),
        "key": form_key(),
        "refusal": refusal,
    }
    pool = entry.offered_pool
    zone = pool.centre.timezone if pool else "Asia/Bahrain"
    status = refusal.http_status if refusal else 200
    return page(request, "waiting_offer", context, zone=zone, status=status)


def _booking(entry: WaitingEntry, news: dict[str, Any] | None) -> str:
    if news is None or "offering" not in news:
        return ""
    code = news["offering"].centre.code
    at = written(news["starts_at"])
    return address("book", service=entry.service.code, centre=code, at=at)
