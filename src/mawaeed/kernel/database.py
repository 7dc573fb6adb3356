"""The one way to write: a short transaction that behaves alike on SQLite and PostgreSQL."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import timedelta
from functools import cache
from hashlib import sha256
from typing import Any, cast

from django.db import InterfaceError, OperationalError, connection, transaction

LOCK_NOT_AVAILABLE = "55P03"  # of PostgreSQL
ROLLED_BACK = "40"  # a class of PostgreSQL: two transactions could not both go on

# By thread, as connections are: the one in use, and what is prepared there.
_prepared = threading.local()


@contextmanager
def write_transaction() -> Iterator[None]:
    """Open the transaction of one action.

    On SQLite the connection is configured with IMMEDIATE transactions, so the write lock is
    taken at the start and a check inside the transaction cannot be overtaken; on PostgreSQL
    rows are locked by conditional updates and `SELECT … FOR UPDATE` in the documented order
    (docs/locking.md). Reads never come through here.
    """
    with transaction.atomic():
        yield


def take_turns(name: str) -> None:
    """Let transactions that name the same thing run one after another, where no row exists yet.

    On SQLite the IMMEDIATE transaction is the lock already.
    """
    if is_postgresql():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [name])


def has_turn(name: str) -> bool:
    """Take the turn of `name` until the transaction ends if nobody has it; never waits."""
    if not is_postgresql():
        return True
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", [name])
        return bool(cursor.fetchone()[0])


@contextmanager
def waiting_at_most(wait: timedelta) -> Iterator[None]:
    """Inside a transaction: let no statement of the block wait longer for a lock (PostgreSQL).

    A failure inside leaves the setting to the rollback that follows it.
    """
    if not is_postgresql():
        yield
        return
    with connection.cursor() as cursor:
        milliseconds = int(wait.total_seconds() * 1000)
        cursor.execute("SELECT set_config('lock_timeout', %s, true)", [str(milliseconds)])
        yield
        cursor.execute("SET LOCAL lock_timeout TO DEFAULT")


def is_lock_wait(error: OperationalError) -> bool:
    """Whether somebody else held the lock for longer than one waits."""
    cause = error.__cause__
    busy = str(getattr(cause, "sqlite_errorname", "")).startswith("SQLITE_BUSY")
    return busy or getattr(cause, "sqlstate", "") == LOCK_NOT_AVAILABLE


def is_to_repeat(error: OperationalError) -> bool:
    """Whether the transaction lost to another one and may be tried anew (PostgreSQL)."""
    return str(getattr(error.__cause__, "sqlstate", "")).startswith(ROLLED_BACK)


def is_away(error: BaseException | None) -> bool:
    """Whether the database could not be reached or did not answer in time: no fault of a program.

    What SQLite calls plainly an error (no such table) is one.
    """
    if not isinstance(error, (InterfaceError, OperationalError)):
        return False
    return getattr(error.__cause__, "sqlite_errorname", "") != "SQLITE_ERROR"


def ensure_connected() -> None:
    """Open a connection where there is none, or the one there is no longer answers.

    Needed before what goes past Django's own cursor, and by whoever is about to hold others up.
    """
    connection.close_if_health_check_failed()
    connection.ensure_connection()


def prepared_row(sql: str, parameters: Sequence[Any]) -> tuple[Any, ...] | None:
    """The first row of a statement that is prepared once for each connection (PostgreSQL).

    For the few hottest statements: it goes past Django's own cursor, which writes the values into
    the text of every statement. Raises Django's database errors; times come back aware.
    """
    import psycopg  # not needed where the database is SQLite

    ensure_connected()
    with connection.wrap_database_errors, psycopg.Cursor(connection.connection) as cursor:
        cursor.execute(cast("Any", sql), parameters, prepare=True)
        return cursor.fetchone()


def prepared_texts(sql: str, texts: Sequence[str | None]) -> tuple[str | None, ...] | None:
    """The same where every value goes and comes as text; `sql` names them `$1`, `$2`, ….

    Past the driver's cursor, which takes longer over its values than many a statement runs.
    """
    ensure_connected()
    with connection.wrap_database_errors:
        found = _in_transaction(sql, texts) if connection.in_atomic_block else _alone(sql, texts)
    if not found.ntuples:
        return None
    values = (found.get_value(0, column) for column in range(found.nfields))
    return tuple(None if value is None else value.decode() for value in values)


def _in_transaction(sql: str, texts: Sequence[str | None]) -> Any:
    """By a cursor, since the driver begins the transaction before its first statement."""
    import psycopg

    with psycopg.RawCursor(connection.connection) as cursor:
        cursor.execute(cast("Any", sql), texts, prepare=True)
        return cursor.pgresult


def _alone(sql: str, texts: Sequence[str | None]) -> Any:
    from psycopg import DataError, errors

    written = [None if text is None else text.encode() for text in texts]
    if any(text is not None and b"\0" in text for text in written):
        raise DataError("PostgreSQL texts hold no NUL")  # the library would end the text there
    try:
        return _executed(sql, written)
    except errors.InvalidSqlStatementName:
        # Nothing ran: what a session has prepared goes with DISCARD ALL, and the driver drops its
        # own and all other statements after a rollback.
        _prepared.statements.clear()
        return _executed(sql, written)


def _executed(sql: str, written: Sequence[bytes | None]) -> Any:
    from psycopg import errors

    pgconn, name = connection.connection.pgconn, _name(sql)
    if connection.connection.prepare_threshold is None:  # nothing may be prepared: a pooler
        return _checked(pgconn.exec_params(sql.encode(), written))
    if getattr(_prepared, "connection", None) is not connection.connection:
        _prepared.connection, _prepared.statements = connection.connection, set()
    if sql not in _prepared.statements:
        with suppress(errors.DuplicatePreparedStatement):
            _checked(pgconn.prepare(name, sql.encode()))
        _prepared.statements.add(sql)
    return _checked(pgconn.exec_prepared(name, written))


@cache
def _name(sql: str) -> bytes:
    """By what is prepared: nobody else's statement is ever taken for it."""
    return f"mawaeed_{sha256(sql.encode()).hexdigest()[:32]}".encode()


def _checked(result: Any) -> Any:
    from psycopg import errors, pq

    if result.status in {pq.ExecStatus.TUPLES_OK, pq.ExecStatus.COMMAND_OK}:
        return result
    if result.error_field(pq.DiagnosticField.SQLSTATE) is None:  # no word of the server: it is away
        raise errors.OperationalError(result.error_message.decode(errors="replace"))
    raise errors.error_from_result(result)


def is_postgresql() -> bool:
    """True where row locks, LISTEN and RETURNING of PostgreSQL can be used."""
    return connection.vendor == "postgresql"
