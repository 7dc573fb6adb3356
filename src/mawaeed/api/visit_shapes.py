"""Holds and visits as the API takes and tells them."""

from __future__ import annotations

from typing import Annotated

from ninja import Schema
from pydantic import Field

from mawaeed.api.schemas import AppointmentOut, Code, CompanionIn, DependantIn, Moment, Text

MOST_LEGS = 20  # what is read at all; the setting decides what is allowed


class HoldIn(Schema):
    """A time to keep for a few minutes: of one `service`, or of several one after another."""

    service: Code | None = None
    services: Annotated[list[Code], Field(max_length=MOST_LEGS)] | None = None
    centre: Code
    starts_at: Moment


class LegOut(Schema):
    """One service and its time."""

    service: str
    starts_at: str
    ends_at: str


class HoldOut(Schema):
    """What is held and until when; nothing at all is an empty list."""

    expires_at: str | None
    centre: str | None
    items: list[LegOut]


class VisitSlotOut(Schema):
    """A way to begin a visit: the times of all its legs."""

    starts_at: str
    ends_at: str
    legs: list[LegOut]


class VisitSlotList(Schema):
    """A page of ways, earliest first."""

    items: list[VisitSlotOut]
    next: str | None


class LegIn(Schema):
    """One service for one person, as in `BookingIn`."""

    service: Code
    beneficiary: Text | DependantIn | None = None
    companion: CompanionIn | None = None


class VisitIn(Schema):
    """Several services or people, one after another, from `starts_at`."""

    centre: Code
    starts_at: Moment
    legs: Annotated[list[LegIn], Field(max_length=MOST_LEGS)]


class VisitOut(Schema):
    """A visit by its reference, with its appointments in turn; null where it has one only."""

    visit: str | None
    items: list[AppointmentOut]
