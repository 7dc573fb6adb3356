"""Django's middlewares for pages: the API has no cookies, so it goes past them.

Subclasses, because the administration's own checks look for the originals.
"""

from __future__ import annotations

from typing import Any

from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest, HttpResponseBase
from django.middleware.csrf import CsrfViewMiddleware

from mawaeed.web.request import is_api


class PagesOnly:
    """Goes in front of a middleware: what belongs to the API passes untouched."""

    get_response: Any

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer."""
        if is_api(request):
            response: HttpResponseBase = self.get_response(request)
            return response
        answer: HttpResponseBase = super().__call__(request)  # type: ignore[misc]
        return answer


class Sessions(PagesOnly, SessionMiddleware):
    """Sessions of staff and of the administration."""


class Csrf(PagesOnly, CsrfViewMiddleware):
    """Forms come from pages of ours; the API takes its token from a header, never a cookie."""

    def process_view(self, request: HttpRequest, *rest: Any) -> Any:
        """Refuse a form from elsewhere."""
        return None if is_api(request) else super().process_view(request, *rest)


class Authentication(PagesOnly, AuthenticationMiddleware):
    """`request.user`: staff."""


class Messages(PagesOnly, MessageMiddleware):
    """Sentences shown on the next page."""
