"""The screen visitors touch. It keeps nothing of them: no session, only addresses."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation
from django.views.decorators.http import require_safe

from mawaeed.centres.models import Centre, Offering
from mawaeed.centres.names import localised, service_name
from mawaeed.hall import actions as hall
from mawaeed.hall.queries import walk_in_offerings
from mawaeed.kernel.errors import DomainError, NotFound
from mawaeed.kernel.identifiers import REFERENCE_ALPHABET
from mawaeed.web.desk.acting import new_key
from mawaeed.web.desk.pages import centre_page, centre_title
from mawaeed.web.kiosk.arrival import appointment_from, refusal_words
from mawaeed.web.kiosk.numbers import to_number
from mawaeed.web.kiosk.pages import (
    IDLE_SECONDS,
    IDLE_SECONDS_TYPING,
    kiosk,
    kiosk_actor,
    kiosk_page,
)
from mawaeed.web.kiosk.taking import take_ticket
from mawaeed.web.request import language_of, now_of

FEW_SERVICES = 6


@kiosk
@require_safe
def start(request: HttpRequest, centre: Centre) -> HttpResponse:
    """Language first; the start to which everything returns."""
    choices = [
        {
            "code": code,
            "name": own,
            "direction": "rtl" if translation.get_language_info(code)["bidi"] else "ltr",
            "help": _in(code, "Help"),
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
    return kiosk_page(request, centre, "staff/kiosk_choose.html", context)


@kiosk
def check_in(request: HttpRequest, centre: Centre) -> HttpResponse:
    """The reference, typed or scanned, becomes a ticket."""
    if request.method != "POST":
        return _check_in_page(request, centre)
    now = now_of(request)
    try:
        found = appointment_from(request.POST.get("reference", ""), centre, language_of(request))
        given = hall.check_in(appointment=found, actor=kiosk_actor(centre), now=now)
    except DomainError as error:
        with timezone.override(ZoneInfo(centre.timezone)):
            words = refusal_words(error, now)
        return _check_in_page(request, centre, words, error.http_status)
    return to_number(request, centre, given.pk, again=given.created_at < now)


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
        "several": len(offered) > 1,
        "idle_seconds": IDLE_SECONDS_TYPING,
    }
    return kiosk_page(request, centre, "staff/kiosk_services.html", context)


@kiosk
def take(request: HttpRequest, centre: Centre, service: str) -> HttpResponse:
    """A ticket without an appointment; the mobile may be left out."""
    offering = walk_in_offering(centre, service)
    if request.method != "POST":
        return _take_page(request, centre, offering)

    def refused(words: str, status: int) -> HttpResponse:
        return _take_page(request, centre, offering, words, status)

    return take_ticket(request, centre, lambda: [offering], refused)


def walk_in_offering(centre: Centre, service: str) -> Offering:
    """The service as it is given at the centre; `NotFound` where it is not."""
    found = (
        Offering.objects.select_related("service", "centre", "pool", "group")
        .filter(centre=centre, service__code=service, active=True)
        .first()
    )
    if found is None:
        raise NotFound
    return found


def _in(language: str, text: str) -> str:
    with translation.override(language):
        return translation.gettext(text)


def _check_in_page(
    request: HttpRequest, centre: Centre, refused: str = "", status: int = 200
) -> HttpResponse:
    context = {
        "refused": refused,
        "alphabet": REFERENCE_ALPHABET,
        "idle_seconds": IDLE_SECONDS_TYPING,
        "refresh_seconds": IDLE_SECONDS if refused else 0,
    }
    return kiosk_page(request, centre, "staff/kiosk_check_in.html", context, status)


def _take_page(
    request: HttpRequest, centre: Centre, offering: Offering, refused: str = "", status: int = 200
) -> HttpResponse:
    context = {
        "service": service_name(offering.service, language_of(request)),
        "codes": [],
        "refused": refused,
        "mobile": request.POST.get("mobile", ""),
        "key": new_key(),
        "idle_seconds": IDLE_SECONDS_TYPING,
    }
    return kiosk_page(request, centre, "staff/kiosk_take.html", context, status)
