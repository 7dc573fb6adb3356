"""What the API takes and gives: times with the centre's offset, codes of what there is."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

from ninja import Field, Schema
from pydantic import AfterValidator, AwareDatetime, BeforeValidator, StringConstraints

FIRST_YEAR, LAST_YEAR = 2000, 2200


def _written(value: object) -> object:
    if not isinstance(value, str):
        raise ValueError("write it as text")  # noqa: TRY004 (pydantic tells only this one)
    return value


def _near(value: datetime) -> datetime:
    if not FIRST_YEAR <= value.year <= LAST_YEAR:
        raise ValueError("no such year here")
    return value


def _near_date(value: date) -> date:
    if not FIRST_YEAR <= value.year <= LAST_YEAR:
        raise ValueError("no such year here")
    return value


def _printable(value: str) -> str:
    if "\x00" in value:
        raise ValueError("contains a null character")
    return value


Moment = Annotated[AwareDatetime, BeforeValidator(_written), AfterValidator(_near)]
Day = Annotated[date, BeforeValidator(_written), AfterValidator(_near_date)]
Text = Annotated[str, StringConstraints(max_length=200), AfterValidator(_printable)]
Code = Annotated[str, StringConstraints(max_length=80), AfterValidator(_printable)]


class Refusal(Schema):
    """Why not, and what to do next."""

    code: str = Field(examples=["slot_taken"])
    message: str
    data: dict[str, Any]


class Named(Schema):
    """Something with a code and a name (in every language with `names=all`)."""

    code: str
    name: str | dict[str, str]


class CentreOut(Named):
    """A place people come to."""

    directorate: Named
    address: str | dict[str, str]
    latitude: float | None
    longitude: float | None
    open_now: bool


class CentreList(Schema):
    """A page of centres."""

    items: list[CentreOut]
    next: str | None


class ServiceOut(Named):
    """What a person comes for."""

    directorate: Named
    duration_minutes: int
    papers: list[str]
    online_url: str | None
    limit_per_beneficiary: int
    dependants: bool
    people_present: int = Field(default=1, description="Two must come where it is 2.")


class ServiceList(Schema):
    """A page of services."""

    items: list[ServiceOut]
    next: str | None


class SlotOut(Schema):
    """A time that could be booked a second ago."""

    service: str
    centre: str
    starts_at: str
    ends_at: str
    places_left: int


class SlotList(Schema):
    """A page of free times, earliest first."""

    items: list[SlotOut]
    next: str | None


class SignInIn(Schema):
    """Who wants to sign in; the code goes to the mobile on record if there is one."""

    personal_number: Text
    date_of_birth: Text = Field(examples=["1990-01-31"])
    mobile: Text


class VerifyIn(Schema):
    """The code that was sent."""

    personal_number: Text
    code: Text


class TokenOut(Schema):
    """What `Authorization: Bearer` carries from now on."""

    token: str
    expires_at: str
    verified: bool


class DependantIn(Schema):
    """Somebody else who comes, registered on the fly under the person who books."""

    personal_number: Text
    date_of_birth: Text
    name: Annotated[Text, StringConstraints(max_length=120)]


class CompanionIn(Schema):
    """The second person of a service that needs two."""

    personal_number: Text
    date_of_birth: Text = Field(examples=["1990-01-31"])


class BookingIn(Schema):
    """A time somebody wants; `beneficiary` is a dependant or somebody who gave consent.

    By personal number, by `dependant:ID` or `consent:ID`, or a dependant registered on the fly.

    `companion` may be named where the service needs two (`people_present`).
    """

    service: Code
    centre: Code
    starts_at: Moment
    beneficiary: Text | DependantIn | None = None
    companion: CompanionIn | None = None


class MoveIn(Schema):
    """Another time, at another centre if it is named."""

    starts_at: Moment
    centre: Code | None = None


class TicketOut(Schema):
    """The hall's ticket."""

    number: str
    state: str


class AppointmentOut(Schema):
    """A promise of one place."""

    reference: str
    state: str
    service: str
    centre: str
    starts_at: str
    ends_at: str
    ticket: TicketOut | None
    can_move: bool
    can_cancel: bool
    visit: str | None = Field(default=None, description="Of several booked together.")
    leg: int | None = Field(default=None, description="Its turn in the visit, from 1.")


class AppointmentList(Schema):
    """A page of appointments, latest start first."""

    items: list[AppointmentOut]
    next: str | None


class Nothing(Schema):
    """An empty object."""
