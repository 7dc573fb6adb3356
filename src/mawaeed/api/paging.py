"""Lists in pages: a cursor says after what to go on."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from mawaeed.kernel.errors import Malformed

Item = TypeVar("Item")

USUAL, MOST = 50, 200


def page_size(limit: int) -> int:
    """As many as asked for, at most 200."""
    return min(limit, MOST)


def cursor_after(*position: str | int) -> str:
    """An opaque cursor for what comes after `position`."""
    packed = json.dumps(position, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(packed).decode().rstrip("=")


def position_of(cursor: str, *kinds: type) -> list[Any]:
    """The position in a cursor of ours; anything else is `Malformed`."""
    try:
        packed = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        position = json.loads(packed)
    except ValueError:
        raise Malformed(field="cursor") from None
    fits = isinstance(position, list) and len(position) == len(kinds)
    if not fits or not all(type(part) is kind for part, kind in zip(position, kinds, strict=True)):
        raise Malformed(field="cursor")
    return list(position)


def page_of(
    rows: Sequence[Item],
    cursor: str | None,
    limit: int,
    position: Callable[[Item], tuple[Any, ...]],
) -> tuple[list[Item], str | None]:
    """One page of rows that are sorted by `position`, and the cursor of the next."""
    if cursor:
        kinds = [type(part) for part in position(rows[0])] if rows else []
        after = tuple(position_of(cursor, *kinds)) if kinds else ()
        rows = [row for row in rows if position(row) > after]
    size = page_size(limit)
    page = list(rows[:size])
    more = len(rows) > size
    return page, cursor_after(*position(page[-1])) if more else None


def page_from(
    rows: Sequence[Item], cursor: str | None, limit: int
) -> tuple[list[Item], str | None]:
    """One page of a short list in its own order, and the cursor of the next."""
    start = max(0, position_of(cursor, int)[0]) if cursor else 0
    end = start + page_size(limit)
    return list(rows[start:end]), cursor_after(end) if len(rows) > end else None
