"""Many rows at once, past the ORM, which would ask each value of each row what it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import connection, models

from mawaeed.kernel.database import is_postgresql


def insert(model: type[models.Model], rows: Sequence[dict[str, Any]]) -> None:
    """Write rows that all name the same columns; every other column gets its default."""
    if not rows:
        return
    given = list(rows[0])
    fields = {field.attname: field for field in model._meta.concrete_fields}
    fixed = {
        name: field.get_db_prep_save(field.get_default(), connection)
        for name, field in fields.items()
        if name not in given and not field.primary_key
    }
    columns = ", ".join(f'"{fields[name].column}"' for name in [*given, *fixed])
    rest = tuple(fixed.values())
    values = [(*map(_written, row.values()), *rest) for row in rows]
    table = model._meta.db_table
    with connection.cursor() as cursor:
        if is_postgresql():
            with cursor.copy(f'COPY "{table}" ({columns}) FROM STDIN') as copy:
                for each in values:
                    copy.write_row(each)
        else:
            marks = ", ".join(["%s"] * len(values[0]))
            cursor.executemany(f'INSERT INTO "{table}" ({columns}) VALUES ({marks})', values)


def _written(value: Any) -> Any:
    """Times as the database has them."""
    return connection.ops.adapt_datetimefield_value(value) if hasattr(value, "tzinfo") else value
