"""What the middlewares leave on a request, with its types."""

from __future__ import annotations

from datetime import datetime
from typing import cast

from django.http import HttpRequest

from mawaeed.kernel.actor import Actor
from mawaeed.people.models import Person

RESIDENT_COOKIE = "resident"
API_DOCUMENTS = "/api/v1/docs"  # a page like any other


def now_of(request: HttpRequest) -> datetime:
    """The one reading of the clock for this request, UTC."""
    return cast("datetime", request.now)  # type: ignore[attr-defined]


def language_of(request: HttpRequest) -> str:
    """The language code chosen for this request."""
    return cast("str", request.language)  # type: ignore[attr-defined]


def visitor_of(request: HttpRequest) -> Person | None:
    """The signed-in resident, if any."""
    return cast("Person | None", getattr(request, "resident", None))


def resident_of(request: HttpRequest) -> Person:
    """The signed-in resident of a view that only residents reach."""
    person = visitor_of(request)
    assert person is not None
    return person


def actor_of(person: Person, channel: str = "web") -> Actor:
    """The resident as the one who acts."""
    return Actor("person", person.pk, channel)


def is_api(request: HttpRequest) -> bool:
    """True for the machines' side, which has no cookies and no pages."""
    return request.path.startswith("/api/") and request.path != API_DOCUMENTS


def wants_json(request: HttpRequest) -> bool:
    """True where a refusal is told as JSON rather than as a page."""
    if is_api(request) or request.headers.get("HX-Request") == "true":
        return True
    return request.get_preferred_type(["text/html", "application/json"]) == "application/json"
