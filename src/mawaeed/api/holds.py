"""Hold a time while a form is filled in."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC
from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Router, Status

from mawaeed.api.appointments import REFUSALS, MaybeKey
from mawaeed.api.audience import resident
from mawaeed.api.edge import Bearer, actor_of, now_of, person_of, with_offset
from mawaeed.api.schemas import Nothing, Refusal
from mawaeed.api.visit_shapes import HoldIn, HoldOut
from mawaeed.booking import actions as booking
from mawaeed.booking.holds import live_holds
from mawaeed.booking.models import Hold
from mawaeed.kernel.errors import Malformed
from mawaeed.kernel.idempotency import once

router = Router(tags=["holds"], auth=Bearer())


@router.post("/holds", response={201: HoldOut, **REFUSALS})
@resident
def hold(request: HttpRequest, body: HoldIn, key: MaybeKey = None) -> Status[dict[str, Any]]:
    """Hold the time for a few minutes, in place of what was held before.

    Holding the same again gives the hold there is and does not lengthen it.
    """
    person, now = person_of(request), now_of(request)
    codes = _services(body)

    def write() -> dict[str, Any]:
        held = booking.hold_places(
            person=person,
            service_codes=codes,
            centre_code=body.centre,
            starts_at=body.starts_at.astimezone(UTC),
            now=now,
        )
        return _shaped(held)

    asked = {"do": "hold", **body.model_dump(mode="json")}
    told = once(actor=actor_of(person), key=key, body=asked, write=write) if key else write()
    return Status(201, told)


@router.get("/holds", response={200: HoldOut, 401: Refusal})
@resident
def show(request: HttpRequest, response: HttpResponse) -> dict[str, Any]:
    """What is held for you now."""
    response["Cache-Control"] = "no-store"
    return _shaped(live_holds(person_of(request), now_of(request)))


@router.delete("/holds", response={200: Nothing, **REFUSALS})
@resident
def release(request: HttpRequest, key: MaybeKey = None) -> dict[str, Any]:
    """Give it up; repeating is harmless."""
    person, now = person_of(request), now_of(request)

    def write() -> dict[str, Any]:
        booking.release_hold(person=person, now=now)
        return {}

    if key:
        return once(actor=actor_of(person), key=key, body={"do": "release"}, write=write)
    return write()


def _services(body: HoldIn) -> list[str]:
    if (body.service is None) == (body.services is None):
        raise Malformed(field="service")
    return [body.service] if body.service is not None else list(body.services or [])


def _shaped(held: Sequence[Hold]) -> dict[str, Any]:
    if not held:
        return {"expires_at": None, "centre": None, "items": []}
    centre = held[0].offering.centre
    zone = centre.timezone
    return {
        "expires_at": with_offset(min(each.expires_at for each in held), zone),
        "centre": centre.code,
        "items": [
            {
                "service": each.offering.service.code,
                "starts_at": with_offset(each.starts_at, zone),
                "ends_at": with_offset(each.ends_at, zone),
            }
            for each in held
        ],
    }
