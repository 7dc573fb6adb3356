"""Ordinary presses at a counter past the ORM: one statement each, on PostgreSQL.

Ordinary: one service on the ticket, no visit of several, nothing missed to make good, no
profiles at the centre. Everything else, and every refusal, is the plain path's
(`hall.actions.press`), which does exactly the same (tests/hall/test_statement.py compares them).
On SQLite there is the plain path only.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
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
from mawaeed.kernel.database import is_lock_wait, is_postgresql, is_to_repeat, prepared_texts
from mawaeed.kernel.errors import StillWorking
from mawaeed.kernel.idempotency import Repeatable
from mawaeed.people.tokens import TokenAt

Answer = dict[str, Any]
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
    day = local_date(now, settings.TIME_ZONE)
    return _answer("hall_finish_and_call", who, request, [number, *_scores(who, now), now, day])


def start_service(
    who: Known | TokenAt, *, number: str, now: datetime, request: Repeatable
) -> Answer | None:
    """The same for the beginning of a service."""
    return _answer("hall_start_service", who, request, [number, now])


def call_next(who: Known | TokenAt, *, now: datetime, request: Repeatable) -> Answer | None:
    """The same for a call to a free counter."""
    return _answer("hall_call_next", who, request, [*_scores(who, now), now])


def _scores(who: Known | TokenAt, now: datetime) -> list[str]:
    """Rates, credits and ceilings of the classes, as arrays are written."""
    centre = who.centre if isinstance(who, Known) else _centre(who.centre_code)
    rates = [rates_for(centre, now)[name] for name in CLASSES] if centre else []
    return [
        _array(rate.per_minute for rate in rates),
        _array(rate.credit for rate in rates),
        _array(rate.ceiling_minutes for rate in rates),
    ]


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


def _array(values: Iterable[float]) -> str:
    return f"{{{','.join(repr(float(value)) for value in values)}}}"


def _answer(
    function: str, who: Known | TokenAt, request: Repeatable, own: list[Any]
) -> Answer | None:
    """Every value goes as text, which the function's own types read: one prepared statement."""
    texts = who.texts() if isinstance(who, TokenAt) else _known(who, request)
    texts += [request.key, request.body_hash, *map(_text, own)]
    sql = _statement(function, len(own), by_token=isinstance(who, TokenAt))
    try:
        [answer] = _whole(lambda: prepared_texts(sql, texts)) or [None]
    except IntegrityError:
        return None  # somebody was faster: the plain path says what is so now
    except OperationalError as error:
        if is_lock_wait(error):
            raise StillWorking from error
        if is_to_repeat(error):
            return None
        raise
    if answer is None:
        return None
    nudges.after_commit()  # the statement wrote the events itself
    found: Answer = json.loads(answer)
    return found


def _known(who: Known, request: Repeatable) -> list[str | None]:
    actor = who.actor
    return [
        *(request.actor, real_now().isoformat(), str(who.staff_id), str(who.centre.pk)),
        *(actor.kind, str(actor.id)),
    ]


@cache
def _statement(function: str, own: int, *, by_token: bool) -> str:
    if by_token:
        own_values = ", ".join(f"${n}" for n in range(7, 7 + own))
        return (
            f"SELECT {function}('staff:' || at.staff, $5, $6, $4, at.staff, at.centre, "  # noqa: S608
            f"{own_values}, 'staff', at.staff) "
            "FROM people_staff_at($1, $2, $3, $4) AS at WHERE at.staff IS NOT NULL"
        )
    own_values = ", ".join(f"${n}" for n in range(9, 9 + own))
    return f"SELECT {function}($1, $7, $8, $2, $3, $4, {own_values}, $5, $6)"


def _whole(ask: Callable[[], Any]) -> Any:
    """Outside a transaction the statement is its own; inside, a failure must not end that."""
    if not connection.in_atomic_block:
        return ask()
    with transaction.atomic():
        return ask()


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return str(value)
