"""Booking for whoever is at the desk or on the phone: the person's own limits and blocks count."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Literal

from django.http import HttpRequest, HttpResponse
from ninja import Field, Router, Schema, Status

from mawaeed.api.appointment_shape import shaped, shaped_all
from mawaeed.api.appointments import Key
from mawaeed.api.audience import staff
from mawaeed.api.beneficiaries import who_comes, who_comes_along
from mawaeed.api.edge import now_of, with_offset
from mawaeed.api.schemas import (
    AppointmentOut,
    Code,
    CompanionIn,
    Moment,
    SlotList,
    Text,
)
from mawaeed.api.staff.edge import (
    RECEPTION,
    REFUSALS,
    StaffBearer,
    actor_of,
    centre_of,
    staff_of,
    write_once,
)
from mawaeed.api.staff.visitors import (
    Visitor,
    appointment_of,
    appointments_at,
    holder_by_number,
    visitor_by_number,
)
from mawaeed.availability.staff_places import staff_slots
from mawaeed.booking import actions as booking
from mawaeed.booking.errors import ReasonNeeded, UnknownService
from mawaeed.booking.legs import Assisted
from mawaeed.booking.models import Channel
from mawaeed.centres.queries import offering_at
from mawaeed.conduct.queries import current_block
from mawaeed.kernel.secrets import unseal
from mawaeed.people.models import Beneficiary, Person
from mawaeed.people.numbers import mask_number
from mawaeed.people.queries import consents_received_by, dependants_of, goes_first

router = Router(tags=["staff: reception"], auth=StaffBearer())


class WhoIn(Schema):
    """The personal number, here and nowhere in an address."""

    personal_number: Text


class StaffBookingIn(WhoIn):
    """A time at this centre for the holder of the number, or for whoever they may book for.

    `places` "staff" takes a place of the staff's reserve and needs a `reason`: a code
    (`urgent`, `returning`, `our_fault`, `cannot_wait`) or words.
    """

    service: Code
    starts_at: Moment
    beneficiary: Text | None = Field(default=None, examples=["dependant:1"])
    companion: CompanionIn | None = None
    channel: Literal["desk", "phone"] = "desk"
    places: Literal["public", "staff"] = "public"
    reason: Text = ""


class StaffMoveIn(WhoIn):
    """Another time at this centre."""

    starts_at: Moment


class ComerOut(Schema):
    """Somebody the person may book for; `beneficiary` names them in a booking."""

    beneficiary: str
    name: str
    number: str


class VisitorOut(Schema):
    """The person, with what they have at this centre from today on. The number is masked."""

    account: bool
    name: str
    number: str
    verified: bool
    goes_first: bool
    blocked_until: str | None
    may_book_for: list[ComerOut]
    appointments: list[AppointmentOut]


@router.post("/{centre}/people", response={200: VisitorOut, **REFUSALS})
@staff(*RECEPTION)
def look_up(
    request: HttpRequest, response: HttpResponse, centre: str, body: WhoIn
) -> dict[str, Any]:
    """Find a person by number, in the body. Writes nothing. Refuses `nobody_found`."""
    response["Cache-Control"] = "no-store"
    visitor, place, now = (
        visitor_by_number(body.personal_number),
        centre_of(request),
        now_of(request),
    )
    return {
        **_about(visitor, place.timezone, now),
        "appointments": shaped_all(appointments_at(place, visitor, now), now),
    }


@router.get("/{centre}/staff-places", response={200: SlotList, **REFUSALS})
@staff(*RECEPTION)
def list_staff_places(
    request: HttpRequest, response: HttpResponse, centre: str, service: Code
) -> dict[str, Any]:
    """Times of a service with a place of the staff's reserve left, never shown to the public."""
    response["Cache-Control"] = "no-store"
    place = centre_of(request)
    offering = offering_at(service, place.code)
    if offering is None:
        raise UnknownService(service=service)
    items = [
        {
            "service": service,
            "centre": place.code,
            "starts_at": with_offset(slot.starts_at, place.timezone),
            "ends_at": with_offset(slot.ends_at, place.timezone),
            "places_left": slot.places_left,
        }
        for slot in staff_slots(offering, now_of(request))
    ]
    return {"items": items, "next": None}


