"""Book under an idempotency key: in one round trip where the database allows it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from mawaeed.booking.actions.book import book_appointment, draft, is_ordinary, leg_of
from mawaeed.booking.actions.steps import cap_of, require_inside_horizon
from mawaeed.booking.legs import Leg, Wanted
from mawaeed.booking.models import Appointment
from mawaeed.booking.offerings import forget_offering, kept_offering, offering_of
from mawaeed.booking.statement.ordinary import Kept, book_place
from mawaeed.centres.models import Offering
from mawaeed.kernel.actor import Actor
from mawaeed.kernel.errors import DomainError
from mawaeed.kernel.idempotency import FirstAnswer, Repeatable, first_answer, once, repeatable
from mawaeed.people.models import Person

Shape = Callable[[Appointment], dict[str, Any]]


def book_once(
    *,
    person: Person,
    service_code: str,
    centre_code: str,
    starts_at: datetime,
    actor: Actor,
    now: datetime,
    key: str,
    body: dict[str, Any],
    shape: Shape,
) -> dict[str, Any]:
    """Book for oneself; repeating with the same key gives the first answer again.

    `shape` makes the JSON answer of an appointment that is about to be written and has no id yet.
    Refuses what `book_appointment` and `kernel.idempotency.once` refuse.
    """
    request = repeatable(actor=actor, key=key, body=body)
    try:
        leg = _leg(person, service_code, centre_code, starts_at, now)
    except DomainError:
        known = first_answer(request)  # what was possible then may not be so now
        if known is None:
            raise
        return known
    if is_ordinary([leg]):
        answer = _in_one_statement(person, leg, actor, now, request, shape)
        if answer is not None:
            return answer
        forget_offering(service_code, centre_code)  # it may be its terms that have changed

    def write() -> dict[str, Any]:
        return shape(
            book_appointment(
                person=person,
                service_code=service_code,
                centre_code=centre_code,
                starts_at=starts_at,
                actor=actor,
                now=now,
            )
        )

    return once(actor=actor, key=key, body=body, write=write)


def _leg(
    person: Person, service_code: str, centre_code: str, starts_at: datetime, now: datetime
) -> Leg:
    """By the copy that the statement checks; no copy of that kind is trusted with a refusal."""
    try:
        return _leg_of(person, kept_offering(service_code, centre_code), starts_at, now)
    except DomainError:
        return _leg_of(person, offering_of(service_code, centre_code), starts_at, now)


def _leg_of(person: Person, offering: Offering, starts_at: datetime, now: datetime) -> Leg:
    require_inside_horizon(offering, starts_at, now)
    return leg_of(person, Wanted(offering.service.code), offering, starts_at, now)


def _in_one_statement(  # noqa: PLR0917 (what the one statement is made of)
    person: Person, leg: Leg, actor: Actor, now: datetime, request: Repeatable, shape: Shape
) -> dict[str, Any] | None:
    """The answer, or None where the plain path must find it."""
    appointment = draft(person, leg, actor, now)
    answer = shape(appointment)
    done = book_place(
        appointment,
        cap=cap_of(leg.offering, now),
        actor=actor,
        now=now,
        kept=Kept(request, answer),
    )
    if isinstance(done, Appointment):
        return answer
    if isinstance(done, FirstAnswer) and not done.is_over:
        return done.to(request)
    return None
