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
from typing import Any

from django.db import OperationalError, connection, transaction

from mawaeed.centres.models import Offering
from mawaeed.hall.models import Ticket
from mawaeed.hall.policies import scopes_of
from mawaeed.hall.topics import hall_topic, ticket_topic
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


def is_possible() -> bool:
    """Whether ordinary tickets go this way: on PostgreSQL, unless the ways are to be compared."""
    return is_postgresql()


def issue_ticket(
    draft: Ticket, *, by: Actor | TokenAt, now: datetime, kept: Kept | None = None
) -> Ticket | FirstAnswer | Otherwise:
    """Write the ticket `draft` with the next number, its history and its event.

    Somebody who comes with a token only is looked up by the statement.

    Gives the draft with its id and number; what the key's first request was answered; or
    `Otherwise`, with nothing written. Refuses `StillWorking` for a key in use.
    """
    alone = not connection.in_atomic_block
    values = [_text(each) for each in _values(draft, by, now, kept, alone=alone)]
    try:
        outcome, identifier, number, *known = _row(values, alone=alone)
    except OperationalError as error:
        if kept and is_lock_wait(error):
            raise StillWorking from error
        raise
    if outcome == "issued":
        nudges.after_commit()  # the statement wrote the event itself
        draft.pk, draft.number = int(identifier or 0), str(number)
        written = draft._state  # noqa: SLF001 (as saving leaves it)
        written.adding, written.db = False, connection.alias
        return draft
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
    draft: Ticket, by: Actor | TokenAt, now: datetime, kept: Kept | None, *, alone: bool
) -> tuple[Any, ...]:
    offering, request = draft.offering, kept.request if kept else None
    limited, last, for_sale_until = _looked_at(draft, now)
    return (
        *(by.texts() if isinstance(by, TokenAt) else (None, None, None, real_now())),
        request.actor if request else None,
        request.key if request else None,
        request.body_hash if request else None,
        kept.answer if kept else None,
        draft.agency_id,
        draft.centre_id,
        draft.group_id,
        offering.group.letter,
        offering.pk,
        draft.pool_id,
        offering.duration_minutes,
        terms_of(offering),
        draft.secret,
        draft.mobile,
        draft.language,
        str(draft.priority_class),
        limited,
        last,
        for_sale_until,
        draft.day,
        now,
        *((by.kind, by.id) if isinstance(by, Actor) else ("staff", None)),
        f"{hall_topic(offering.centre.code)} {ticket_topic(draft.secret)}",
        alone,
    )


def _looked_at(draft: Ticket, now: datetime) -> tuple[bool, datetime, datetime]:
    """Whether the room is limited, the last moment looked at, and from when sale goes before."""
    scopes = scopes_of(draft.offering.centre)
    first = draft.priority_class == Ticket.PriorityClass.PRIORITY
    if first or not policy("hall.walk_in_limit", now, scopes):
        return False, now, now
    _, midnight = day_bounds(draft.day, draft.offering.centre.timezone)
    ahead = timedelta(minutes=policy("hall.walk_in_ahead_minutes", now, scopes))
    return True, midnight - A_MOMENT, now + ahead


def _text(value: Any) -> str | None:
    """Every value goes as text, which the procedure's own types read: one prepared statement."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    return json.dumps(value) if isinstance(value, dict) else str(value)
