"""Screens in the hall that nobody signs in at: a supervisor pairs the device with its centre."""

from __future__ import annotations

from dataclasses import dataclass
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

from mawaeed.centres.models import Centre
from mawaeed.kernel.errors import DomainError
from mawaeed.kernel.identifiers import new_token
from mawaeed.kernel.policies import policy
from mawaeed.web.desk.acting import centre_of
from mawaeed.web.desk.pages import centre_page, centre_title, staff_page
from mawaeed.web.request import now_of, wants_json

KEPT = timedelta(days=400)  # browsers keep no cookie longer
KEY_BYTES = 9
NAME_LENGTH = 40


@dataclass(frozen=True, slots=True)
class Device:
    """One screen of a centre: `key` tells it from the others, `name` is for staff. Both may be ""
    (set up before screens had names, or a demonstration, where nothing is set up).
    """

    key: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class PairedScreen:
    """A sort of screen: its cookie, the only addresses the cookie goes to, and its signature.

    `view` is the screen's own address, `desk-…` of it the page where it is set up. A device that
    nobody has set up reads `title` (still to be translated) and what `refusal` says.
    """

    cookie: str
    path: str
    salt: str
    view: str
    title: str
    refusal: type[DomainError]

    def device_pass(self, centre: Centre, now: datetime, name: str = "") -> str:
        """What the cookie of a screen of `centre` holds, signed; another one each time."""
        held = [centre.code, _round(centre, now), new_token(KEY_BYTES), name[:NAME_LENGTH]]
        return signing.dumps(held, salt=self.salt)

    def pair(self, response: HttpResponse, centre: Centre, now: datetime, name: str = "") -> None:
        """Make the device that gets `response` a screen of `centre`."""
        response.set_cookie(
            self.cookie,
            self.device_pass(centre, now, name),
            max_age=KEPT,
            path=self.path,
            secure=settings.SECURE_COOKIES,
            httponly=True,
            samesite="Lax",
        )

    def is_paired(self, request: HttpRequest, centre: Centre) -> bool:
        """Whether this device is one of `centre`; in a demonstration every device is."""
        if settings.DEMO:
            return True
        return self._held(request, centre) is not None

    def device(self, request: HttpRequest, centre: Centre) -> Device:
        """Which screen of `centre` this is."""
        return Device(*(self._held(request, centre) or [])[:2])

    def set_up(self, request: HttpRequest, template: str) -> HttpResponse:
        """Ask, then make this device one of the centre's and sign the supervisor out of it."""
        centre = centre_of(request)
        if request.method != "POST":
            return staff_page(request, template, {"longest": NAME_LENGTH})
        logout(request)
        response = redirect(self.view, centre.code)
        name = " ".join(request.POST.get("name", "").replace("\x00", "").split())
        self.pair(response, centre, now_of(request), name)
        return response

    def not_paired(self, request: HttpRequest, centre: Centre) -> HttpResponse:
        """Say in every language that this device is none of `centre`, and how to change it.

        Refuses `refusal` where JSON is asked for.
        """
        if wants_json(request):
            raise self.refusal
        context = {
            "texts": [self._told(centre, code) for code, _own in settings.LANGUAGES],
            "set_up_url": reverse(f"desk-{self.view}", args=[centre.code]),
            "code": self.refusal.code,
        }
        status = self.refusal.http_status
        return centre_page(request, centre, "staff/kiosk_not_set_up.html", context, status)

    def _told(self, centre: Centre, language: str) -> dict[str, Any]:
        """One language's part of that page."""
        with translation.override(language):
            return {
                "code": language,
                "direction": "rtl" if translation.get_language_bidi() else "ltr",
                "title": translation.gettext(self.title),
                "text": self.refusal().text(),
                "link": _("Set this device up"),
                **centre_title(centre, language),
            }

    def _held(self, request: HttpRequest, centre: Centre) -> list[str] | None:
        """What this screen of `centre` is told apart by; None for a device that is none."""
        try:
            held = signing.loads(request.COOKIES.get(self.cookie, ""), salt=self.salt, max_age=KEPT)
        except signing.BadSignature:
            return None
        known = held[:2] == [centre.code, _round(centre, now_of(request))]
        return list(held[2:]) if known else None


def _round(centre: Centre, now: datetime) -> int:
    """Raised by the ministry to call back every device of a centre."""
    return int(policy("kiosk.set_up_round", now, [("centre", centre.pk)]))
