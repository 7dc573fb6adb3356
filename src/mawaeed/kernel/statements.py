"""Statements that are put together once and then carried out with other values.

The framework takes ten times as long to put an ordinary statement together as the database takes
for it, and the same few hundred are needed over and over. They are written as ever, with
`given("name")` in place of a value:

    LENT_TO = Question(lambda: CounterAbsence.objects.filter(counter_id=given("counter"), …))
    LENT_TO.first(counter=counter.pk)

Each thread keeps the text for its own connection.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from functools import cache
from typing import Any, Generic, NamedTuple, TypeVar

from django.db import connection, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Expression, Field, Model, QuerySet
from django.db.models.query import (  # type: ignore[attr-defined]
    FlatValuesListIterable,
    ModelIterable,
    ValuesListIterable,
    get_related_populators,
)
from django.db.utils import DEFAULT_DB_ALIAS

Row = TypeVar("Row")
M = TypeVar("M", bound=Model)


class _Given(Expression):
    """Where a value comes when the statement is carried out."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name

    def as_sql(self, compiler: Any, connection: Any, **_: Any) -> tuple[str, list[Any]]:
        return "%s", [self]


def given(name: str) -> Any:
    """A value of a `Question`, in a condition. Never None: that is another condition."""
    return _Given(name)


class Question(Generic[Row]):
    """A query that is asked again and again; `build` writes it when it is asked first.

    For `values_list` (flat too) and whole rows, `select_related` and `only` included, without
    prefetching. What `build` reads besides `given` values must never change.
    """

    def __init__(self, build: Callable[[], QuerySet[Any, Row]]) -> None:
        self._build = build
        self._kept = threading.local()

    def all(self, **values: Any) -> list[Row]:
        """Every row of the answer."""
        written: _Written | None = getattr(self._kept, "written", None)
        here = connections[DEFAULT_DB_ALIAS]
        if written is None or written.connection is not here:
            written = self._kept.written = _Written(self._build(), here)
        return written.rows(values)

    def first(self, **values: Any) -> Row | None:
        """The first row; whether others are read too is for `build` to say, by `[:1]`."""
        found = self.all(**values)
        return found[0] if found else None

    def get(self, **values: Any) -> Row:
        """The one row; raises `DoesNotExist` of its model."""
        found = self.all(**values)
        if not found:
            raise self._kept.written.model.DoesNotExist
        return found[0]


class _Written:
    """A query as text for one connection, and how its rows become what was asked for."""

    def __init__(self, queryset: QuerySet[Any, Any], here: BaseDatabaseWrapper) -> None:
        self.connection, self.model = here, queryset.model
        compiler = queryset.query.get_compiler(connection=here)
        self._sql, self._parameters = compiler.as_sql()
        self._locks = queryset.query.select_for_update and here.features.has_select_for_update
        converters = compiler.get_converters([column for column, _, _ in compiler.select])
        self._converters = [
            (place, _converter(each, column, here)) for place, (each, column) in converters.items()
        ]
        self._make = _maker(queryset, compiler)

    def rows(self, values: Mapping[str, Any]) -> list[Any]:
        if self._locks and self.connection.get_autocommit():
            raise transaction.TransactionManagementError("rows are locked within a transaction")
        parameters = [
            _adapted(values[each.name], self.connection) if isinstance(each, _Given) else each
            for each in self._parameters
        ]
        with self.connection.cursor() as cursor:
            cursor.execute(self._sql, parameters)
            rows: list[Any] = cursor.fetchall()
        if self._converters:
            rows = [self._converted(row) for row in rows]
        return [self._make(row) for row in rows]

    def _converted(self, row: Any) -> list[Any]:
        values = list(row)
        for place, convert in self._converters:
            values[place] = convert(values[place])
        return values


def _converter(
    converters: Sequence[Callable[..., Any]], column: Any, here: BaseDatabaseWrapper
) -> Callable[[Any], Any]:
    """From what the database gives to what the field holds."""
    kind = column.output_field.get_internal_type()
    if here.vendor == "sqlite" and kind == "DateTimeField" and len(converters) == 1:
        return _moment  # thousands of them are read in a day's history

    def convert(value: Any) -> Any:
        for each in converters:
            value = each(value, column, here)
        return value

    return convert


def _moment(value: datetime | str | None) -> datetime | None:
    naive = datetime.fromisoformat(value) if isinstance(value, str) else value
    return None if naive is None else naive.replace(tzinfo=UTC)


