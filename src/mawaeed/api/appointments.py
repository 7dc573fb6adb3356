"""Appointments: book, look, move, cancel."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Annotated, Any

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from ninja import Header, Router, Status

from mawaeed.api.appointment_shape import shaped, shaped_all, shaped_new
from mawaeed.api.audience import resident
from mawaeed.api.beneficiaries import who_comes, who_comes_along
from mawaeed.api.catalogue import Cursor, Limit
from mawaeed.api.edge import Bearer, actor_of, now_of, person_of
from mawaeed.api.paging import USUAL, cursor_after, page_size, position_of
from mawaeed.api.schemas import AppointmentList, AppointmentOut, BookingIn, MoveIn, Refusal
from mawaeed.booking import actions as booking
from mawaeed.booking.models import Appointment
from mawaeed.booking.queries import (
    appointment_for_person,
    appointment_seen_by,
    appointments_for_person,
)
from mawaeed.kernel.errors import Malformed, NotFound
from mawaeed.kernel.idempotency import once
from mawaeed.people.models import Person

router = Router(tags=["appointments"], auth=Bearer())
Key = Annotated[str, Header(alias="Idempotency-Key", min_length=1, max_length=80)]
# Repeating these is harmless without a key too: it is remembered only where one comes.
MaybeKey = Annotated[str | None, Header(alias="Idempotency-Key", min_length=1, max_length=80)]
REFUSALS = {401: Refusal, 403: Refusal, 404: Refusal, 409: Refusal, 422: Refusal}


@router.post("/appointments", response={201: AppointmentOut, **REFUSALS})
@resident
def book(request: HttpRequest, body: BookingIn, key: Key) -> HttpResponse | Status[dict[str, Any]]:
    """Book. Repeating with the same key gives the first success again."""
    person, now = person_of(request), now_of(request)
    if body.beneficiary is None and body.companion is None:
        return HttpResponse(
            book_for_oneself(person, body, key, now),
            status=201,
            content_type="application/json; charset=utf-8",
        )

    def write() -> dict[str, Any]:
        appointment = booking.book_appointment(
            person=person,
            service_code=body.service,
            centre_code=body.centre,
            starts_at=body.starts_at.astimezone(UTC),
            beneficiary=who_comes(person, body.beneficiary, now),
            companion=who_comes_along(person, body.companion, now),
            actor=actor_of(person),
            now=now,
        )
        return shaped_new(appointment, now)

    return Status(201, _once(person, key, _asked_to_book(body), write))


def book_for_oneself(person: Person, body: BookingIn, key: str, now: datetime) -> bytes:
    """The JSON answer to an ordinary booking; also for `api.short_way`."""
    answer = booking.book_once(
        person=person,
        service_code=body.service,
        centre_code=body.centre,
        starts_at=body.starts_at.astimezone(UTC),
        actor=actor_of(person),
        now=now,
        key=key,
        body=_asked_to_book(body),
        shape=lambda appointment: shaped_new(appointment, now),
    )
    # Of our own shape: only its members need the order of the schema.
    return json.dumps({name: answer[name] for name in AppointmentOut.model_fields}).encode()


@router.get("/appointments", response={200: AppointmentList, 401: Refusal, 422: Refusal})
@resident
def list_appointments(
    request: HttpRequest, response: HttpResponse, limit: Limit = USUAL, cursor: Cursor = None
) -> AppointmentList:
    """Everything the person booked or somebody with consent booked for them, latest first."""
    person = person_of(request)
    rows = appointments_for_person(person)
    if cursor:
        micros, pk = position_of(cursor, int, int)
        moment = _moment(micros)
        rows = rows.filter(Q(starts_at__lt=moment) | Q(starts_at=moment, pk__lt=pk))
    size = page_size(limit)
    page = list(rows[: size + 1])
    following = None
    if len(page) > size:
        last = page[size - 1]
        following = cursor_after(round(last.starts_at.timestamp() * 1_000_000), last.pk)
    response["Cache-Control"] = "no-store"
    shapes = shaped_all(page[:size], now_of(request), person)
    items = [AppointmentOut(**each) for each in shapes]
    return AppointmentList(items=items, next=following)


@router.get("/appointments/{reference}", response={200: AppointmentOut, 401: Refusal, 404: Refusal})
@resident
def show(request: HttpRequest, response: HttpResponse, reference: str) -> dict[str, Any]:
    """One's own, or one booked by somebody with consent; another person's does not exist."""
    response["Cache-Control"] = "no-store"
    return shaped(_seen(request, reference), now_of(request), person_of(request))


@router.post("/appointments/{reference}/move", response={200: AppointmentOut, **REFUSALS})
@resident
def move(request: HttpRequest, reference: str, body: MoveIn, key: Key) -> dict[str, Any]:
    """Swap the time for another: the old place is given up only if the new one was taken."""
    person, now = person_of(request), now_of(request)
    appointment = _own(request, reference)

    def write() -> dict[str, Any]:
        moved = booking.move_appointment(
            appointment=appointment,
            starts_at=body.starts_at.astimezone(UTC),
            centre_code=body.centre,
            actor=actor_of(person),
            now=now,
        )
        return shaped(moved, now)

    asked = {"do": "move", "reference": appointment.reference, **body.model_dump(mode="json")}
    return _once(person, key, asked, write)


@router.delete("/appointments/{reference}", response={200: AppointmentOut, **REFUSALS})
@resident
def cancel(request: HttpRequest, reference: str, key: MaybeKey = None) -> dict[str, Any]:
    """Cancel this one; repeating gives the cancelled appointment again, with a key or without."""
    person, now = person_of(request), now_of(request)
    appointment = _seen(request, reference)

    def write() -> dict[str, Any]:
        cancelled = booking.cancel_appointment(
            appointment=appointment, actor=actor_of(person), now=now
        )
        return shaped(cancelled, now, person)

    if key:
        return _once(person, key, {"do": "cancel", "reference": appointment.reference}, write)
    return write()


def _asked_to_book(body: BookingIn) -> dict[str, Any]:
    return {"do": "book", **body.model_dump(mode="json")}


def _own(request: HttpRequest, reference: str) -> Appointment:
    return appointment_for_person(person_of(request), _checked(reference))


def _seen(request: HttpRequest, reference: str) -> Appointment:
    return appointment_seen_by(person_of(request), _checked(reference))


def _checked(reference: str) -> str:
    if not reference.isascii() or not reference.isalnum():
        raise NotFound
    return reference


def _once(person: Person, key: str, body: dict[str, Any], write: Any) -> dict[str, Any]:
    return once(actor=actor_of(person), key=key, body=body, write=write)


def _moment(micros: int) -> datetime:
    try:
        return datetime.fromtimestamp(micros / 1_000_000, UTC)
    except (OverflowError, ValueError, OSError):
        raise Malformed(field="cursor") from None
