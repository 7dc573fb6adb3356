"""Centres and services."""

from __future__ import annotations

from typing import Annotated, Literal

from django.http import HttpRequest
from ninja import Query, Router

from mawaeed.api.audience import public
from mawaeed.api.edge import language_of, now_of
from mawaeed.api.paging import USUAL, page_from
from mawaeed.api.schemas import (
    CentreList,
    CentreOut,
    Code,
    Named,
    Refusal,
    ServiceList,
    ServiceOut,
    Text,
)
from mawaeed.availability.queries import open_centre_ids
from mawaeed.booking.errors import UnknownCentre
from mawaeed.centres.models import Centre, Directorate, Service
from mawaeed.centres.names import localised
from mawaeed.centres.queries import active_centres, services_matching

router = Router(tags=["catalogue"])
Limit = Annotated[int, Query(ge=1, description="At most 200 come.")]
Cursor = Annotated[Text | None, Query(description="`next` of the page before.")]


@router.get("/centres", response={200: CentreList, 422: Refusal})
@public
def list_centres(
    request: HttpRequest,
    names: Literal["all"] | None = None,
    limit: Limit = USUAL,
    cursor: Cursor = None,
) -> CentreList:
    """Every centre, with its directorate. `names=all` gives texts in every language."""
    language = None if names == "all" else language_of(request)
    open_ids = open_centre_ids(now_of(request))
    rows, following = page_from(list(active_centres()), cursor, limit)
    return CentreList(
        items=[_centre(centre, language, is_open=centre.pk in open_ids) for centre in rows],
        next=following,
    )


@router.get("/services", response={200: ServiceList, 404: Refusal, 422: Refusal})
@public
def list_services(
    request: HttpRequest,
    q: Text = "",
    centre: Code | None = None,
    limit: Limit = USUAL,
    cursor: Cursor = None,
) -> ServiceList:
    """Services, by words (letters that are written one for another are folded) or by centre."""
    language = language_of(request)
    if centre is not None and not active_centres().filter(code=centre).exists():
        raise UnknownCentre(centre=centre)
    rows, following = page_from(services_matching(q, language, centre=centre), cursor, limit)
    return ServiceList(items=[_service(service, language) for service in rows], next=following)


def _text(value: dict[str, str], language: str | None) -> str | dict[str, str]:
    return value if language is None else localised(value, language)


def _directorate(directorate: Directorate, language: str | None) -> Named:
    return Named(code=directorate.code, name=_text(directorate.name, language))


def _centre(centre: Centre, language: str | None, *, is_open: bool) -> CentreOut:
    return CentreOut(
        code=centre.code,
        name=_text(centre.name, language),
        directorate=_directorate(centre.directorate, language),
        address=_text(centre.address, language),
        latitude=centre.latitude,
        longitude=centre.longitude,
        open_now=is_open,
    )


def _service(service: Service, language: str) -> ServiceOut:
    return ServiceOut(
        code=service.code,
        name=localised(service.name, language),
        directorate=_directorate(service.directorate, language),
        duration_minutes=service.duration_minutes,
        papers=[localised(paper, language) for paper in service.papers],
        online_url=service.online_url or None,
        limit_per_beneficiary=service.limit_per_beneficiary,
        dependants=service.dependants,
        people_present=service.people_present,
    )
