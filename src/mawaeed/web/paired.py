"""Screens in the hall that nobody signs in at: a supervisor pairs the device with its centre."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse

from mawaeed.centres.models import Centre
from mawaeed.kernel.identifiers import new_token
from mawaeed.kernel.policies import policy
from mawaeed.web.request import now_of

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
    """A sort of screen: its cookie, the only addresses the cookie goes to, and its signature."""

    cookie: str
    path: str
    salt: str

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
