"""The earliest and the nearest free times of every centre, and the week at a glance."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

from django.http import HttpRequest
from ninja import Query, Router

from mawaeed.api.audience import public
from mawaeed.api.catalogue import Cursor, Limit
from mawaeed.api.edge import language_of, now_of, with_offset
from mawaeed.api.finding_shapes import (
    FindingIn,
    FindingList,
    FoundCentreOut,
    GovernorateList,
    GovernorateOut,
    NextDayOut,
    NothingFreeOut,
    PartsOut,
    PeriodOut,
    ReleaseOut,
    TimeOut,
    WalkInOut,
    WeekDayOut,
    WeekList,
)
from mawaeed.api.paging import USUAL, page_from
from mawaeed.api.schemas import Code, Refusal
from mawaeed.availability.finding.nothing_free import NothingFree, WalkInHours, nothing_free
from mawaeed.availability.finding.queries import (
    FoundCentre,
    TimesRead,
    Wanted,
    WeekDay,
    centres_found,
    place_of,
    read_times,
    week_at,
)
from mawaeed.availability.finding.rules import PARTS, part_named, sort_named
from mawaeed.booking.errors import UnknownCentre, UnknownService
from mawaeed.centres.names import localised
from mawaeed.centres.queries import governorates_in_use

router = Router(tags=["free times"])
METRES_SHOWN = 1  # decimals of a kilometre


@router.get("/finding", response={200: FindingList, 404: Refusal, 422: Refusal})
@public
def find(
    request: HttpRequest, wanted: Query[FindingIn], limit: Limit = USUAL, cursor: Cursor = None
) -> FindingList:
    """The first free times of every centre that offers a service, the nearest or earliest first.

    Where addresses are logged, send a position by `POST` instead: it then stands in no address.
    """
    return _found(now_of(request), wanted, limit, cursor)


@router.post("/finding", response={200: FindingList, 404: Refusal, 422: Refusal})
@public
def find_by_post(
    request: HttpRequest,
    wanted: FindingIn,
    limit: Limit = USUAL,
    cursor: Cursor = None,
) -> FindingList:
    """The same, with what is looked for in the body. Writes nothing."""
    return _found(now_of(request), wanted, limit, cursor)


@router.get("/week", response={200: WeekList, 404: Refusal, 422: Refusal})
@public
def week(
    request: HttpRequest,
    service: Code,
    centre: Annotated[Code | None, Query(description="All that offer it if left out.")] = None,
) -> WeekList:
    """The days that can be booked, with the free times in each part of the day or why not."""
    read = _read(service, now_of(request))
    if centre is not None and not read.at(centre):
        raise UnknownCentre(centre=centre)
    days = [_day(each, language_of(request)) for each in week_at(read, centre)]
    return WeekList(items=days, next=None, nothing_free=_nothing(nothing_free(read, centre)))


@router.get("/governorates", response={200: GovernorateList})
@public
def list_governorates(request: HttpRequest) -> GovernorateList:
    """What may be chosen instead of a position."""
    language = language_of(request)
    items = [
        GovernorateOut(
            code=each.code,
            name=localised(each.name, language),
            latitude=each.latitude,
            longitude=each.longitude,
        )
        for each in governorates_in_use()
    ]
    return GovernorateList(items=items, next=None)


def _read(service: str, now: datetime) -> TimesRead:
    read = read_times(service=service, now=now)
    if not read.offerings:
        raise UnknownService(service=service)
    return read


def _found(now: datetime, wanted: FindingIn, limit: int, cursor: str | None) -> FindingList:
    position = place_of(wanted.latitude, wanted.longitude, wanted.governorate)
    asked = Wanted(
        part=part_named(wanted.part),
        day=wanted.day,
        position=position,
        sort=sort_named(wanted.sort, position),
    )
    read = _read(wanted.service, now)
    rows, following = page_from(centres_found(read, asked, wanted.times), cursor, limit)
    return FindingList(
        items=[_centre(each) for each in rows],
        next=following,
        nothing_free=_nothing(nothing_free(read)),
    )


def _centre(found: FoundCentre) -> FoundCentreOut:
    zone, far = found.centre.timezone, found.distance_km
    return FoundCentreOut(
        centre=found.centre.code,
        distance_km=None if far is None else round(far, METRES_SHOWN),
        slots=[
            TimeOut(
                starts_at=with_offset(slot.starts_at, zone),
                ends_at=with_offset(slot.ends_at, zone),
                places_left=slot.places_left,
            )
            for slot in found.slots
        ],
    )


def _day(day: WeekDay, language: str) -> WeekDayOut:
    return WeekDayOut(
        date=day.date.isoformat(),
        state=day.state,
        free_times=PartsOut(**{part: day.free.get(part, 0) for part in PARTS}),
        why=localised(day.why, language) or None,
    )


def _nothing(answer: NothingFree | None) -> NothingFreeOut | None:
    if answer is None:
        return None
    return NothingFreeOut(
        next_day=_next_day(answer),
        release=_release(answer),
        walk_ins=_walk_ins(answer.walk_ins),
        online_url=answer.online_url or None,
    )


def _next_day(answer: NothingFree) -> NextDayOut | None:
    if (coming := answer.next_day) is None:
        return None
    moment = with_offset(coming.bookable_at, coming.zone)
    return NextDayOut(date=coming.date.isoformat(), bookable_at=moment)


def _release(answer: NothingFree) -> ReleaseOut | None:
    if (coming := answer.release) is None:
        return None
    zone = coming.centre.timezone
    return ReleaseOut(
        date=coming.date.isoformat(),
        centre=coming.centre.code,
        announced_from=with_offset(coming.announced_from, zone),
        announced_until=with_offset(coming.announced_until, zone),
    )


def _walk_ins(hours: Sequence[WalkInHours]) -> list[WalkInOut]:
    return [
        WalkInOut(
            centre=each.centre.code,
            periods=[
                PeriodOut(
                    opens_at=with_offset(starts_at, each.centre.timezone),
                    closes_at=with_offset(ends_at, each.centre.timezone),
                )
                for starts_at, ends_at in each.periods
            ],
        )
        for each in hours
    ]
