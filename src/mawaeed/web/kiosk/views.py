"""The screen visitors touch. It keeps nothing of them: no session, only addresses."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from mawaeed.booking.queries import next_part
from mawaeed.centres.models import Centre, Offering
from mawaeed.centres.names import localised, service_name, service_public_name
from mawaeed.hall import actions as hall
from mawaeed.hall.models import Ticket
from mawaeed.hall.queries import people_ahead, walk_in_offerings
from mawaeed.kernel.actor import Actor
from mawaeed.kernel.errors import DomainError, Malformed, NotFound
from mawaeed.kernel.identifiers import REFERENCE_ALPHABET
from mawaeed.people.numbers import clean_mobile
from mawaeed.web.audience import public
from mawaeed.web.citizen.showing import qr_markup
from mawaeed.web.desk.acting import new_key, write_once
from mawaeed.web.desk.pages import centre_page, centre_title
from mawaeed.web.kiosk.arrival import appointment_from, refusal_words
from mawaeed.web.kiosk.pairing import is_kiosk, not_a_kiosk
from mawaeed.web.request import language_of, now_of

SALT = "kiosk-ticket"
# How long the page with the number can be opened, in real seconds: then it is forgotten.
NUMBER_SHOWN_SECONDS = 60
IDLE_SECONDS = 20
IDLE_SECONDS_TYPING = 60
FEW_SERVICES = 6

KioskView = Callable[..., HttpResponseBase]


def kiosk(view: KioskView) -> KioskView:
    """For everybody at a device set up for the centre; the centre is active and the language one
    that is spoken here.
    """

    @wraps(view)
    def shown(
        request: HttpRequest, centre: str, language: str = "", **rest: Any
    ) -> HttpResponseBase:
        found = Centre.objects.select_related("directorate").filter(code=centre, active=True)
        place = found.first()
        if place is None or (language and language not in dict(settings.LANGUAGES)):
            raise NotFound
        if language:
            translation.activate(language)
            request.LANGUAGE_CODE = language
            request.language = language  # type: ignore[attr-defined]
        if not is_kiosk(request, place):
            return not_a_kiosk(request, place)
        return view(request, place, **rest)

    return public(never_cache(shown))


@kiosk
@require_safe
def start(request: HttpRequest, centre: Centre) -> HttpResponse:
    """Language first; the start to which everything returns."""
    choices = [
        {
            "code": code,
            "name": own,
            "direction": "rtl" if translation.get_language_info(code)["bidi"] else "ltr",
            **centre_title(centre, code),
        }
        for code, own in settings.LANGUAGES
    ]
    context = {"choices": choices, "centre_code": centre.code}
    return centre_page(request, centre, "staff/kiosk_start.html", context)


@kiosk
@require_safe
def choose(request: HttpRequest, centre: Centre) -> HttpResponse:
    """Two buttons: with and without an appointment."""
    offered = walk_in_offerings(centre, now_of(request))
    context = {"walk_ins_open": bool(offered)}
    return _page(request, centre, "staff/kiosk_choose.html", context)


@kiosk
@require_safe
def ask(request: HttpRequest, centre: Centre) -> HttpResponse:
    """What to do when stuck."""
    return _page(request, centre, "staff/kiosk_help.html", {"idle_seconds": IDLE_SECONDS_TYPING})


@kiosk
def check_in(request: HttpRequest, centre: Centre) -> HttpResponse:
    """The reference, typed or scanned, becomes a ticket."""
    if request.method != "POST":
        return _check_in_page(request, centre)
    now = now_of(request)
    try:
        found = appointment_from(request.POST.get("reference", ""), centre, language_of(request))
        given = hall.check_in(appointment=found, actor=_actor(centre), now=now)
    except DomainError as error:
        with timezone.override(ZoneInfo(centre.timezone)):
            words = refusal_words(error, now)
        return _check_in_page(request, centre, words, error.http_status)
    return _to_number(request, centre, given.pk)


@kiosk
@require_safe
def services(request: HttpRequest, centre: Centre) -> HttpResponse:
    """What can be had without an appointment now; by group where there is much."""
    language = language_of(request)
    offered = walk_in_offerings(centre, now_of(request))
    groups = {offering.group_id: offering.group for offering in offered}
    letter = request.GET.get("group", "")
    ask_for_group = len(offered) > FEW_SERVICES and len(groups) > 1 and not letter
    context = {
        "groups": [
            {"letter": group.letter, "name": localised(group.name, language)}
            for group in sorted(groups.values(), key=lambda group: group.letter)
        ]
        if ask_for_group
        else [],
        "services": []
        if ask_for_group
        else [
            {"code": offering.service.code, "name": service_name(offering.service, language)}
            for offering in offered
            if not letter or offering.group.letter == letter
        ],
        "idle_seconds": IDLE_SECONDS_TYPING,
    }
    return _page(request, centre, "staff/kiosk_services.html", context)


@kiosk
def take(request: HttpRequest, centre: Centre, service: str) -> HttpResponse:
    """A ticket without an appointment; the mobile may be left out."""
    offering = _offering(centre, service)
    if request.method != "POST":
        return _take_page(request, centre, offering)
    try:
        typed = request.POST.get("mobile", "").strip()
        mobile = clean_mobile(typed) if typed else ""
        result = write_once(
            request, _actor(centre), lambda: _walk_in(request, centre, offering, mobile)
        )
    except Malformed as error:
        words = _("This is not a mobile number. Check it, or leave it out.")
        return _take_page(request, centre, offering, words, error.http_status)
    except DomainError as error:
        with timezone.override(ZoneInfo(centre.timezone)):
            words = refusal_words(error, now_of(request))
        return _take_page(request, centre, offering, words, error.http_status)
    return _to_number(request, centre, result["ticket"])


@kiosk
@require_safe
def ticket(request: HttpRequest, centre: Centre, shown: str) -> HttpResponse:
    """The number, as large as it goes. After a minute this address leads back to the start."""
    try:
        pk = signing.loads(shown, salt=SALT, max_age=NUMBER_SHOWN_SECONDS)
    except signing.BadSignature:
        return redirect("kiosk", centre.code)
    held = (
        Ticket.objects.select_related("centre", "offering__service", "appointment")
        .filter(pk=pk, centre=centre)
        .first()
    )
    if held is None:
        raise NotFound
    link = settings.PUBLIC_URL + reverse("ticket", args=[held.secret])
    context = {
        "ticket": held,
        "service": service_public_name(held.offering.service, language_of(request)),
        "ahead": people_ahead(held, now_of(request)),
        "qr": qr_markup(link),
        "two_must_come": held.offering.service.people_present > 1,
        "more_follows": held.appointment is not None and next_part(held.appointment) is not None,
        "refresh_seconds": IDLE_SECONDS,
    }
    return _page(request, centre, "staff/kiosk_ticket.html", context)


def _actor(centre: Centre) -> Actor:
    return Actor("kiosk", centre.pk, "kiosk")


def _offering(centre: Centre, service: str) -> Offering:
    found = (
        Offering.objects.select_related("service", "centre", "pool", "group")
        .filter(centre=centre, service__code=service, active=True)
        .first()
    )
    if found is None:
        raise NotFound
    return found


def _walk_in(
    request: HttpRequest, centre: Centre, offering: Offering, mobile: str
) -> dict[str, Any]:
    given = hall.issue_walk_in(
        offering=offering,
        actor=_actor(centre),
        now=now_of(request),
        mobile=mobile,
        language=language_of(request),
    )
    return {"ticket": given.pk}


def _to_number(request: HttpRequest, centre: Centre, pk: int) -> HttpResponse:
    shown = signing.dumps(pk, salt=SALT)
    return redirect("kiosk-ticket", centre.code, language_of(request), shown)


def _check_in_page(
    request: HttpRequest, centre: Centre, refused: str = "", status: int = 200
) -> HttpResponse:
    context = {
        "refused": refused,
        "alphabet": REFERENCE_ALPHABET,
        "idle_seconds": IDLE_SECONDS_TYPING,
        "refresh_seconds": IDLE_SECONDS if refused else 0,
    }
    return _page(request, centre, "staff/kiosk_check_in.html", context, status)


def _take_page(
    request: HttpRequest, centre: Centre, offering: Offering, refused: str = "", status: int = 200
) -> HttpResponse:
    context = {
        "service": service_name(offering.service, language_of(request)),
        "refused": refused,
        "mobile": request.POST.get("mobile", ""),
        "key": new_key(),
        "idle_seconds": IDLE_SECONDS_TYPING,
    }
    return _page(request, centre, "staff/kiosk_take.html", context, status)


def _page(
    request: HttpRequest,
    centre: Centre,
    template: str,
    context: dict[str, Any],
    status: int = 200,
) -> HttpResponse:
    frame = {
        **centre_title(centre, language_of(request)),
        "centre_code": centre.code,
        "kiosk_language": language_of(request),
        "home_url": reverse("kiosk", args=[centre.code]),
        "idle_seconds": IDLE_SECONDS,
        "resident": None,
    }
    return centre_page(request, centre, template, frame | context, status)