@router.post("/{centre}/appointments", response={201: AppointmentOut, **REFUSALS})
@staff(*RECEPTION)
def book(
    request: HttpRequest, centre: str, body: StaffBookingIn, key: Key
) -> Status[dict[str, Any]]:
    """Book for a person; the ticket goes to them by message.

    Refuses what a resident's booking refuses, `nobody_found` and `reason_needed`.
    """
    person, now = holder_by_number(body.personal_number), now_of(request)

    def write() -> dict[str, Any]:
        appointment = booking.book_appointment(
            person=person,
            service_code=body.service,
            centre_code=centre_of(request).code,
            starts_at=body.starts_at.astimezone(UTC),
            beneficiary=who_comes(person, body.beneficiary, now),
            companion=who_comes_along(person, body.companion, now),
            assisted=_assisted(request, body),
            actor=actor_of(request),
            now=now,
        )
        return shaped(appointment, now)

    return Status(201, write_once(request, key, body.model_dump(mode="json"), write))


@router.post("/{centre}/appointments/{reference}/move", response={200: AppointmentOut, **REFUSALS})
@staff(*RECEPTION)
def move(
    request: HttpRequest, centre: str, reference: str, body: StaffMoveIn, key: Key
) -> dict[str, Any]:
    """Swap the time at the person's wish; it counts as theirs."""
    found = appointment_of(centre_of(request), reference, body.personal_number)

    def write() -> dict[str, Any]:
        moved = booking.move_appointment(
            appointment=found,
            starts_at=body.starts_at.astimezone(UTC),
            actor=actor_of(request),
            now=now_of(request),
        )
        return shaped(moved, now_of(request))

    return write_once(request, key, body.model_dump(mode="json"), write)


@router.post(
    "/{centre}/appointments/{reference}/cancel", response={200: AppointmentOut, **REFUSALS}
)
@staff(*RECEPTION)
def cancel(
    request: HttpRequest, centre: str, reference: str, body: WhoIn, key: Key
) -> dict[str, Any]:
    """Cancel at the person's wish; it counts as theirs. Repeating gives it cancelled again."""
    found = appointment_of(centre_of(request), reference, body.personal_number)

    def write() -> dict[str, Any]:
        cancelled = booking.cancel_appointment(
            appointment=found,
            actor=actor_of(request),
            now=now_of(request),
            reason="asked_at_reception",
        )
        return shaped(cancelled, now_of(request))

    return write_once(request, key, body.model_dump(mode="json"), write)


def _assisted(request: HttpRequest, body: StaffBookingIn) -> Assisted:
    reason = " ".join(body.reason.split())
    if body.places == "staff" and not reason:
        raise ReasonNeeded
    kept = reason if body.places == "staff" else ""
    return Assisted(staff_of(request).pk, Channel(body.channel), kept)


def _about(visitor: Visitor, zone: str, now: datetime) -> dict[str, Any]:
    person = visitor.person
    block = current_block(person, now) if person else None
    return {
        "account": person is not None,
        "name": (person.name if person else "") or visitor.beneficiary.name,
        "number": _masked(visitor.beneficiary),
        "verified": person is not None and person.verification != Person.Verification.UNVERIFIED,
        "goes_first": person is not None and goes_first(person, now),
        "blocked_until": with_offset(block.ends_at, zone) if block else None,
        "may_book_for": _comers(person) if person else [],
    }


def _comers(person: Person) -> list[dict[str, str]]:
    found = [
        (f"dependant:{each.pk}", each.name, each.beneficiary) for each in dependants_of(person)
    ]
    for consent in consents_received_by(person):
        who = consent.grantor.beneficiary
        found.append((f"consent:{consent.pk}", consent.grantor_name, who))
    return [
        {"beneficiary": value, "name": name, "number": _masked(who)} for value, name, who in found
    ]


def _masked(beneficiary: Beneficiary) -> str:
    return mask_number(unseal(beneficiary.number_sealed))
