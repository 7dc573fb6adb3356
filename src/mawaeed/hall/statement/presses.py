"""Ordinary presses at a counter past the ORM: one statement for all that come at once, PostgreSQL.

Ordinary: one service on the ticket, no visit of several, nothing missed to make good, no
profiles at the centre. Everything else, and every refusal, is the plain path's
(`hall.actions.press`), which does exactly the same (tests/hall/test_presses.py compares them).
On SQLite there is the plain path only.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime
from time import monotonic
from typing import Any

from django.conf import settings
from django.db import IntegrityError, OperationalError, connection, transaction

from mawaeed.centres.models import Centre
from mawaeed.hall.policies import rates_for
from mawaeed.hall.rules import CLASSES
from mawaeed.kernel import nudges
from mawaeed.kernel.actor import Actor
from mawaeed.kernel.clock import local_date, real_now
from mawaeed.kernel.database import (
    ensure_connected,
    is_postgresql,
    is_to_repeat,
    prepared_texts,
)
from mawaeed.kernel.errors import StillWorking
from mawaeed.kernel.idempotency import Repeatable
from mawaeed.kernel.together import Together
from mawaeed.people.tokens import TokenAt

Answer = dict[str, Any]
Values = dict[str, Any]
# Outcomes of presses.sql that are no answers.
ALONE, BUSY = "alone", "busy"
WAIT = "300ms"  # for a lock, while others wait for the same statement
KEPT_SECONDS = 5.0  # as settings are
_centres: dict[str, tuple[float, Centre]] = {}


@dataclass(frozen=True, slots=True)
class Known:
    """Who presses, and where: a member of staff who has been looked up."""

    staff_id: int
    centre: Centre
    actor: Actor


def is_possible() -> bool:
    """Whether ordinary presses go this way: wherever they can, unless both ways are compared."""
    return is_postgresql()


def finish_and_call(
    who: Known | TokenAt, *, number: str, now: datetime, request: Repeatable
) -> Answer | None:
    """The answer, kept under the key of `request`; None, with nothing written: the plain path.

    Of somebody who comes with a token only, the statement finds out who it is, and who repeats the
    request. Refuses `StillWorking`, as the other two do.
    """
    day = local_date(now, settings.TIME_ZONE).isoformat()
    own = {"number": number, "home_day": day, **_scores(who, now)}
    return _answer("finish_and_call", who, now, request, own)


def start_service(
    who: Known | TokenAt, *, number: str, now: datetime, request: Repeatable
) -> Answer | None:
    """The same for the beginning of a service."""
    return _answer("start_service", who, now, request, {"number": number})


def call_next(who: Known | TokenAt, *, now: datetime, request: Repeatable) -> Answer | None:
    """The same for a call to a free counter."""
    return _answer("call_next", who, now, request, _scores(who, now))


def _scores(who: Known | TokenAt, now: datetime) -> Values:
    """Rates, credits and ceilings of the classes."""
    centre = who.centre if isinstance(who, Known) else _centre(who.centre_code)
    rates = [rates_for(centre, now)[name] for name in CLASSES] if centre else []
    return {
        "rates": [rate.per_minute for rate in rates],
        "credits": [rate.credit for rate in rates],
        "ceilings": [rate.ceiling_minutes for rate in rates],
    }


def _centre(code: str) -> Centre | None:
    """A copy, five seconds old at most, for the scopes of its settings."""
    tick = monotonic()
    kept = _centres.get(code)
    if kept is not None and tick - kept[0] < KEPT_SECONDS:
        return kept[1]
    centre = Centre.objects.only("id", "directorate_id").filter(code=code).first()
    if centre is not None:
        _centres[code] = (tick, centre)
    return centre


def _answer(
    verb: str, who: Known | TokenAt, now: datetime, request: Repeatable, own: Values
) -> Answer | None:
    if not own.get("number", "A1").isalnum():
        return None  # the number of no ticket
    asked = {
        "verb": verb,
        "key": request.key,
        "body_hash": request.body_hash,
        "now": now.isoformat(),
        **(_by_token(who) if isinstance(who, TokenAt) else _known(who, request)),
        **own,
    }
    ensure_connected()  # if the link is dead, only this one waits to find out
    try:
        outcome: Any = ALONE if connection.in_atomic_block else _together(asked)
        if outcome == ALONE:
            outcome = _alone(asked)
    except IntegrityError:
        return None  # at the commit: somebody was faster, the plain path says what is so now
    except OperationalError as error:
        if is_to_repeat(error):
            return None
        raise
    if outcome == BUSY:
        raise StillWorking
    answer: Answer | None = outcome
    return answer


def _by_token(who: TokenAt) -> Values:
    return {
        "token_hash": who.token_hash,
        "code": who.centre_code,
        "roles": who.roles,
        "real": who.real.isoformat(),
        "actor_kind": "staff",
    }


def _known(who: Known, request: Repeatable) -> Values:
    return {
        "staff": who.staff_id,
        "centre": who.centre.pk,
        "key_actor": request.actor,
        "actor_kind": who.actor.kind,
        "actor": who.actor.id,
        "real": real_now().isoformat(),
    }


def _outcomes(presses: Sequence[Values], wait: str | None = WAIT) -> list[Any]:
    """What became of each press, as `hall_presses` (presses.sql) gives it."""
    row = prepared_texts("SELECT hall_presses($1, $2)", [json.dumps(presses), wait])
    assert row is not None
    outcomes: list[Any] = json.loads(row[0] or "")
    if any(isinstance(each, dict) for each in outcomes):
        nudges.after_commit()  # the statement wrote the events itself
    return outcomes


def _alone(press: Values) -> Any:
    """By itself; part of the transaction that is open, if one is, which a failure must not end."""
    with transaction.atomic() if connection.in_atomic_block else nullcontext():
        [outcome] = _outcomes([press], wait=None)
    return outcome


# What reaches this process while it waits for the database goes there together, next. Trying again
# alone is safe: every press has a key.
_together: Together[Values, Any] = Together(_outcomes, alone=_alone)
