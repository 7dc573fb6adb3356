"""The hottest writes of the API, asked for in the ordinary way, without the framework's long road.

A WSGI layer in front of the whole site. What it takes is read with the operation's own schema and
given to the operation's own function, which decides what is refused and how that is said; whatever
is not plain (another header, a body that is not as agreed, a token that opens nothing) goes to the
site as it came, with nothing written. The site says once, for each host, language and status, which
headers an answer has: the first success of a kind is its own, and so is the first refusal.
"""

from __future__ import annotations

import io
import logging
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from django.db import close_old_connections
from django.utils import translation

from mawaeed.api.refusals import written
from mawaeed.availability.releases import release_in_time
from mawaeed.kernel import clock
from mawaeed.kernel.errors import DomainError

if TYPE_CHECKING:
    from datetime import datetime

    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

logger = logging.getLogger(__name__)

MAX_BODY_BYTES = 4096
MAX_KEY_LENGTH = 80
KEPT_HEADERS = 256
# What the headers of an answer depend on.
ASKED = ("HTTP_HOST", "HTTP_ACCEPT_LANGUAGE", "HTTP_X_FORWARDED_PROTO", "wsgi.url_scheme")
# A request that has one of these is for the site.
UNUSUAL = ("HTTP_TRANSFER_ENCODING", "HTTP_CONTENT_ENCODING", "HTTP_X_PRESS", "HTTP_EXPECT")
# Headers that say something of one answer: those of its kind may have others, or none.
OWN = {"set-cookie", "retry-after"}
BEARER = "Bearer "
Headers = list[tuple[str, str]]


class NotOrdinary(Exception):
    """The site is to answer."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A plain request: `named` is what its path names, `now` the one reading of the clock, UTC."""

    path: str
    named: Mapping[str, str]
    token: str
    key: str
    body: bytes
    now: datetime


@dataclass(frozen=True, slots=True)
class Way:
    """One operation: its path, the status of its success, and what carries it out.

    `answer` gives the body's bytes, or raises the refusal; whatever else it raises, the site
    answers: nothing was written, or it is known there by its key.
    """

    path: re.Pattern[str]
    status: HTTPStatus
    answer: Callable[[Asked], bytes]


@dataclass(frozen=True, slots=True)
class _Carried:
    status: HTTPStatus
    body: bytes


class ShortWay:
    """Carries out plain requests for `ways` itself; everything else passes through."""

    def __init__(self, site: WSGIApplication, ways: Sequence[Way]) -> None:
        self._site, self._ways = site, ways
        self._headers: dict[tuple[HTTPStatus, tuple[Any, ...]], Headers] = {}

    def __call__(self, request: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer by the short way where that is possible."""
        if request["REQUEST_METHOD"] != "POST":
            return self._site(request, start_response)
        for way in self._ways:
            match = way.path.fullmatch(request["PATH_INFO"])
            if match is not None:
                return self._by(way, match.groupdict(), request, start_response)
        return self._site(request, start_response)

    def _by(
        self,
        way: Way,
        named: Mapping[str, str],
        request: WSGIEnvironment,
        start_response: StartResponse,
    ) -> Iterable[bytes]:
        kind = (way.path.pattern, *(request.get(name) for name in ASKED))
        headers = self._headers.get((way.status, kind))
        if headers is None:
            return self._site(request, self._remembering(way.status, kind, start_response))
        asked = _plain(request, named)
        language = dict(headers)["Content-Language"]
        carried = self._carried_out(way, asked, language) if asked else None
        if carried is None:
            return self._site(request, start_response)
        known = self._headers.get((carried.status, kind))
        if known is None:
            return self._site(request, self._remembering(carried.status, kind, start_response))
        start_response(
            f"{carried.status.value} {carried.status.phrase}",
            [*known, ("Content-Length", str(len(carried.body)))],
        )
        return [carried.body]

    @staticmethod
    def _carried_out(way: Way, asked: Asked, language: str) -> _Carried | None:
        """The answer; None, with nothing written, where the site is to find it."""
        close_old_connections()  # of a request's beginning, what concerns one so short
        try:
            with translation.override(language):
                release_in_time(asked.now)  # as `web.middleware.PlacesInTime` for the site
                try:
                    return _Carried(way.status, way.answer(asked))
                except DomainError as refusal:
                    if "retry_after" in refusal.data:
                        return None
                    return _Carried(HTTPStatus(refusal.http_status), written(refusal))
        except (ValueError, NotOrdinary):
            return None
        except Exception as error:  # noqa: BLE001 (a body nested too deeply, a lost connection, …)
            logger.warning("the short way ended early (%s)", type(error).__name__)
            return None

    def _remembering(
        self, wanted: HTTPStatus, kind: tuple[Any, ...], start_response: StartResponse
    ) -> StartResponse:
        """Keep the headers of an answer of this status, unless they are of this one alone."""

        def start(status: str, headers: Headers, *rest: Any) -> Any:
            own = any(name.lower() in OWN for name, _ in headers)
            if status.startswith(str(wanted.value)) and not own:
                if len(self._headers) >= KEPT_HEADERS:
                    self._headers.clear()
                kept = [pair for pair in headers if pair[0].lower() != "content-length"]
                self._headers[wanted, kind] = kept
            return start_response(status, headers, *rest)

        return start


def _plain(request: WSGIEnvironment, named: Mapping[str, str]) -> Asked | None:
    """The request, if there is nothing unusual about it; its body can be read again afterwards."""
    token, key = request.get("HTTP_AUTHORIZATION", ""), request.get("HTTP_IDEMPOTENCY_KEY", "")
    length = request.get("CONTENT_LENGTH", "")
    if (
        request.get("QUERY_STRING")
        or not token.startswith(BEARER)
        or not 0 < len(key) <= MAX_KEY_LENGTH
        or not (length.isdecimal() and len(length) <= 4 and int(length) <= MAX_BODY_BYTES)
        or request.get("CONTENT_TYPE", "").partition(";")[0].strip() != "application/json"
        or any(name in request for name in UNUSUAL)
    ):
        return None
    body = request["wsgi.input"].read(int(length))
    request["wsgi.input"] = io.BytesIO(body)
    if len(body) != int(length):
        return None
    return Asked(request["PATH_INFO"], named, token[len(BEARER) :], key, body, clock.now())
