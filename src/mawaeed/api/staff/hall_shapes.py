"""What the hall's operations take and give."""

from __future__ import annotations

from typing import Annotated

from ninja import Field, Schema
from pydantic import StringConstraints

from mawaeed.api.schemas import Code, Text

Number = Annotated[Code, Field(examples=["A012"], description="As it is called: letter, digits.")]


class CounterIn(Schema):
    """The number of a counter of this centre, as it stands on the board."""

    counter: int = Field(ge=1, le=999)


class AtCounterIn(Schema):
    """The ticket your counter has, so that nothing happens to another by mistake."""

    ticket: Number


class WalkInIn(Schema):
    """A ticket without an appointment.

    `priority` is for people of 60 and over or with a disability. `although_full` says why one is
    given when the rest of the day is taken. `also` are further services on the same number, taken
    in turn after `service`.
    """

    service: Code
    also: list[Code] = Field(default=[], max_length=9)
    mobile: Text | None = None
    language: Code | None = Field(default=None, examples=["ar"])
    priority: bool = False
    although_full: Text = ""


class CheckInIn(Schema):
    """The appointment of somebody who is here; `both` where two must come and are seen."""

    reference: Annotated[Code, StringConstraints(min_length=1)]
    both: bool = False


class HallTicketOut(Schema):
    """A place in the queue."""

    number: str
    state: str
    service: str
    priority_class: str
    due_at: str
    calls: int
    counter: int | None


class CounterOut(Schema):
    """Your counter and whom it has."""

    counter: int
    open: bool
    ticket: HallTicketOut | None


class GivenOut(Schema):
    """A ticket just given; `secret` opens its page, /t/SECRET/, for the visitor."""

    ticket: HallTicketOut
    secret: str


class HallOut(Schema):
    """Who waits, in the order of calling, who was put aside, and which counters are at work."""

    waiting: int
    items: list[HallTicketOut]
    parked: list[HallTicketOut]
    counters: list[CounterOut]
