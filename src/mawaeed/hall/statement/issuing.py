"""An ordinary ticket without an appointment past the ORM, in one round trip (PostgreSQL).

Ordinary: nobody known, one service, no word of staff; the offering still as its copy says, its pool
open, room in the day, and no ticket held by the same mobile. Everything else, and every other
database, takes the plain path of `hall.actions.issue_walk_in`, which does exactly the same
(tests/hall/test_issue_statement.py compares them).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import Enum
from typing import Any, NamedTuple

from django.db import OperationalError, connection, transaction

from mawaeed.centres.models import Offering
from mawaeed.hall.policies import scopes_of
from mawaeed.hall.topics import hall_topic, ticket_topic
from mawaeed.hall.walk_in import WalkIn
from mawaeed.kernel import nudges
from mawaeed.kernel.actor import Actor
from mawaeed.kernel.clock import day_bounds, real_now
from mawaeed.kernel.database import is_lock_wait, is_postgresql, prepared_texts
from mawaeed.kernel.errors import StillWorking
from mawaeed.kernel.idempotency import FirstAnswer, Repeatable
from mawaeed.kernel.policies import policy
from mawaeed.people.tokens import TokenAt

GIVEN, TOLD = 29, 6
_PLACES = [*(f"${n}" for n in range(1, GIVEN + 1)), *["NULL"] * TOLD]
_CALL = f"CALL hall_issue_ticket({', '.join(_PLACES)})"
A_MOMENT = timedelta(microseconds=1)


class Otherwise(Enum):
    """Why the plain path must do it."""

    OTHER_PATH = "other_path"


@dataclass(frozen=True, slots=True)
class Kept:
    """The key under which the answer is kept, and the answer; its `ticket` lacks the `number`.

    Where a ticket is given by a token, the statement finds out whose key it is.
    """

    request: Repeatable
    answer: dict[str, Any]


class Issued(NamedTuple):
    """The ticket that was given."""

    id: int
    number: str


def is_possible() -> bool:
    """Whether ordinary tickets go this way: on PostgreSQL, unless the ways are to be compared."""
    return is_postgresql()


def issue_ticket(
    asked: WalkIn, *, by: Actor | TokenAt, now: datetime, kept: Kept | None = None
) -> Issued | FirstAnswer | Otherwise:
    """Write the ticket that is asked for with the next number, its history and its event.

    Somebody who comes with a token only is looked up by the statement.

    Gives the ticket's id and number; what the key's first request was answered; or `Otherwise`,
    with nothing written. Refuses `StillWorking` for a key in use.
    """
    alone = not connection.in_atomic_block
    values = [_text(each) for each in _values(asked, by, now, kept, alone=alone)]
    try:
        outcome, identifier, number, *known = _row(values, alone=alone)
    except OperationalError as error:
        if kept and is_lock_wait(error):
            raise StillWorking from error
        raise
    if outcome == "issued":
        nudges.after_commit()  # the statement wrote the event itself
        return Issued(int(identifier or 0), str(number))
    if outcome == "known":
        body_hash, result, created_at = map(str, known)
        at = datetime.fromtimestamp(float(created_at), UTC)
        return FirstAnswer(body_hash, json.loads(result), at)
    return Otherwise.OTHER_PATH


def terms_of(offering: Offering) -> str:
    """Everything of the offering that a ticket depends on; the statement has it from the rows."""
    service, centre = offering.service, offering.centre
    return (
        f"{offering.pool_id}|{offering.group_id}|{offering.group.letter}"
        f"|{offering.duration_minutes}|{service.pk}|{service.code}|{centre.pk}|{centre.code}"
        f"|{centre.timezone}|{centre.agency_id}|{centre.directorate_id}"
    )


def _row(values: list[str | None], *, alone: bool) -> tuple[str | None, ...]:
    if alone:
        row = prepared_texts(_CALL, values)
    else:
        with transaction.atomic():
            row = prepared_texts(_CALL, values)
    assert row is not None
    return row


def _values(
    asked: WalkIn, by: Actor | TokenAt, now: datetime, kept: Kept | None, *, alone: bool
) -> tuple[Any, ...]:
    offering, request, day = asked.offering, kept.request if kept else None, asked.day(now)
    limited, last, for_sale_until = _looked_at(asked, day, now)
    return (
        *(by.texts() if isinstance(by, TokenAt) else (None, None, None, real_now())),
        request.actor if request else None,
        request.key if request else None,
        request.body_hash if request else None,
        kept.answer if kept else None,
        offering.centre.agency_id,
        offering.centre_id,
        offering.group_id,
        offering.group.letter,
        offering.pk,
        offering.pool_id,
        offering.duration_minutes,
        terms_of(offering),
        asked.secret,
        asked.mobile,
        asked.language or "ar",
        str(asked.priority_class),
        limited,
        last,
        for_sale_until,
        day,
        now,
        *((by.kind, by.id) if isinstance(by, Actor) else ("staff", None)),
        f"{hall_topic(offering.centre.code)} {ticket_topic(asked.secret)}",
        alone,
    )


def _looked_at(asked: WalkIn, day: date, now: datetime) -> tuple[bool, datetime, datetime]:
    """Whether the room is limited, the last moment looked at, and from when sale goes before."""
    centre = asked.offering.centre
    scopes = scopes_of(centre)
    if asked.goes_first or not policy("hall.walk_in_limit", now, scopes):
        return False, now, now
    _, midnight = day_bounds(day, centre.timezone)
    ahead = timedelta(minutes=policy("hall.walk_in_ahead_minutes", now, scopes))
    return True, midnight - A_MOMENT, now + ahead


def _text(value: Any) -> str | None:
    """Every value goes as text, which the procedure's own types read: one prepared statement."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    return json.dumps(value) if isinstance(value, dict) else str(value)
