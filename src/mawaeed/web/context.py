"""What every template may use."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject
from django.utils.translation import get_language_bidi

from mawaeed.web.request import visitor_of


def site(request: HttpRequest) -> dict[str, Any]:
    """Language and direction, the signed-in resident, and the demonstration's banner.

    `languages` is a list of (code, own name); `demo_clock` is the demo clock's row when the
    demonstration does not live in true time.
    """
    language = getattr(request, "language", settings.LANGUAGE_CODE)
    return {
        "site_name": settings.SITE_NAME,
        "language": language,
        "direction": "rtl" if get_language_bidi() else "ltr",
        "languages": settings.LANGUAGES,
        "resident": visitor_of(request),
        "demo": settings.DEMO,
        "demo_clock": SimpleLazyObject(_demo_clock),
        "now": getattr(request, "now", None),
    }


def _demo_clock() -> Any:
    if not settings.DEMO:
        return None
    from mawaeed.kernel.models import DemoClock

    return DemoClock.objects.first()
