"""When places that are held back become bookable: announced to everybody alike."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from django.http import HttpRequest
from ninja import Field, Router, Schema

from mawaeed.api.audience import public
from mawaeed.api.edge import now_of
from mawaeed.api.schemas import Code, Refusal
from mawaeed.availability.releases import Announced, coming_releases
from mawaeed.booking.errors import UnknownCentre, UnknownService
from mawaeed.centres.models import Offering, Service

router = Router(tags=["free times"])


class AnnouncedRelease(Schema):
    """Places of one day that are let go at a moment, or somewhere between two."""

    centre: str
    date: str = Field(description="The day of the places, at the centre.")
    announced_from: str = Field(description="From when they may be bookable.")
    announced_until: str = Field(description="Bookable by then at the latest; often the same.")
    percent: int = Field(description="Of the day's public places.")


class AnnouncedReleases(Schema):
    """Everything announced, soonest first."""

    items: list[AnnouncedRelease]


@router.get("/releases", response={200: AnnouncedReleases, 404: Refusal, 422: Refusal})
@public
def list_releases(
    request: HttpRequest, service: Code, centre: Code | None = None
) -> AnnouncedReleases:
    """Places of a service that cannot be booked yet, and when they can.

    Empty where everything within the horizon is let go already.
    """
    zones = _zones(service, centre)
    found = coming_releases(service, now_of(request), centre=centre)
    return AnnouncedReleases(
        items=[_shown(each, zones[each.centre_code]) for each in found if each.centre_code in zones]
    )


def _zones(service: str, centre: str | None) -> dict[str, ZoneInfo]:
    """Centre code → its zone, where the service is offered; refuses what does not exist."""
    if not Service.objects.filter(code=service, active=True).exists():
        raise UnknownService(service=service)
    offered = Offering.objects.filter(service__code=service, active=True, centre__active=True)
    rows = dict(offered.values_list("centre__code", "centre__timezone"))
    if centre is not None and centre not in rows:
        raise UnknownCentre(centre=centre)
    return {code: ZoneInfo(zone) for code, zone in rows.items()}


def _shown(each: Announced, zone: ZoneInfo) -> AnnouncedRelease:
    def written(moment: datetime) -> str:
        return moment.astimezone(zone).isoformat(timespec="seconds")

    return AnnouncedRelease(
        centre=each.centre_code,
        date=each.day.isoformat(),
        announced_from=written(each.starts_at),
        announced_until=written(each.ends_at),
        percent=each.percent,
    )
