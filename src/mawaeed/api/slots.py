"""Free times; the booking decides. `api.kept_answers` gives copies, a second old at most."""

from __future__ import annotations

from typing import Annotated
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router
from pydantic import TypeAdapter

from mawaeed.api.audience import public
from mawaeed.api.catalogue import Cursor, Limit
from mawaeed.api.edge import now_of
from mawaeed.api.paging import USUAL, page_of
from mawaeed.api.schemas import Code, Day, Refusal, SlotList, SlotOut
from mawaeed.api.tags import is_known, tag_of
from mawaeed.availability.queries import Slot, slots_for
from mawaeed.booking.errors import UnknownCentre, UnknownService
from mawaeed.centres.models import Offering, Service

router = Router(tags=["free times"])
_answer = TypeAdapter(SlotList)


@router.get("/slots", response={200: SlotList, 304: None, 404: Refusal, 422: Refusal})
@public
def list_slots(  # noqa: PLR0917 (ninja reads the parameters)
    request: HttpRequest,
    service: Code,
    centre: Code | None = None,
    from_date: Annotated[Day | None, Query(alias="from")] = None,
    to_date: Annotated[Day | None, Query(alias="to")] = None,
    limit: Limit = USUAL,
    cursor: Cursor = None,
) -> HttpResponse:
    """Free times of a service, earliest first, in every centre that offers it or in one.

    `from` and `to` are dates at the centre, inclusive. Send the ETag back as `If-None-Match`.
    """
    zones = _zones(service, centre)
    found = slots_for(
        service=service,
        centre=centre,
        now=now_of(request),
        from_date=from_date,
        to_date=to_date,
    )
    rows, following = page_of(
        found, cursor, limit, lambda slot: (int(slot.starts_at.timestamp()), slot.centre_code)
    )
    items = [_slot(slot, zones[slot.centre_code]) for slot in rows if slot.centre_code in zones]
    body = _answer.dump_json(SlotList(items=items, next=following))
    return _tagged(request, body)


def _zones(service: str, centre: str | None) -> dict[str, ZoneInfo]:
    """Centre code → its zone, where the service is offered; refuses what does not exist."""
    if not Service.objects.filter(code=service, active=True).exists():
        raise UnknownService(service=service)
    offered = Offering.objects.filter(service__code=service, active=True, centre__active=True)
    rows = dict(offered.values_list("centre__code", "centre__timezone"))
    if centre is not None and centre not in rows:
        raise UnknownCentre(centre=centre)
    return {code: ZoneInfo(zone) for code, zone in rows.items()}


def _slot(slot: Slot, zone: ZoneInfo) -> SlotOut:
    return SlotOut.model_construct(
        service=slot.service_code,
        centre=slot.centre_code,
        starts_at=slot.starts_at.astimezone(zone).isoformat(timespec="seconds"),
        ends_at=slot.ends_at.astimezone(zone).isoformat(timespec="seconds"),
        places_left=slot.places_left,
    )


def _tagged(request: HttpRequest, body: bytes) -> HttpResponse:
    tag = tag_of(body)
    if is_known(tag, request.headers.get("If-None-Match", "")):
        response = HttpResponse(status=304)
    else:
        response = HttpResponse(body, content_type="application/json; charset=utf-8")
    response["ETag"] = tag
    response["Cache-Control"] = "no-cache"
    return response
