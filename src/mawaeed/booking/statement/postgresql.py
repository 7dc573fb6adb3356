"""Calls `booking_book_place` (book_place.sql): prepared once for each connection."""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import Any

from mawaeed.booking.statement.parameters import Parameters
from mawaeed.kernel.database import prepared_row

COUNT = len(Parameters.__annotations__)
_CALL = (
    "SELECT outcome, appointment, ordinal, until, known_hash, known_result, known_at "  # noqa: S608
    f"FROM booking_book_place({', '.join(['%s'] * COUNT)})"
)


def call(parameters: Parameters) -> tuple[Any, ...]:
    """The one row that comes back. Raises Django's database errors.

    Every value goes as text, which the function's own types read: so there is one prepared
    statement, whatever the values. Outside a transaction the statement is its own.
    """
    row = prepared_row(_CALL, [_text(value) for value in parameters])
    assert row is not None
    return row


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    return json.dumps(value) if isinstance(value, dict) else str(value)
