"""Screens in the hall that nobody signs in at: a supervisor pairs the device with its centre."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse

from mawaeed.centres.models import Centre
from mawaeed.kernel.policies import policy
from mawaeed.web.request import now_of

KEPT = timedelta(days=400)  # browsers keep no cookie longer


@dataclass(frozen=True, slots=True)
class PairedScreen:
    """A sort of screen: its cookie, the only addresses the cookie goes to, and its signature."""

    cookie: str
    path: str
    salt: str

    def device_pass(self, centre: Centre, now: datetime) -> str:
        """What the cookie of a screen of `centre` holds, signed."""
        return signing.dumps([centre.code, _round(centre, now)], salt=self.salt)

    def pair(self, response: HttpResponse, centre: Centre, now: datetime) -> None:
        """Make the device that gets `response` a screen of `centre`."""
        response.set_cookie(
            self.cookie,
            self.device_pass(centre, now),
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
        try:
            held = signing.loads(request.COOKIES.get(self.cookie, ""), salt=self.salt, max_age=KEPT)
        except signing.BadSignature:
            return False
        return bool(held == [centre.code, _round(centre, now_of(request))])


def _round(centre: Centre, now: datetime) -> int:
    """Raised by the ministry to call back every device of a centre."""
    return int(policy("kiosk.set_up_round", now, [("centre", centre.pk)]))
