"""What every request passes through: headers, language, clock, resident, refusals."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils import translation
from django.utils.cache import patch_vary_headers

from mawaeed.availability.releases import release_in_time
from mawaeed.kernel import clock
from mawaeed.kernel.database import is_away
from mawaeed.kernel.errors import DomainError, MethodNotAllowed
from mawaeed.web import errors
from mawaeed.web.request import RESIDENT_COOKIE, is_api, now_of, visitor_of

logger = logging.getLogger(__name__)

Next = Callable[[HttpRequest], HttpResponseBase]

POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "font-src": "'self'",
    "media-src": "'self'",
    "connect-src": "'self'",
    "manifest-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}
WRITTEN_POLICY = "; ".join(f"{name} {sources}" for name, sources in POLICY.items())


class SecurityHeaders:
    """A content-security policy without inline code and without any other host."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer, with the headers added."""
        response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", WRITTEN_POLICY)
        response.headers.setdefault(
            "Permissions-Policy", "camera=(self), geolocation=(self), microphone=()"
        )
        return response


class Presses:
    """A press sent by a script (`js/press.js`) is told where to go on, and the page goes there."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer; a redirect becomes 204 with `X-Go`, cookies and all."""
        response = self.get_response(request)
        if request.headers.get("X-Press") == "1" and "Location" in response.headers:
            response.headers["X-Go"] = response.headers["Location"]
            del response.headers["Location"]
            response.status_code = 204
        return response


class Language:
    """Explicit choice, then the resident's or staff's own, then `Accept-Language`, then Arabic."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer in the language chosen, and say which it was."""
        self._speak(request, _chosen(request) or _accepted(request))
        response = self.get_response(request)
        language: str = request.language  # type: ignore[attr-defined]
        response.headers.setdefault("Content-Language", language)
        patch_vary_headers(response, ["Accept-Language"] + ([] if is_api(request) else ["Cookie"]))
        translation.deactivate()
        return response

    def process_view(self, request: HttpRequest, *_: Any) -> None:
        """Follow the language on record where nothing was chosen on this device."""
        if is_api(request) or _chosen(request):
            return
        known = _on_record(request)
        if known in _codes():
            self._speak(request, known)

    def _speak(self, request: HttpRequest, language: str) -> None:
        translation.activate(language)
        request.language = language  # type: ignore[attr-defined]
        request.LANGUAGE_CODE = language


def _codes() -> list[str]:
    return [code for code, _ in settings.LANGUAGES]


def _chosen(request: HttpRequest) -> str:
    if is_api(request):
        return ""
    code = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
    return code if code in _codes() else ""


def _accepted(request: HttpRequest) -> str:
    """The first language of `Accept-Language` that is spoken here, Arabic otherwise."""
    for code, _ in _by_preference(request.headers.get("Accept-Language", "")):
        if code in _codes():
            return code
        if code.split("-")[0] in _codes():
            return code.split("-")[0]
    return settings.LANGUAGE_CODE


def _by_preference(header: str) -> list[tuple[str, float]]:
    from django.utils.translation.trans_real import parse_accept_lang_header

    return [pair for pair in parse_accept_lang_header(header) if pair[1] > 0]


def _on_record(request: HttpRequest) -> str:
    person = visitor_of(request)
    if person is not None:
        return person.language
    if settings.SESSION_COOKIE_NAME in request.COOKIES and request.user.is_authenticated:
        return str(getattr(request.user, "language", ""))
    return ""


class RequestClock:
    """One reading of the clock per request."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Leave `request.now`, UTC."""
        request.now = clock.now()  # type: ignore[attr-defined]
        return self.get_response(request)


class PlacesInTime:
    """Lets go the places that are due now: at the announced minute nobody waits for the worker."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer; a failure here is the worker's to repeat, never the visitor's."""
        try:
            release_in_time(now_of(request))
        except DatabaseError as error:
            told = "places that are due could not be let go by a request (%s)"
            logger.warning(told, type(error).__name__, exc_info=not is_away(error))
        return self.get_response(request)


class Resident:
    """Who holds the resident's cookie: `request.resident`, a `Person` or None."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Look the token up; forget a cookie that opens nothing any more."""
        token = "" if is_api(request) else request.COOKIES.get(RESIDENT_COOKIE, "")
        person = _person(token) if token else None
        request.resident = person  # type: ignore[attr-defined]
        response = self.get_response(request)
        if token and person is None and RESIDENT_COOKIE not in response.cookies:
            response.delete_cookie(RESIDENT_COOKIE, samesite="Lax")
        return response


def _person(token: str) -> Any:
    from mawaeed.people.queries import person_of_token

    return person_of_token(token, clock.real_now())


class Refusals:
    """An expected refusal becomes a page, or JSON for those who asked for it. Never a 500."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer; the API's "not with this method" is told like every other refusal."""
        response = self.get_response(request)
        if response.status_code == MethodNotAllowed.http_status and is_api(request):
            told = errors.refusal(request, MethodNotAllowed())
            told["Allow"] = response.get("Allow", "")
            return told
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Tell a `DomainError` and a lost database; leave everything else to fail loudly."""
        if is_away(error):
            return errors.database_away(request, error)
        return errors.refusal(request, error) if isinstance(error, DomainError) else None
