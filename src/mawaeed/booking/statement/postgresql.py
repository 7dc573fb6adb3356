"""Calls `booking_book_place` (book_place.sql): prepared once for each connection."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any

from mawaeed.booking.statement.parameters import Parameters
from mawaeed.kernel.database import prepared_texts

COUNT = len(Parameters.__annotations__)
_CALL = (
    "SELECT outcome, appointment, ordinal, extract(epoch FROM until), known_hash, "  # noqa: S608
    "known_result, extract(epoch FROM known_at) "
    f"FROM booking_book_place({', '.join(f'${n}' for n in range(1, COUNT + 1))})"
)


def call(parameters: Parameters) -> tuple[Any, ...]:
    """The one row that comes back. Raises Django's database errors.

    Every value goes as text, which the function's own types read: so there is one prepared
    statement, whatever the values. Outside a transaction the statement is its own.
    """
    row = prepared_texts(_CALL, [_text(value) for value in parameters])
    assert row is not None
    outcome, appointment, ordinal, until, known_hash, known_result, known_at = row
    return (
        *(outcome, _number(appointment), _number(ordinal), _moment(until)),
        *(known_hash, known_result, _moment(known_at)),
    )


def _number(text: str | None) -> int | None:
    return None if text is None else int(text)


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromtimestamp(float(text), UTC)


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    return json.dumps(value) if isinstance(value, dict) else str(value)
