"""Check the chosen time, hold it while the form is filled in, say who comes, book."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from mawaeed.booking import actions as booking
from mawaeed.booking.errors import HoldPaused
from mawaeed.booking.legs import Wanted
from mawaeed.conduct.queries import refusal_of
from mawaeed.kernel.errors import DomainError
from mawaeed.kernel.idempotency import once
from mawaeed.web.audience import resident
from mawaeed.web.citizen.checking import check_page, hold_shown, times_href
from mawaeed.web.citizen.choosing import (
    MYSELF,
    Chosen,
    chosen_in,
    comer_named,
    comers_of,
)
from mawaeed.web.citizen.companions import Second, seconds_typed
from mawaeed.web.citizen.pages import clean, page, written
from mawaeed.web.request import actor_of, now_of, resident_of


@resident
@require_http_methods(["GET", "HEAD", "POST"])
def book(request: HttpRequest) -> HttpResponse:
    """Check your answers (GET), then book (POST, once per key)."""
    chosen = chosen_in(request)
    if request.method != "POST":
        return check_page(request, chosen, refusal_of(resident_of(request), now_of(request)))
    seconds = seconds_typed(request, chosen.offerings)
    if any(each.wrong for each in seconds.values()):
        return check_page(request, chosen, seconds=seconds)
    try:
        made = _book(request, chosen, seconds)
    except DomainError as refusal:
        return check_page(request, chosen, refusal, seconds)
    told = ngettext(
        "Your appointment is booked. The ticket is on its way by SMS.",
        "Your appointments are booked. The tickets are on their way by SMS.",
        made["count"],
    )
    messages.success(request, told)
    return redirect("appointment", made["reference"])


def _book(request: HttpRequest, chosen: Chosen, seconds: dict[int, Second]) -> dict[str, Any]:
    person, now = resident_of(request), now_of(request)
    comers = comers_of(person)

    def write() -> dict[str, Any]:
        wanted = []
        for turn, choice in enumerate(chosen.choices, 1):
            comer = comer_named(comers, choice.who)
            second = seconds.get(turn)
            companion = second.named_by(person, now) if second else None
            beneficiary = None if choice.who == MYSELF else comer.beneficiary
            wanted.append(Wanted(choice.service, beneficiary, companion))
        made = booking.book_visit(
            person=person,
            wanted=wanted,
            centre_code=chosen.centre.code,
            starts_at=chosen.starts_at,
            actor=actor_of(person),
            now=now,
        )
        return {"reference": made[0].reference, "count": len(made)}

    body = {
        "do": "book",
        "choices": [str(each) for each in chosen.choices],
        "centre": chosen.centre.code,
        "at": written(chosen.starts_at),
        "seconds": {str(turn): each.fingerprint for turn, each in seconds.items()},
    }
    key = clean(request.POST.get("key"))
    return once(actor=actor_of(person), key=key, body=body, write=write)


@resident
@require_POST
def hold(request: HttpRequest) -> HttpResponse:
    """Hold the time while the form is filled in: a part of the page, or back to it."""
    chosen = chosen_in(request)
    refusal = None
    try:
        _hold(request, chosen)
    except DomainError as refused:
        refusal = refused
    if request.headers.get("HX-Request") == "true":
        context = {"hold": hold_shown(request, chosen, refusal)}
        return page(request, "parts/hold", context, zone=chosen.centre.timezone)
    if isinstance(refusal, HoldPaused):  # nothing is lost: the booking decides
        messages.info(request, refusal.text())
        return redirect(chosen.href)
    return check_page(request, chosen, refusal) if refusal else redirect(chosen.href)


def _hold(request: HttpRequest, chosen: Chosen) -> None:
    person, now = resident_of(request), now_of(request)

    def write() -> dict[str, Any]:
        booking.hold_places(
            person=person,
            service_codes=[each.service for each in chosen.choices],
            centre_code=chosen.centre.code,
            starts_at=chosen.starts_at,
            now=now,
        )
        return {}

    body = {"do": "hold", "fields": chosen.fields}
    once(actor=actor_of(person), key=clean(request.POST.get("key")), body=body, write=write)


@resident
@require_POST
def let_go(request: HttpRequest) -> HttpResponse:
    """Give the held time up and go back to the times. Repeating is harmless."""
    chosen = chosen_in(request)
    booking.release_hold(person=resident_of(request), now=now_of(request))
    messages.info(request, _("The time is free for others again. Choose another one."))
    return redirect(times_href(chosen))
