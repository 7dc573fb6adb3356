"""Which devices are kiosks: a supervisor sets one up, and it keeps a signed cookie."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import logout
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from mawaeed.centres.models import Centre
from mawaeed.kernel.errors import DomainError
from mawaeed.kernel.policies import policy
from mawaeed.web.audience import staff
from mawaeed.web.desk.acting import centre_of
from mawaeed.web.desk.pages import centre_page, centre_title, staff_page
from mawaeed.web.desk.surfaces import SUPERVISION
from mawaeed.web.request import now_of, wants_json

COOKIE = "kiosk"
COOKIE_PATH = "/kiosk/"
SALT = "kiosk-device"
KEPT = timedelta(days=400)  # browsers keep no cookie longer


class KioskNotPaired(DomainError):
    """Nobody has set this device up as a kiosk of the centre, or that was called back."""

    code = "kiosk_not_paired"
    http_status = 403
    message = gettext_lazy(
        "This device is not set up as a kiosk. A supervisor sets it up: sign in here and press "
        "“Use this device as a kiosk”."
    )


@staff(*SUPERVISION)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def set_up(request: HttpRequest, centre: str) -> HttpResponse:
    """Make this device a kiosk of the centre, and sign the supervisor out of it."""
    place = centre_of(request)
    if request.method != "POST":
        return staff_page(request, "staff/kiosk_set_up.html", {})
    logout(request)
    response = redirect("kiosk", place.code)
    response.set_cookie(
        COOKIE,
        device_pass(place, now_of(request)),
        max_age=KEPT,
        path=COOKIE_PATH,
        secure=settings.SECURE_COOKIES,
        httponly=True,
        samesite="Lax",
    )
    return response


def device_pass(centre: Centre, now: datetime) -> str:
    """What the cookie of a kiosk of `centre` holds, signed."""
    return signing.dumps([centre.code, _round(centre, now)], salt=SALT)


def is_kiosk(request: HttpRequest, centre: Centre) -> bool:
    """Whether this device is a kiosk of `centre`; in a demonstration every device is."""
    if settings.DEMO:
        return True
    try:
        held = signing.loads(request.COOKIES.get(COOKIE, ""), salt=SALT, max_age=KEPT)
    except signing.BadSignature:
        return False
    return bool(held == [centre.code, _round(centre, now_of(request))])


def not_a_kiosk(request: HttpRequest, centre: Centre) -> HttpResponse:
    """Say so in every language, and how to change it. Refuses `KioskNotPaired` where JSON is
    asked for.
    """
    if wants_json(request):
        raise KioskNotPaired
    texts = [_told(centre, code) for code, _own in settings.LANGUAGES]
    context = {
        "texts": texts,
        "set_up_url": reverse("desk-kiosk", args=[centre.code]),
        "code": KioskNotPaired.code,
    }
    return centre_page(
        request, centre, "staff/kiosk_not_set_up.html", context, KioskNotPaired.http_status
    )


def _told(centre: Centre, language: str) -> dict[str, Any]:
    with translation.override(language):
        return {
            "code": language,
            "direction": "rtl" if translation.get_language_bidi() else "ltr",
            "title": _("This device is not set up as a kiosk"),
            "text": KioskNotPaired().text(),
            "link": _("Set this device up"),
            **centre_title(centre, language),
        }


def _round(centre: Centre, now: datetime) -> int:
    """Raised by the ministry to call back every device of a centre."""
    return int(policy("kiosk.set_up_round", now, [("centre", centre.pk)]))
