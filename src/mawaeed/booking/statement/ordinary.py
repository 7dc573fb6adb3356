"""An ordinary booking past the ORM, with or without an idempotency key.

Ordinary: one public place for oneself, the person holding nothing or this very place,
the offering still as its copy says.
PostgreSQL does it in one round trip, SQLite in bare statements of one transaction. Everything else
takes the plain path of `booking.actions.book`, which does exactly the same
(tests/booking/test_statement.py compares them).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, OperationalError, connection, transaction

from mawaeed.booking.errors import AlreadyBooked, LimitReached, SlotClosed, SlotTaken
from mawaeed.booking.models import Appointment
from mawaeed.booking.statement import postgresql, sqlite
from mawaeed.booking.statement.parameters import Parameters
from mawaeed.booking.statement.terms import terms_of
from mawaeed.conduct.queries import blocked_until
from mawaeed.kernel import nudges
from mawaeed.kernel.actor import Actor
from mawaeed.kernel.clock import local_date, real_now
from mawaeed.kernel.database import is_lock_wait, is_postgresql
from mawaeed.kernel.errors import DomainError, Stale, StillWorking
from mawaeed.kernel.idempotency import FirstAnswer, Repeatable


@dataclass(frozen=True, slots=True)
class Kept:
    """The key under which the answer is kept, and the answer."""

    request: Repeatable
    answer: dict[str, Any]


def is_possible() -> bool:
    """Whether ordinary bookings go this way: always, unless the two ways are to be compared."""
    return True


def book_place(
    draft: Appointment, *, cap: int, actor: Actor, now: datetime, kept: Kept | None = None
) -> Appointment | FirstAnswer | None:
    """Write the appointment `draft`, its history and its event, and take its place, or refuse.

    Gives the draft with its id; what the key's first request was answered; or None, with nothing
    written: the plain path. Refuses `Stale`, `PersonBlocked`, `LimitReached`, `AlreadyBooked`,
    `SlotClosed`, `SlotTaken` and, for a key in use, `StillWorking`.
    """
    parameters = _parameters(draft, cap, actor, now, kept)
    try:
        row = _row(parameters)
    except IntegrityError:
        return None  # lost a limit number in this moment: look again
    except OperationalError as error:
        if is_lock_wait(error):
            raise StillWorking from error
        raise
    outcome, identifier, ordinal, until, *known = row
    if outcome == "booked":
        nudges.after_commit()  # the statement wrote the event itself
        draft.pk, draft.limit_ordinal = identifier, ordinal
        written = draft._state  # noqa: SLF001 (as saving leaves it)
        written.adding, written.db = False, connection.alias
        return draft
    if outcome == "known":
        body_hash, result, created_at = known
        return FirstAnswer(body_hash, json.loads(result), created_at)
    if outcome == "other_path":
        return None
    raise _refusal(outcome, cap=cap, until=until, now=now)


def _refusal(outcome: str, *, cap: int, until: datetime | None, now: datetime) -> DomainError:
    if outcome == "blocked":
        assert until is not None
        return blocked_until(until, now)
    if outcome == LimitReached.code:
        return LimitReached(limit=cap)
    plain = {error.code: error for error in (Stale, AlreadyBooked, SlotClosed, SlotTaken)}
    return plain[outcome]()


def _row(parameters: Parameters) -> tuple[Any, ...]:
    if not is_postgresql():
        return sqlite.call(parameters)
    if connection.in_atomic_block:
        with transaction.atomic():
            return postgresql.call(parameters)
    return postgresql.call(parameters)


def _parameters(
    draft: Appointment, cap: int, actor: Actor, now: datetime, kept: Kept | None
) -> Parameters:
    request = kept.request if kept else None
    return Parameters(
        key_actor=request.actor if request else None,
        key=request.key if request else None,
        body_hash=request.body_hash if request else None,
        result=kept.answer if kept else None,
        real=real_now() if kept else None,
        person=draft.person_id,
        beneficiary=draft.beneficiary_id,
        companion=draft.companion_id,
        agency=draft.agency_id,
        offering=draft.offering_id,
        service=draft.service_id,
        centre=draft.centre_id,
        pool=draft.pool_id,
        starts_at=draft.starts_at,
        ends_at=draft.ends_at,
        day=draft.day,
        limit=draft.service.limit_per_beneficiary,
        cap=cap,
        terms=terms_of(draft.offering),
        reference=draft.reference,
        secret=draft.secret,
        channel=str(draft.channel),
        staff=draft.staff_id,
        confirmed_at=draft.confirmed_at,
        now=now,
        today=local_date(now, draft.centre.timezone),
        actor_kind=actor.kind,
        actor=actor.id,
        topics=f"hall:{draft.centre.code}",
        alone=not connection.in_atomic_block,
    )
