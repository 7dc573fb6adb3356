"""The screen on the wall: one square code, another one every minute, nothing personal."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import translation
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from mawaeed.centres.models import Centre
from mawaeed.hall.presence import phone_check_in_offered, seconds_left, wall_code
from mawaeed.kernel.clock import real_now
from mawaeed.kernel.errors import NotFound
from mawaeed.web.audience import public
from mawaeed.web.citizen.showing import qr_markup
from mawaeed.web.desk.pages import centre_page, centre_title
from mawaeed.web.presence.pairing import WALL, not_the_wall
from mawaeed.web.request import now_of


@public
@never_cache
@require_safe
def wall(request: HttpRequest, centre: str) -> HttpResponse:
    """The whole screen."""
    return _shown(request, centre, "staff/wall.html")


@public
@never_cache
@require_safe
def wall_now(request: HttpRequest, centre: str) -> HttpResponse:
    """The part that changes every minute."""
    return _shown(request, centre, "staff/wall_now.html")


def _shown(request: HttpRequest, code: str, template: str) -> HttpResponse:
    place = centre_by_code(code)
    if not WALL.is_paired(request, place):
        return not_the_wall(request, place)
    moment = real_now()
    address = reverse("here", args=[place.code, wall_code(place, moment)])
    context = {
        "centre_code": place.code,
        "texts": [_told(place, language) for language, _own in settings.LANGUAGES],
        "offered": phone_check_in_offered(place, now_of(request)),
        "qr": qr_markup(settings.PUBLIC_URL + address),
        "address": settings.PUBLIC_URL + address,
        "seconds_left": seconds_left(moment),
        "resident": None,
    }
    return centre_page(request, place, template, context)


def centre_by_code(code: str) -> Centre:
    """A centre in use with its directorate, else `NotFound`."""
    found = Centre.objects.select_related("directorate").filter(code=code, active=True).first()
    if found is None:
        raise NotFound
    return found


def _told(place: Centre, language: str) -> dict[str, Any]:
    with translation.override(language):
        direction = "rtl" if translation.get_language_bidi() else "ltr"
    return {"code": language, "direction": direction, **centre_title(place, language)}
