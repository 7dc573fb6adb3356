"""Several services or people in one visit, one after another."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Query, Router, Status

from mawaeed.api.appointment_shape import shaped_all
from mawaeed.api.appointments import REFUSALS, Key, MaybeKey
from mawaeed.api.audience import public, resident
from mawaeed.api.beneficiaries import who_comes, who_comes_along
from mawaeed.api.catalogue import Cursor, Limit
from mawaeed.api.edge import Bearer, actor_of, now_of, person_of, with_offset
from mawaeed.api.paging import USUAL, page_of
from mawaeed.api.schemas import Code, Day, MoveIn, Refusal
from mawaeed.api.visit_shapes import LegOut, VisitIn, VisitOut, VisitSlotList, VisitSlotOut
from mawaeed.availability.queries import last_bookable_date
from mawaeed.booking import actions as booking
from mawaeed.booking.chains import find_offerings, visit_starts_between
from mawaeed.booking.legs import Wanted
from mawaeed.booking.models import Appointment
from mawaeed.booking.queries import visit_for_person
from mawaeed.centres.models import Offering
from mawaeed.kernel.clock import day_bounds
from mawaeed.kernel.errors import NotFound
from mawaeed.kernel.idempotency import once
from mawaeed.people.models import Person

open_router = Router(tags=["visits"])
router = Router(tags=["visits"], auth=Bearer())


@open_router.get("/visits/slots", response={200: VisitSlotList, 404: Refusal, 422: Refusal})
@public
def list_visit_slots(  # noqa: PLR0917 (ninja reads the parameters)
    request: HttpRequest,
    centre: Code,
    service: Annotated[list[Code], Query(max_length=20)],
    day: Day | None = None,
    limit: Limit = USUAL,
    cursor: Cursor = None,
) -> VisitSlotList:
    """Times at which all of the services fit one after another, in the order they are named.

    A service may be named twice, for two people. `day` is a date at the centre.
    """
    now = now_of(request)
    offerings = find_offerings(service, centre, now)
    zone = offerings[0].centre.timezone
    last = day_bounds(last_bookable_date(now, zone), zone)[1]
    begin, end = day_bounds(day, zone) if day else (now, last)
    found = visit_starts_between(offerings, begin, min(end, last), now=now)
    rows, following = page_of(
        found, cursor, limit, lambda starts: (int(starts[0].timestamp()), centre)
    )
    return VisitSlotList(items=[_slot(offerings, starts) for starts in rows], next=following)


def _slot(offerings: Sequence[Offering], starts: Sequence[datetime]) -> VisitSlotOut:
    legs = [_leg(offering, start) for offering, start in zip(offerings, starts, strict=True)]
    return VisitSlotOut(starts_at=legs[0].starts_at, ends_at=legs[-1].ends_at, legs=legs)


def _leg(offering: Offering, starts_at: datetime) -> LegOut:
    zone = offering.centre.timezone
    ends_at = starts_at + timedelta(minutes=offering.duration_minutes)
    return LegOut(
        service=offering.service.code,
        starts_at=with_offset(starts_at, zone),
        ends_at=with_offset(ends_at, zone),
    )


@router.post("/visits", response={201: VisitOut, **REFUSALS})
@resident
def book(request: HttpRequest, body: VisitIn, key: Key) -> Status[dict[str, Any]]:
    """Book all or nothing. Repeating with the same key gives the first success again."""
    person, now = person_of(request), now_of(request)

    def write() -> dict[str, Any]:
        wanted = [
            Wanted(
                leg.service,
                who_comes(person, leg.beneficiary, now),
                who_comes_along(person, leg.companion, now),
            )
            for leg in body.legs
        ]
        made = booking.book_visit(
            person=person,
            wanted=wanted,
            centre_code=body.centre,
            starts_at=body.starts_at.astimezone(UTC),
            actor=actor_of(person),
            now=now,
        )
        return _shaped(made, now)

    asked = {"do": "book visit", **body.model_dump(mode="json")}
    return Status(201, once(actor=actor_of(person), key=key, body=asked, write=write))


@router.get("/visits/{reference}", response={200: VisitOut, 401: Refusal, 404: Refusal})
@resident
def show(request: HttpRequest, reference: str) -> dict[str, Any]:
    """One's own visit; another person's does not exist."""
    return _shaped(_own(request, reference), now_of(request))


@router.post("/visits/{reference}/move", response={200: VisitOut, **REFUSALS})
@resident
def move(request: HttpRequest, reference: str, body: MoveIn, key: Key) -> dict[str, Any]:
    """Swap all of its times for others, which begin at `starts_at`; all or nothing."""
    person, now = person_of(request), now_of(request)
    legs = _own(request, reference)

    def write() -> dict[str, Any]:
        booking.move_appointment(
            appointment=_first_active(legs),
            starts_at=body.starts_at.astimezone(UTC),
            centre_code=body.centre,
            actor=actor_of(person),
            now=now,
        )
        return _shaped(_own(request, reference), now)

    asked = {"do": "move visit", "reference": reference, **body.model_dump(mode="json")}
    return once(actor=actor_of(person), key=key, body=asked, write=write)


@router.delete("/visits/{reference}", response={200: VisitOut, **REFUSALS})
@resident
def cancel(request: HttpRequest, reference: str, key: MaybeKey = None) -> dict[str, Any]:
    """Cancel all that is booked of it; repeating gives the cancelled visit again."""
    person, now = person_of(request), now_of(request)
    legs = _own(request, reference)

    def write() -> dict[str, Any]:
        actor = actor_of(person)
        booking.cancel_visit(appointment=_first_active(legs), actor=actor, now=now)
        return _shaped(_own(request, reference), now)

    if not key:
        return write()
    asked = {"do": "cancel visit", "reference": reference}
    return once(actor=actor_of(person), key=key, body=asked, write=write)


def _own(request: HttpRequest, reference: str) -> list[Appointment]:
    person: Person = person_of(request)
    if not reference.isascii() or not reference.isalnum():
        raise NotFound
    return visit_for_person(person, reference)


def _first_active(legs: Sequence[Appointment]) -> Appointment:
    active = (leg for leg in legs if leg.state in Appointment.ACTIVE)
    return next(active, legs[0])


def _shaped(legs: Sequence[Appointment], now: datetime) -> dict[str, Any]:
    visit = legs[0].visit
    return {"visit": visit.reference if visit else None, "items": shaped_all(legs, now)}
