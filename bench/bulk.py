"""Many rows at once, by the database's own bulk way."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from itertools import chain, islice
from typing import Any

ROWS_AT_ONCE = 5_000


def load(model: Any, fields: Sequence[str], rows: Iterable[tuple[Any, ...]]) -> None:
    """Write many rows; fields that are not given get their defaults."""
    from django.db import connection

    given = set(fields)
    rest = [
        field
        for field in model._meta.concrete_fields
        if field.attname not in given and not field.null and not field.primary_key
    ]
    constants = tuple(_constant(field) for field in rest)
    columns = [model._meta.get_field(name).column for name in fields]
    columns += [field.column for field in rest]
    table, names = model._meta.db_table, ", ".join(f'"{name}"' for name in columns)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            _copy(cursor, table, names, rows, constants)
        else:
            marks = ", ".join("?" for _ in columns)
            cursor.execute("BEGIN IMMEDIATE")
            cursor.connection.executemany(
                f"INSERT INTO {table} ({names}) VALUES ({marks})",
                (tuple(map(_for_sqlite, row + constants)) for row in rows),
            )
            cursor.execute("COMMIT")


def _copy(
    cursor: Any,
    table: str,
    names: str,
    rows: Iterable[tuple[Any, ...]],
    constants: tuple[Any, ...],
) -> None:
    """COPY, with lines written here: a million rows in seconds."""
    end = "".join(f"\t{_text(value)}" for value in constants) + "\n"
    cursor.execute("SET session_replication_role = replica")  # the rows are right
    with cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
        for some in _batches(rows):
            copy.write("".join(["\t".join(map(_text, row)) + end for row in some]))
    cursor.execute("SET session_replication_role = origin")
    cursor.execute(
        "SELECT setval(pg_get_serial_sequence(%s, 'id'), (SELECT max(id) FROM "
        f"{table})) WHERE pg_get_serial_sequence(%s, 'id') IS NOT NULL",
        [table, table],
    )


def _batches(rows: Iterable[tuple[Any, ...]]) -> Iterator[Iterable[tuple[Any, ...]]]:
    coming = iter(rows)
    for first in coming:
        yield chain([first], islice(coming, ROWS_AT_ONCE - 1))


def _text(value: Any) -> str:
    """As COPY reads it."""
    kind = type(value)
    if kind is int:
        return str(value)
    if kind is str:
        return _escaped(value) if "\\" in value or "\n" in value or "\t" in value else value
    if value is None:
        return "\\N"
    return _written(value)


@lru_cache(maxsize=200_000, typed=True)
def _written(value: Any) -> str:
    """Moments come back again and again."""
    return str(value)


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace("\n", "\\n").replace("\t", "\\t")


def settle() -> None:
    """Let the database see what it holds, as it would after a night."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")
        if connection.vendor == "postgresql":
            cursor.execute("CHECKPOINT")


def _constant(field: Any) -> Any:
    if not field.has_default():
        raise RuntimeError(f"{field} must be given")
    value = field.get_default()
    return json.dumps(value) if isinstance(value, (dict, list)) else value


def _for_sqlite(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).replace(tzinfo=None).isoformat(" ")
    return value.isoformat() if hasattr(value, "isoformat") else value
