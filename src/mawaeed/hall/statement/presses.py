"""Ordinary presses at a counter past the ORM: one statement each, on PostgreSQL.

Ordinary: one service on the ticket, no visit of several, nothing missed to make good, no
profiles at the centre. Everything else, and every refusal, is the plain path's
(`hall.actions.press`), which does exactly the same (tests/hall/test_statement.py compares them).
On SQLite there is the plain path only.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import IntegrityError, OperationalError, connection, transaction

from mawaeed.centres.models import Centre
from mawaeed.hall.policies import rates_for
from mawaeed.hall.rules import CLASSES
from mawaeed.kernel import nudges
from mawaeed.kernel.actor import Actor
from mawaeed.kernel.clock import local_date, real_now
from mawaeed.kernel.database import is_lock_wait, is_postgresql, is_to_repeat, prepared_row
from mawaeed.kernel.errors import StillWorking
from mawaeed.kernel.idempotency import Repeatable

Answer = dict[str, Any]


def is_possible() -> bool:
    """Whether ordinary presses go this way: wherever they can, unless both ways are compared."""
    return is_postgresql()


def finish_and_call(
    *, staff_id: int, centre: Centre, number: str, actor: Actor, now: datetime, request: Repeatable
) -> Answer | None:
    """The answer, kept under the key of `request`; None, with nothing written: the plain path.

    Refuses `StillWorking`, as the other two do.
    """
    at = [staff_id, centre.pk, number]
    told = [now, local_date(now, settings.TIME_ZONE), actor.kind, actor.id]
    return _answer("hall_finish_and_call", request, [*at, *_scores(centre, now), *told])


def start_service(
    *, staff_id: int, centre: Centre, number: str, actor: Actor, now: datetime, request: Repeatable
) -> Answer | None:
    """The same for the beginning of a service."""
    values = [staff_id, centre.pk, number, now, actor.kind, actor.id]
    return _answer("hall_start_service", request, values)


def call_next(
    *, staff_id: int, centre: Centre, actor: Actor, now: datetime, request: Repeatable
) -> Answer | None:
    """The same for a call to a free counter."""
    told = [now, actor.kind, actor.id]
    values = [staff_id, centre.pk, *_scores(centre, now), *told]
    return _answer("hall_call_next", request, values)


def _scores(centre: Centre, now: datetime) -> list[str]:
    """Rates, credits and ceilings of the classes, as arrays are written."""
    rates = [rates_for(centre, now)[name] for name in CLASSES]
    return [
        _array(rate.per_minute for rate in rates),
        _array(rate.credit for rate in rates),
        _array(rate.ceiling_minutes for rate in rates),
    ]


def _array(values: Iterable[float]) -> str:
    return f"{{{','.join(repr(float(value)) for value in values)}}}"


def _answer(function: str, request: Repeatable, values: list[Any]) -> Answer | None:
    """Every value goes as text, which the function's own types read: one prepared statement."""
    kept = [request.actor, request.key, request.body_hash, real_now()]
    texts = [_text(value) for value in (*kept, *values)]
    sql = f"SELECT {function}({', '.join(['%s'] * len(texts))})"
    try:
        [answer] = _whole(lambda: prepared_row(sql, texts)) or [None]
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
