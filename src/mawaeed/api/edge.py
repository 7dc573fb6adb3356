"""What every operation reads from its request, and how texts and times leave."""

from __future__ import annotations

from datetime import datetime
from typing import cast

from django.conf import settings
from django.http import HttpRequest
from ninja.security import HttpBearer

from mawaeed.kernel import clock
from mawaeed.kernel.actor import Actor
from mawaeed.kernel.addresses import client_address
from mawaeed.people import queries as people
from mawaeed.people.models import Person


class Bearer(HttpBearer):
    """The opaque token of `POST /sign-in/verify`."""

    def authenticate(self, request: HttpRequest, token: str) -> Person | None:
        """Whose token it is, None when it opens nothing (any more)."""
        return people.person_of_token(token.strip(), clock.real_now())


def now_of(request: HttpRequest) -> datetime:
    """The one reading of the clock for this request, UTC."""
    return cast("datetime", request.now)  # type: ignore[attr-defined]


def language_of(request: HttpRequest) -> str:
    """The language negotiated from `Accept-Language`."""
    return cast("str", request.language)  # type: ignore[attr-defined]


def person_of(request: HttpRequest) -> Person:
    """Whose token came with the request."""
    return cast("Person", request.auth)  # type: ignore[attr-defined]


def actor_of(person: Person) -> Actor:
    """The resident as the one who acts, through the API."""
    return Actor("person", person.pk, "api")


def address_of(request: HttpRequest) -> str | None:
    """The caller's network address, for limits; a demonstration has none."""
    return None if settings.DEMO else client_address(request.META)


with_offset = clock.with_offset
