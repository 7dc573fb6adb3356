"""Which devices are kiosks: a supervisor sets one up, and it keeps a signed cookie."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth import logout
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
from mawaeed.web.audience import staff
from mawaeed.web.desk.acting import centre_of
from mawaeed.web.desk.pages import centre_page, centre_title, staff_page
from mawaeed.web.desk.surfaces import SUPERVISION
from mawaeed.web.paired import NAME_LENGTH, PairedScreen
from mawaeed.web.request import now_of, wants_json

COOKIE = "kiosk"
SALT = "kiosk-device"
KIOSK = PairedScreen(cookie=COOKIE, path="/kiosk/", salt=SALT)
device_pass = KIOSK.device_pass
is_kiosk = KIOSK.is_paired
kiosk_device = KIOSK.device


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
        return staff_page(request, "staff/kiosk_set_up.html", {"longest": NAME_LENGTH})
    logout(request)
    response = redirect("kiosk", place.code)
    name = " ".join(request.POST.get("name", "").replace("\x00", "").split())
    KIOSK.pair(response, place, now_of(request), name)
    return response


def not_a_kiosk(request: HttpRequest, centre: Centre) -> HttpResponse:
    """Say so in every language, and how to change it. Refuses `KioskNotPaired` where JSON is
    asked for.
    """
    if wants_json(request):
        raise KioskNotPaired
    texts = [_told(centre, code) for code, _own in settings.LANGUAGES]
    return not_paired_page(request, centre, texts, KioskNotPaired, "desk-kiosk")


def not_paired_page(
    request: HttpRequest,
    centre: Centre,
    texts: list[dict[str, Any]],
    refusal: type[DomainError],
    set_up_view: str,
) -> HttpResponse:
    """What a device that nobody has paired shows, with the way to `set_up_view`."""
    context = {
        "texts": texts,
        "set_up_url": reverse(set_up_view, args=[centre.code]),
        "code": refusal.code,
    }
    return centre_page(request, centre, "staff/kiosk_not_set_up.html", context, refusal.http_status)


def in_language(
    centre: Centre, language: str, title: str, refusal: type[DomainError]
) -> dict[str, Any]:
    """One language's part of that page; `title` is a text still to be translated."""
    with translation.override(language):
        return {
            "code": language,
            "direction": "rtl" if translation.get_language_bidi() else "ltr",
            "title": translation.gettext(title),
            "text": refusal().text(),
            "link": _("Set this device up"),
            **centre_title(centre, language),
        }


def _told(centre: Centre, language: str) -> dict[str, Any]:
    return in_language(
        centre,
        language,
        translation.gettext_noop("This device is not set up as a kiosk"),
        KioskNotPaired,
    )
