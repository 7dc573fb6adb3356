"""The sign-in behind a token, with its account, in one indexed read: every request asks for it."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache
from typing import Any

from mawaeed.kernel.database import is_postgresql, prepared_row
from mawaeed.people.models import Beneficiary, Person, SignIn

# The moment of last use is written at most this often.
SLIDE_EVERY = timedelta(minutes=1)


def person_of_sign_in(token_hash: str, real: datetime, idle: timedelta) -> Person | None:
    """The account in force whose sign-in this is at the real time `real`, neither over nor idle.

    Also keeps it from going idle.
    """
    if is_postgresql():
        return _past_the_orm(token_hash, real, idle)
    row = (
        SignIn.objects.select_related("person__beneficiary")
        .filter(
            token_hash=token_hash,
            expires_at__gt=real,
            last_used_at__gt=real - idle,
            person__superseded_at__isnull=True,
        )
        .first()
    )
    if row is None:
        return None
    if row.last_used_at <= real - SLIDE_EVERY:
        SignIn.objects.filter(pk=row.pk, last_used_at__lte=real - SLIDE_EVERY).update(
            last_used_at=real
        )
    return row.person


def _past_the_orm(token_hash: str, real: datetime, idle: timedelta) -> Person | None:
    """The same in prepared statements: the ORM takes longer to write one than it takes to run."""
    row = prepared_row(_statement(), [token_hash, real, real - idle])
    if row is None:
        return None
    last_used_at, *values = row
    if last_used_at <= real - SLIDE_EVERY:
        prepared_row(SLIDE, [real, token_hash, real - SLIDE_EVERY])
    persons = len(_fields(Person))
    person = Person.from_db("default", _fields(Person), values[:persons])
    person.beneficiary = Beneficiary.from_db("default", _fields(Beneficiary), values[persons:])
    return person


# Nobody waits for the disk: a moment of last use that is lost in a power cut is no loss.
SLIDE = (
    "WITH unhurried AS (SELECT set_config('synchronous_commit', 'off', true)) "
    "UPDATE people_signin SET last_used_at = %s FROM unhurried "
    "WHERE token_hash = %s AND last_used_at <= %s RETURNING 1"
)


@cache
def _statement() -> str:
    columns = [f"p.{name}" for name in _columns(Person)]
    columns += [f"b.{name}" for name in _columns(Beneficiary)]
    return (
        f"SELECT s.last_used_at, {', '.join(columns)} "  # noqa: S608 (names of our own)
        f"FROM {SignIn._meta.db_table} AS s "
        f"JOIN {Person._meta.db_table} AS p ON p.id = s.person_id "
        f"JOIN {Beneficiary._meta.db_table} AS b ON b.id = p.beneficiary_id "
        "WHERE s.token_hash = %s AND s.expires_at > %s AND s.last_used_at > %s "
        "AND p.superseded_at IS NULL"
    )


@cache
def _fields(model: Any) -> list[str]:
    return [field.attname for field in model._meta.concrete_fields]


def _columns(model: Any) -> list[str]:
    return [f'"{field.column}"' for field in model._meta.concrete_fields]
