"""What every staff operation reads from its request, and how a repeated write is answered."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from django.http import HttpRequest
from ninja.security import HttpBearer

from mawaeed.api.schemas import Refusal
from mawaeed.centres.models import Centre
from mawaeed.kernel import clock
from mawaeed.kernel.actor import Actor
from mawaeed.kernel.idempotency import once
from mawaeed.people import queries as people
from mawaeed.people.models import Role, Staff

RECEPTION = (Role.RECEPTIONIST, Role.SUPERVISOR)
COUNTER = (Role.CLERK, Role.SUPERVISOR)
SUPERVISION = (Role.SUPERVISOR,)
HALL = (Role.CLERK, Role.RECEPTIONIST, Role.SUPERVISOR)

REFUSALS = {401: Refusal, 403: Refusal, 404: Refusal, 409: Refusal, 422: Refusal}


class StaffBearer(HttpBearer):
    """A staff token, made on the page Tokens or by `mawaeed staff token`."""

    def authenticate(self, request: HttpRequest, token: str) -> Staff | None:
        """Whose token it is, None when it opens nothing (any more)."""
        return people.staff_of_token(token.strip(), clock.real_now())


def staff_of(request: HttpRequest) -> Staff:
    """Whose token came with the request."""
    return cast("Staff", request.auth)  # type: ignore[attr-defined]


def centre_of(request: HttpRequest) -> Centre:
    """The centre of the address; `api.audience.staff` has checked that it is this person's."""
    return cast("Centre", request.centre)  # type: ignore[attr-defined]


def actor_of(request: HttpRequest) -> Actor:
    """The member of staff as the one who acts, through the API."""
    return Actor("staff", staff_of(request).pk, "api")


def write_once(
    request: HttpRequest, key: str, body: dict[str, Any], write: Callable[[], dict[str, Any]]
) -> dict[str, Any]:
    """Carry `write` out once per key; a repeat gets the first answer, another body `KeyReused`."""
    asked = {"path": request.path, **body}
    return once(actor=actor_of(request), key=key, body=asked, write=write)
