"""How refusals and errors look: a page with a sentence that says what to do, or JSON."""

from __future__ import annotations

import logging
import sys
import time
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import get_language, get_language_bidi
from django.utils.translation import gettext as _

from mawaeed.kernel.database import is_away
from mawaeed.kernel.errors import DatabaseAway, DomainError, NotFound
from mawaeed.web.audience import STAFF
from mawaeed.web.request import wants_json

logger = logging.getLogger(__name__)

# Seconds.
RETRY_AFTER = 5
NOTED_EVERY = 10.0

# What a refusal is shown in.
CITIZEN_FRAME, STAFF_FRAME = "web/layouts/citizen.html", "staff/frame.html"

_noted_at = float("-inf")


def refusal(request: HttpRequest, error: DomainError) -> HttpResponse:
    """The answer to an expected refusal, with its own status."""
    return _told(request, error.http_status, error.code, error.text(), dict(error.data))


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Nothing lives at this address (Django's handler404)."""
    return _told(request, 404, NotFound.code, NotFound().text(), {})


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """A request that cannot be read (handler400)."""
    text = _("The request could not be read. Go back and try again.")
    return _told(request, 400, "bad_request", text, {})


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Not for this visitor (handler403)."""
    text = _("You may not open this page. Sign in with another account if you have one.")
    return _told(request, 403, "not_allowed", text, {})


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form that did not come from a page of ours, or from one that is too old."""
    text = _("This form is too old or cookies are off. Open the page again and repeat.")
    return _told(request, 403, "form_expired", text, {}, again=_page_of_form(request))


def _page_of_form(request: HttpRequest) -> str:
    """Where the form was sent from, if that is a page of ours."""
    page = request.META.get("HTTP_REFERER", "")
    if not url_has_allowed_host_and_scheme(page, request.get_host(), request.is_secure()):
        return ""
    parts = urlsplit(page)
    return str(urlunsplit(("", "", parts.path, parts.query, "")))


def server_error(request: HttpRequest) -> HttpResponse:
    """Our fault (handler500), unless the database is away. Touches neither the database nor the
    context processors.
    """
    error = sys.exception()
    if is_away(error):
        return database_away(request, error)
    text = _("Something went wrong on our side. Nothing was lost: try again in a minute.")
    if wants_json(request):
        return JsonResponse({"code": "server_error", "message": text, "data": {}}, status=500)
    return HttpResponse(_bare_page(text, broken=True), status=500)


def database_away(request: HttpRequest, error: BaseException | None) -> HttpResponse:
    """503: the page looks again by itself. Asks the database for nothing more."""
    _note_away(error)
    away = DatabaseAway(retry_after=RETRY_AFTER)
    if wants_json(request):
        body = {"code": away.code, "message": away.text(), "data": dict(away.data)}
        response: HttpResponse = JsonResponse(body, status=away.http_status)
    else:
        again = RETRY_AFTER if request.method in {"GET", "HEAD"} else 0
        words = _bare_page(away.text(), looks_again=again)
        response = HttpResponse(words, status=away.http_status)
    response["Retry-After"] = str(RETRY_AFTER)
    response["Cache-Control"] = "no-store"
    return response


def _bare_page(text: str, **context: Any) -> str:
    """A page that needs neither the database nor who asks for it."""
    frame = {
        "text": text,
        "language": get_language() or settings.LANGUAGE_CODE,
        "direction": "rtl" if get_language_bidi() else "ltr",
    }
    return render_to_string("web/away.html", frame | context)


def _note_away(error: BaseException | None) -> None:
    """One line every so often, however many ask meanwhile."""
    global _noted_at
    now = time.monotonic()
    if now - _noted_at > NOTED_EVERY:
        _noted_at = now
        logger.warning("the database is away (%s)", type(error).__name__)


def _is_of_staff(request: HttpRequest) -> bool:
    """Whether somebody of the staff asked for one of the staff's own pages."""
    asked = getattr(request.resolver_match, "func", None)
    staff_page = STAFF in getattr(asked, "audience", ())
    return staff_page and bool(getattr(request, "user", None) and request.user.is_authenticated)


def _told(
    request: HttpRequest,
    status: int,
    code: str,
    text: str,
    details: dict[str, Any],
    *,
    again: str = "",
) -> HttpResponse:
    """`again`: where it can be done anew."""
    if wants_json(request):
        body = {"code": code, "message": text, "data": details}
        response: HttpResponse = JsonResponse(body, status=status)
    else:
        context = {
            "code": code,
            "text": text,
            "details": details,
            "status": status,
            "again": again,
            "of_staff": _is_of_staff(request),
        }
        context["layout"] = STAFF_FRAME if context["of_staff"] else CITIZEN_FRAME
        response = render(request, "citizen/refusal.html", context, status=status)
    if "retry_after" in details:
        response["Retry-After"] = str(details["retry_after"])
    return response