def _maker(queryset: QuerySet[Any, Any], compiler: Any) -> Callable[[Any], Any]:
    kind = queryset._iterable_class  # noqa: SLF001
    if kind is FlatValuesListIterable:
        return lambda row: row[0]
    if kind is ValuesListIterable:
        return tuple
    if kind is not ModelIterable or compiler.annotation_col_map:
        raise TypeError(kind)
    model, places = compiler.klass_info["model"], compiler.klass_info["select_fields"]
    start, end = places[0], places[-1] + 1
    names = [column.target.attname for column, _, _ in compiler.select[start:end]]
    related = get_related_populators(compiler.klass_info, compiler.select, DEFAULT_DB_ALIAS)

    def make(row: Any) -> Any:
        found = model.from_db(DEFAULT_DB_ALIAS, names, row[start:end])
        for each in related:
            each.populate(row, found)
        return found

    return make


def _adapted(value: Any, here: BaseDatabaseWrapper) -> Any:
    """As the driver of the database takes it; text of an enumeration is plain text."""
    if isinstance(value, str):
        return str(value)
    if isinstance(value, datetime):
        return here.ops.adapt_datetimefield_value(value)
    if isinstance(value, date):
        return here.ops.adapt_datefield_value(value)
    if value is None:
        raise TypeError("None is another condition")
    return value


def insert(row: M) -> M:
    """Write a new row whose id the database gives, as `row.save(force_insert=True)` does."""
    return _inserted(row, "")


def insert_unless_there(row: M) -> M | None:
    """The same, but None and nothing written where a unique constraint forbids the row."""
    written = _inserted(row, "ON CONFLICT DO NOTHING ")
    return None if written.pk is None else written


def _inserted(row: M, unless: str) -> M:
    returning = connection.features.can_return_columns_from_insert  # not SQLite before 3.35
    sql, fields = _insertion(type(row), unless, connection.vendor, returning=returning)
    values = [field.get_db_prep_save(field.pre_save(row, add=True), connection) for field in fields]
    with transaction.mark_for_rollback_on_error(DEFAULT_DB_ALIAS), connection.cursor() as cursor:
        cursor.execute(sql, values)
        found = cursor.fetchone() if returning else _last_id(cursor)
    if found is not None:
        row.pk = found[0]
        row._state.adding, row._state.db = False, DEFAULT_DB_ALIAS  # noqa: SLF001
    return row


def _last_id(cursor: Any) -> tuple[int] | None:
    return (cursor.lastrowid,) if cursor.rowcount else None


class _Insertion(NamedTuple):
    sql: str
    fields: list[Field[Any, Any]]


@cache
def _insertion(model: type[Model], unless: str, vendor: str, *, returning: bool) -> _Insertion:
    """By vendor, too: they may write names and values in other ways."""
    meta, quoted = model._meta, connection.ops.quote_name
    fields = [field for field in meta.local_concrete_fields if not field.primary_key]
    assert meta.pk is not None
    names = ", ".join(quoted(field.column) for field in fields)
    places = ", ".join("%s" for _ in fields)
    sql = f"INSERT INTO {quoted(meta.db_table)} ({names}) VALUES ({places}) {unless}"  # noqa: S608
    if returning:
        sql += f"RETURNING {quoted(meta.pk.column)}"
    return _Insertion(sql, fields)


def update_where(model: type[Model], where: Mapping[str, Any], values: Mapping[str, Any]) -> int:
    """Set these fields of the rows whose fields equal `where` (None, too); returns how many rows.

    As `filter(**where).update(**values)` with plain values.
    """
    sql = _updating(
        model,
        connection.vendor,
        tuple((name, value is None) for name, value in where.items()),
        tuple(values),
    )
    given_values = [*values.items(), *((k, v) for k, v in where.items() if v is not None)]
    parameters = [_saved(model, name, value) for name, value in given_values]
    with transaction.mark_for_rollback_on_error(DEFAULT_DB_ALIAS), connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        changed: int = cursor.rowcount
    return changed


@cache
def _updating(
    model: type[Model],
    vendor: str,
    where: tuple[tuple[str, bool], ...],
    names: tuple[str, ...],
) -> str:
    quoted = connection.ops.quote_name
    setting = ", ".join(f"{quoted(_field(model, name).column)} = %s" for name in names)
    holding = " AND ".join(
        f"{quoted(_field(model, name).column)} {'IS NULL' if is_null else '= %s'}"
        for name, is_null in where
    )
    table = quoted(model._meta.db_table)
    return f"UPDATE {table} SET {setting} WHERE {holding}"  # noqa: S608


def _saved(model: type[Model], name: str, value: Any) -> Any:
    plain = value.pk if isinstance(value, Model) else value
    return _field(model, name).get_db_prep_save(plain, connection)


def _field(model: type[Model], name: str) -> Any:
    meta = model._meta
    return meta.pk if name == "pk" else meta.get_field(name)
