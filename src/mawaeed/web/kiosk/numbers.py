"""The number: on the screen for a minute, on paper where somebody asks for it."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_POST, require_safe

from mawaeed.booking.queries import next_part
from mawaeed.centres.models import Centre
from mawaeed.centres.names import service_public_name
from mawaeed.hall import actions as hall
from mawaeed.hall.models import Ticket
from mawaeed.hall.policies import scopes_of
from mawaeed.hall.queries import people_ahead
from mawaeed.hall.waits.announcing import announce_first
from mawaeed.hall.waits.queries import wait_shown
from mawaeed.kernel.errors import DomainError, NotFound
from mawaeed.kernel.policies import policy
from mawaeed.web.citizen.hall_ticket import parts_shown
from mawaeed.web.citizen.showing import qr_markup
from mawaeed.web.desk.acting import new_key, write_once
from mawaeed.web.kiosk.pages import IDLE_SECONDS, kiosk, kiosk_actor, kiosk_page
from mawaeed.web.request import language_of, now_of

SALT = "kiosk-ticket"
# How long the page with the number can be opened, in real seconds: then it is forgotten.
NUMBER_SHOWN_SECONDS = 60


def to_number(request: HttpRequest, centre: Centre, pk: int, *, again: bool) -> HttpResponse:
    """Lead to the page with the number; `again` when the visitor held the ticket already."""
    shown = signing.dumps(pk, salt=SALT)
    address = reverse("kiosk-ticket", args=[centre.code, language_of(request), shown])
    return redirect(f"{address}?{urlencode({'again': 1})}" if again else address)


@kiosk
@require_safe
def ticket(request: HttpRequest, centre: Centre, shown: str) -> HttpResponse:
    """The number, as large as it goes. After a minute this address leads back to the start."""
    held = _held(centre, shown)
    if held is None:
        return redirect("kiosk", centre.code)
    context = {
        **_on_the_ticket(request, held),
        "shown": shown,
        "again": "again" in request.GET,
        "prints": policy("hall.kiosk_prints", now_of(request), scopes_of(centre)),
        "key": new_key(),
        "refresh_seconds": IDLE_SECONDS,
    }
    return kiosk_page(request, centre, "staff/kiosk_ticket.html", context)


@kiosk
@require_POST
def print_ticket(request: HttpRequest, centre: Centre, shown: str) -> HttpResponse:
    """Count the paper, then show what the browser prints; a second press counts nothing."""
    held = _held(centre, shown)
    if held is None:
        return redirect("kiosk", centre.code)

    def write() -> dict[str, Any]:
        now = now_of(request)
        return {"copy": hall.record_print(ticket=held, actor=kiosk_actor(centre), now=now).printed}

    try:
        write_once(request, kiosk_actor(centre), write)
    except DomainError:  # no paper here, or somebody else pressed: the screen has the number
        return redirect("kiosk-ticket", centre.code, language_of(request), shown)
    return redirect("kiosk-paper", centre.code, language_of(request), shown)


@kiosk
@require_safe
def paper(request: HttpRequest, centre: Centre, shown: str) -> HttpResponse:
    """The paper ticket, 80 mm wide: printed at once by a browser with scripts."""
    held = _held(centre, shown)
    if held is None or not held.printed:
        return redirect("kiosk", centre.code)
    context = {**_on_the_ticket(request, held), "refresh_seconds": IDLE_SECONDS}
    return kiosk_page(request, centre, "staff/kiosk_paper.html", context)


def _held(centre: Centre, shown: str) -> Ticket | None:
    """The ticket behind a signed address of the last minute; None when it is over or forged."""
    try:
        pk = signing.loads(shown, salt=SALT, max_age=NUMBER_SHOWN_SECONDS)
    except signing.BadSignature:
        return None
    held = (
        Ticket.objects.select_related(
            "centre", "offering__service", "offering__centre", "pool", "appointment"
        )
        .filter(pk=pk, centre=centre)
        .first()
    )
    if held is None:
        raise NotFound
    return held


def _on_the_ticket(request: HttpRequest, held: Ticket) -> dict[str, Any]:
    now = now_of(request)
    wait = wait_shown(held, now, announce_first(ticket=held, now=now))
    link = settings.PUBLIC_URL + reverse("ticket", args=[held.secret])
    return {
        "ticket": held,
        "service": service_public_name(held.offering.service, language_of(request)),
        "parts": parts_shown(held, language_of(request)),
        "wait": wait,
        "ahead": wait.ahead if wait else people_ahead(held, now),
        "qr": qr_markup(link),
        "now": now,
        "two_must_come": held.offering.service.people_present > 1,
        "more_follows": held.appointment is not None and next_part(held.appointment) is not None,
    }
