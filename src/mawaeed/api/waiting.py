"""The waiting list: join, look, leave, take or decline what is offered; confirm an appointment."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Field, Router, Schema, Status

from mawaeed.api.appointment_shape import shaped as shaped_appointment
from mawaeed.api.appointments import REFUSALS, Key, MaybeKey
from mawaeed.api.audience import resident
from mawaeed.api.beneficiaries import who_comes
from mawaeed.api.catalogue import Cursor, Limit
from mawaeed.api.edge import Bearer, actor_of, now_of, person_of, with_offset
from mawaeed.api.paging import USUAL, cursor_after, page_size, position_of
from mawaeed.api.schemas import AppointmentOut, Code, Day, DependantIn, Moment, Refusal, Text
from mawaeed.booking import actions as booking
from mawaeed.booking.models import Appointment, WaitingEntry
from mawaeed.booking.queries import appointment_for_person
from mawaeed.booking.waiting.queries import (
    entries_for_person,
    entry_for_person,
    has_live_offer,
    has_news,
    offered_offering,
)
from mawaeed.kernel.errors import NotFound
from mawaeed.kernel.idempotency import once

router = Router(tags=["waiting list"], auth=Bearer())


class WaitIn(Schema):
    """What is waited for: anything, or with `appointment` (its reference) something earlier."""

    service: Code
    centre: Code | None = None
    beneficiary: Text | DependantIn | None = None
    appointment: Code | None = None
    from_: Day | None = Field(None, alias="from")
    until: Day | None = None


class SeenIn(Schema):
    """The start you were shown: a place offered since is then neither taken nor left."""

    starts_at: Moment | None = None


class OfferOut(Schema):
    """The place offered or told of last; with `expires_at` it is kept for you until then."""

    centre: str
    starts_at: str
    ends_at: str
    expires_at: str | None


class WaitOut(Schema):
    """A place on the waiting list."""

    id: int
    state: str
    service: str
    centre: str | None
    appointment: str | None
    from_: str = Field(alias="from", serialization_alias="from")
    until: str
    messages: int
    offer: OfferOut | None


class WaitList(Schema):
    """A page of what one waits or waited for, newest first."""

    items: list[WaitOut]
    next: str | None


class ConfirmationOut(Schema):
    """Whether an appointment is to be confirmed, until when, and when it was."""

    reference: str
    state: str
    asked_at: str | None
    confirm_by: str | None
    confirmed_at: str | None


@router.post("/waiting-list", response={201: WaitOut, **REFUSALS}, by_alias=True)
@resident
def join(request: HttpRequest, body: WaitIn, key: Key) -> Status[dict[str, Any]]:
    """Wait for a place at one centre or any, between two dates; told by SMS when one is free."""
    person, now = person_of(request), now_of(request)
    held = appointment_for_person(person, body.appointment) if body.appointment else None

    def write() -> dict[str, Any]:
        entry = booking.join_waiting_list(
            person=person,
            service_code=body.service,
            centre_code=body.centre,
            beneficiary=who_comes(person, body.beneficiary, now),
            appointment=held,
            from_date=body.from_,
            until_date=body.until,
            actor=actor_of(person),
            now=now,
        )
        return _shaped(entry, now)

    asked = {"do": "wait", **body.model_dump(mode="json")}
    return Status(201, once(actor=actor_of(person), key=key, body=asked, write=write))


@router.get("/waiting-list", response={200: WaitList, 401: Refusal, 422: Refusal}, by_alias=True)
@resident
def list_entries(
    request: HttpRequest, response: HttpResponse, limit: Limit = USUAL, cursor: Cursor = None
) -> dict[str, Any]:
    """What you wait for and waited for, newest first."""
    rows = entries_for_person(person_of(request)).order_by("-pk")
    if cursor:
        (last,) = position_of(cursor, int)
        rows = rows.filter(pk__lt=last)
    size = page_size(limit)
    page = list(rows[: size + 1])
    following = cursor_after(page[size - 1].pk) if len(page) > size else None
    response["Cache-Control"] = "no-store"
    now = now_of(request)
    return {"items": [_shaped(each, now) for each in page[:size]], "next": following}


@router.delete("/waiting-list/{entry}", response={200: WaitOut, **REFUSALS}, by_alias=True)
@resident
def leave(request: HttpRequest, entry: int, key: MaybeKey = None) -> dict[str, Any]:
    """Wait no longer; repeating gives the same. A place kept for you goes to the next."""
    person, now = person_of(request), now_of(request)

    def write() -> dict[str, Any]:
        found = _own(request, entry)
        return _shaped(
            booking.leave_waiting_list(entry=found, actor=actor_of(person), now=now), now
        )

    return _maybe_once(request, key, {"do": "leave", "entry": entry}, write)


@router.post("/waiting-list/{entry}/accept", response={200: AppointmentOut, **REFUSALS})
@resident
def accept(
    request: HttpRequest, entry: int, key: Key, body: SeenIn | None = None
) -> dict[str, Any]:
    """Take the place you were offered or told of: books it, or moves what you hold, at once.

    With `starts_at`, that place alone: refuses `offer_gone` where another was offered since.
    """
    person, now, seen = person_of(request), now_of(request), _seen(body)

    def write() -> dict[str, Any]:
        found = _own(request, entry)
        taken = booking.accept_offer(entry=found, actor=actor_of(person), now=now, seen=seen)
        return shaped_appointment(taken, now)

    asked = _asked("accept", entry, seen)
    return once(actor=actor_of(person), key=key, body=asked, write=write)


@router.post("/waiting-list/{entry}/decline", response={200: WaitOut, **REFUSALS}, by_alias=True)
@resident
def decline(
    request: HttpRequest, entry: int, body: SeenIn | None = None, key: MaybeKey = None
) -> dict[str, Any]:
    """Leave the place that is kept for you to the next, and stay on the list.

    With `starts_at`, that place alone: refuses `offer_gone` where another is kept since.
    """
    person, now, seen = person_of(request), now_of(request), _seen(body)

    def write() -> dict[str, Any]:
        found = _own(request, entry)
        declined = booking.decline_offer(entry=found, actor=actor_of(person), now=now, seen=seen)
        return _shaped(declined, now)

    return _maybe_once(request, key, _asked("decline", entry, seen), write)


@router.get(
    "/appointments/{reference}/confirm",
    response={200: ConfirmationOut, 401: Refusal, 404: Refusal},
)
@resident
def confirmation(request: HttpRequest, response: HttpResponse, reference: str) -> dict[str, Any]:
    """Whether an appointment of yours is to be confirmed, and until when."""
    response["Cache-Control"] = "no-store"
    return _confirmation(_appointment(request, reference))


@router.post("/appointments/{reference}/confirm", response={200: ConfirmationOut, **REFUSALS})
@resident
def confirm(request: HttpRequest, reference: str, key: MaybeKey = None) -> dict[str, Any]:
    """Say that you will come. Repeating gives the same."""
    person, now = person_of(request), now_of(request)
    appointment = _appointment(request, reference)

    def write() -> dict[str, Any]:
        confirmed = booking.confirm_appointment(
            appointment=appointment, actor=actor_of(person), now=now
        )
        return _confirmation(confirmed)

    return _maybe_once(request, key, {"do": "confirm", "reference": appointment.reference}, write)


def _seen(body: SeenIn | None) -> datetime | None:
    return body.starts_at.astimezone(UTC) if body and body.starts_at else None


def _asked(do: str, entry: int, seen: datetime | None) -> dict[str, Any]:
    """What a key stands for; without a start as it always was."""
    asked: dict[str, Any] = {"do": do, "entry": entry}
    return {**asked, "starts_at": seen.isoformat()} if seen else asked


def _own(request: HttpRequest, entry: int) -> WaitingEntry:
    if not 0 < entry < 1 << 62:
        raise NotFound
    return entry_for_person(person_of(request), entry)


def _appointment(request: HttpRequest, reference: str) -> Appointment:
    if not reference.isascii() or not reference.isalnum():
        raise NotFound
    return appointment_for_person(person_of(request), reference)


def _maybe_once(
    request: HttpRequest, key: str | None, body: dict[str, Any], write: Any
) -> dict[str, Any]:
    actor = actor_of(person_of(request))
    told: dict[str, Any] = once(actor=actor, key=key, body=body, write=write) if key else write()
    return told


def _shaped(entry: WaitingEntry, now: datetime) -> dict[str, Any]:
    return {
        "id": entry.pk,
        "state": entry.state,
        "service": entry.service.code,
        "centre": entry.centre.code if entry.centre else None,
        "appointment": entry.appointment.reference if entry.appointment else None,
        "from": entry.from_date.isoformat(),
        "until": entry.until_date.isoformat(),
        "messages": entry.messages,
        "offer": _offer(entry, now),
    }


def _offer(entry: WaitingEntry, now: datetime) -> dict[str, Any] | None:
    offering = offered_offering(entry) if has_news(entry, now) else None
    if offering is None or entry.offered_starts_at is None:
        return None
    zone = offering.centre.timezone
    until = entry.offer_expires_at if has_live_offer(entry, now) else None
    ends_at = entry.offered_starts_at + timedelta(minutes=offering.duration_minutes)
    return {
        "centre": offering.centre.code,
        "starts_at": with_offset(entry.offered_starts_at, zone),
        "ends_at": with_offset(ends_at, zone),
        "expires_at": with_offset(until, zone) if until else None,
    }


def _confirmation(appointment: Appointment) -> dict[str, Any]:
    zone = appointment.centre.timezone

    def told(moment: datetime | None) -> str | None:
        return with_offset(moment, zone) if moment else None

    return {
        "reference": appointment.reference,
        "state": appointment.state,
        "asked_at": told(appointment.confirm_asked_at),
        "confirm_by": told(appointment.confirm_by),
        "confirmed_at": told(appointment.confirmed_at),
    }
