"""Ordinary tickets without an appointment past the ORM, in one round trip (PostgreSQL).

What threads of a process ask for under a key while one statement is under way, the next gives
together: a key makes it safe to try again whoever was in a group that failed.

Ordinary: nobody known, one service, no word of staff; the offering still as its copy says, its pool
open, room in the day, and no ticket held by the same mobile. Everything else, and every other
database, takes the plain path of `hall.actions.issue_walk_in`, which does exactly the same
(tests/hall/test_issue_statement.py compares them).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

from django.db import OperationalError, connection, transaction

from mawaeed.centres.models import Offering
from mawaeed.hall.policies import scopes_of
from mawaeed.hall.topics import hall_topic, ticket_topic
from mawaeed.hall.walk_in import WalkIn
from mawaeed.kernel import nudges
from mawaeed.kernel.actor import Actor
from mawaeed.kernel.clock import day_bounds, real_now
from mawaeed.kernel.database import ensure_connected, is_lock_wait, is_postgresql, prepared_texts
from mawaeed.kernel.errors import StillWorking
from mawaeed.kernel.idempotency import FirstAnswer, Repeatable
from mawaeed.kernel.policies import policy
from mawaeed.kernel.together import Together
from mawaeed.people.tokens import TokenAt

GIVEN = 31
_CALL = f"CALL hall_issue_tickets({', '.join(f'${n}' for n in range(1, GIVEN + 1))}, NULL)"
A_MOMENT = timedelta(microseconds=1)
# How long one waits for another's use of the same key, and a group for any lock at all.
PATIENT, HASTY = "5s", "300ms"
Texts = list[str | None]


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
) -> Issued | FirstAnswer | None:
    """Write the ticket that is asked for with the next number, its history and its event.

    Somebody who comes with a token only is looked up by the statement.

    Gives the ticket's id and number; what the key's first request was answered; or None, with
    nothing written: the plain path. Refuses `StillWorking` for a key in use.
    """
    texts = texts_of(asked, by, now, kept)
    ensure_connected()  # if the link is dead, only this one waits to find out
    try:
        done = (_together if kept and not connection.in_atomic_block else _alone)(texts)
    except OperationalError as error:
        if kept and is_lock_wait(error):
            raise StillWorking from error
        raise
    if isinstance(done, Issued):
        nudges.after_commit()  # the statement wrote the event itself
    return done


def terms_of(offering: Offering) -> str:
    """Everything of the offering that a ticket depends on; the statement has it from the rows."""
    service, centre = offering.service, offering.centre
    return (
        f"{offering.pool_id}|{offering.group_id}|{offering.group.letter}"
        f"|{offering.duration_minutes}|{service.pk}|{service.code}|{centre.pk}|{centre.code}"
        f"|{centre.timezone}|{centre.agency_id}|{centre.directorate_id}"
    )


def texts_of(asked: WalkIn, by: Actor | TokenAt, now: datetime, kept: Kept | None) -> Texts:
    """One ticket of those that `give` gives."""
    return [_text(each) for each in _values(asked, by, now, kept)]


def give(tickets: Sequence[Texts], *, hasty: bool) -> list[Issued | FirstAnswer | None]:
    """What becomes of each, in this order; `hasty` waits for no lock longer than a moment.

    A transaction of its own, or part of the present one.
    """
    whole = not connection.in_atomic_block
    lists = [_array(column) for column in zip(*tickets, strict=True)]
    values = [*lists, str(whole), HASTY if hasty else PATIENT, str(hasty)]
    if whole:
        row = prepared_texts(_CALL, values)
    else:
        with transaction.atomic():
            row = prepared_texts(_CALL, values)
    assert row is not None
    told = json.loads(str(row[0]))
    return [_outcome(told, place) for place in range(len(tickets))]


def _alone(texts: Texts) -> Issued | FirstAnswer | None:
    return give([texts], hasty=False)[0]


def _at_one_stroke(group: Sequence[Texts]) -> Sequence[Issued | FirstAnswer | None]:
    return give(group, hasty=True)


_together = Together(_at_one_stroke, alone=_alone)


def _outcome(told: dict[str, Any], place: int) -> Issued | FirstAnswer | None:
    outcome = told["outcome"][place]
    if outcome == "issued":
        return Issued(told["ticket"][place], told["number"][place])
    known = (told["known"] or {}).get(str(place + 1))
    if outcome == "known" and known:
        body_hash, result, created_at = known
        return FirstAnswer(body_hash, result, datetime.fromtimestamp(created_at, UTC))
    return None


def _values(
    asked: WalkIn, by: Actor | TokenAt, now: datetime, kept: Kept | None
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


def _array(texts: Iterable[str | None]) -> str:
    """A list as PostgreSQL reads one."""
    return f"{{{','.join(map(_quoted, texts))}}}"


def _quoted(text: str | None) -> str:
    if text is None:
        return "NULL"
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
