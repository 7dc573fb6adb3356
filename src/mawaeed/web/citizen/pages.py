"""What the residents' pages share: showing a template in a centre's time, safe ways back, keys."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme, urlencode

from mawaeed.centres.models import Centre
from mawaeed.centres.names import localised
from mawaeed.kernel.errors import Malformed
from mawaeed.kernel.identifiers import new_token
from mawaeed.web.request import language_of

KEY_BYTES = 16
FIRST_YEAR, LAST_YEAR = 2000, 2200


def page(
    request: HttpRequest,
    template: str,
    context: dict[str, Any],
    *,
    zone: str = "Asia/Bahrain",
    status: int = 200,
) -> HttpResponse:
    """Render a page with every time in `zone`; nothing personal is kept by caches."""
    with timezone.override(ZoneInfo(zone)):
        response = render(request, f"citizen/{template}.html", context, status=status)
    if getattr(request, "resident", None) is not None:
        response["Cache-Control"] = "no-store"
    return response


def place(request: HttpRequest, centre: Centre) -> dict[str, str]:
    """A centre as the components take it: never without its directorate."""
    language = language_of(request)
    return {
        "directorate": localised(centre.directorate.name, language),
        "centre": localised(centre.name, language),
        "address": localised(centre.address, language),
    }


def way_back(request: HttpRequest, target: str, otherwise: str = "home") -> str:
    """`target` if it is an address of this site, else the page named `otherwise`."""
    local = target.startswith("/") and url_has_allowed_host_and_scheme(target, allowed_hosts=None)
    return target if local else reverse(otherwise)


def address(name: str, *arguments: str, **query: str | None) -> str:
    """The address of a page with the parts of `query` that are not empty."""
    kept = {key: value for key, value in query.items() if value}
    base = reverse(name, args=arguments)
    return f"{base}?{urlencode(kept)}" if kept else base


def form_key() -> str:
    """The hidden idempotency key, minted with the page."""
    return new_token(KEY_BYTES)


def moment_of(text: str) -> datetime:
    """A start as our own links write it, in UTC; anything else is `Malformed`."""
    try:
        moment = datetime.fromisoformat(text.strip().replace(" ", "+"))
    except ValueError:
        raise Malformed(field="at") from None
    if moment.tzinfo is None or not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise Malformed(field="at")
    return moment.astimezone(UTC)


def written(moment: datetime) -> str:
    """A start as our links write it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%MZ")


def clean(text: str | None) -> str:
    """What was asked for, without characters no database takes."""
    return (text or "").replace("\x00", "")[:200]
