"""What the kiosk's pages share: the paired device, the language of the address, the frame."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils import translation
from django.views.decorators.cache import never_cache

from mawaeed.centres.models import Centre
from mawaeed.kernel.actor import Actor
from mawaeed.kernel.errors import NotFound
from mawaeed.web.audience import public
from mawaeed.web.desk.pages import centre_page, centre_title
from mawaeed.web.kiosk.pairing import is_kiosk, not_a_kiosk
from mawaeed.web.request import language_of

IDLE_SECONDS = 20
IDLE_SECONDS_TYPING = 60

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


def kiosk_actor(centre: Centre) -> Actor:
    """A kiosk of the centre as the one who acts."""
    return Actor("kiosk", centre.pk, "kiosk")


def kiosk_page(
    request: HttpRequest,
    centre: Centre,
    template: str,
    context: dict[str, Any],
    status: int = 200,
) -> HttpResponse:
    """A page after the choice of language; it times out to the start."""
    frame = {
        **centre_title(centre, language_of(request)),
        "centre_code": centre.code,
        "kiosk_language": language_of(request),
        "home_url": reverse("kiosk", args=[centre.code]),
        "idle_seconds": IDLE_SECONDS,
        "resident": None,
    }
    return centre_page(request, centre, template, frame | context, status)
