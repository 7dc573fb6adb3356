"""Every refusal in one form: `{"code", "message", "data"}`."""

from __future__ import annotations

import json
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError
from ninja.responses import NinjaJSONEncoder

from mawaeed.kernel.errors import DomainError, Malformed, NotFound


def register(api: NinjaAPI) -> None:
    """Let `api` tell domain refusals, malformed input and missing sign-in the same way."""

    @api.exception_handler(DomainError)
    def refused(request: HttpRequest, error: DomainError) -> HttpResponse:
        return _answer(api, request, error)

    @api.exception_handler(ValidationError)
    def malformed(request: HttpRequest, error: ValidationError) -> HttpResponse:
        return _answer(api, request, Malformed(fields=_fields(error)))

    @api.exception_handler(Http404)
    def missing(request: HttpRequest, error: Http404) -> HttpResponse:
        return _answer(api, request, NotFound())

    @api.exception_handler(AuthenticationError)
    def signed_out(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
        response = _answer(api, request, SignInRequired())
        response["WWW-Authenticate"] = "Bearer"
        return response

    @api.exception_handler(HttpError)
    def unreadable(request: HttpRequest, error: HttpError) -> HttpResponse:
        if error.status_code == 400:
            return _answer(api, request, Malformed(fields=["body"]))
        body = {"code": "refused", "message": str(error), "data": {}}
        return api.create_response(request, body, status=error.status_code)


class SignInRequired(DomainError):
    """No token came, or one that is over."""

    code = "sign_in_required"
    http_status = 401

    def text(self) -> str:
        """What to do next."""
        return _("Sign in first: your sign-in is missing or has ended.")


def written(error: DomainError) -> bytes:
    """The JSON of a refusal that has no headers of its own (`retry_after` gives one)."""
    return json.dumps(_told(error), cls=NinjaJSONEncoder).encode()


def _told(error: DomainError) -> dict[str, Any]:
    return {"code": error.code, "message": error.text(), "data": dict(error.data)}


def _answer(api: NinjaAPI, request: HttpRequest, error: DomainError) -> HttpResponse:
    response = api.create_response(request, _told(error), status=error.http_status)
    if "retry_after" in error.data:
        response["Retry-After"] = str(error.data["retry_after"])
    return response


def _fields(error: ValidationError) -> list[str]:
    """Where the input is wrong, as dotted paths, without ninja's own levels."""
    return sorted({_path(each["loc"]) for each in error.errors})


def _path(location: tuple[Any, ...] | list[Any]) -> str:
    parts = [str(part) for part in location]
    own = {"body", "query", "path", "header", "wanted", "window"}
    while len(parts) > 1 and parts[0] in own:
        parts.pop(0)
    return ".".join(parts)
