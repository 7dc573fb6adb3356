"""Whom a token belongs to, in one indexed read: every request asks for it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import cache
from typing import Any, NamedTuple

from mawaeed.centres.models import Centre
from mawaeed.kernel.database import is_postgresql, prepared_row
from mawaeed.people.models import Beneficiary, Person, Role, SignIn, Staff, StaffRole, StaffToken

# The moment of last use is written at most this often.
SLIDE_EVERY = timedelta(minutes=1)
# What the hall's hottest presses need of a centre; the rest is read when it is asked for.
CENTRE = ("id", "agency_id", "directorate_id", "code", "timezone")


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
    """The same in one prepared statement: the ORM takes longer to write it than it takes to run."""
    row = prepared_row(_statement(), [token_hash, real, real - idle, real, real - SLIDE_EVERY])
    if row is None:
        return None
    persons = len(_fields(Person))
    person = Person.from_db("default", _fields(Person), row[:persons])
    person.beneficiary = Beneficiary.from_db("default", _fields(Beneficiary), row[persons:])
    return person


@cache
def _statement() -> str:
    """Reads, and slides in the same breath.

    Nobody waits for the disk: a moment of last use that a power cut takes is no loss.
    """
    columns = [f"p.{name}" for name in _columns(Person)]
    columns += [f"b.{name}" for name in _columns(Beneficiary)]
    sign_ins = SignIn._meta.db_table
    return (
        "WITH found AS ("  # noqa: S608 (names of our own)
        f"SELECT s.id, s.last_used_at, s.person_id FROM {sign_ins} AS s "
        "WHERE s.token_hash = %s AND s.expires_at > %s AND s.last_used_at > %s"
        f"), slid AS (UPDATE {sign_ins} AS s SET last_used_at = %s FROM found "
        "WHERE s.id = found.id AND found.last_used_at <= %s "
        "RETURNING set_config('synchronous_commit', 'off', true)) "
        f"SELECT {', '.join(columns)} FROM found "
        f"JOIN {Person._meta.db_table} AS p ON p.id = found.person_id "
        f"JOIN {Beneficiary._meta.db_table} AS b ON b.id = p.beneficiary_id "
        "WHERE p.superseded_at IS NULL"
    )


class StaffAt(NamedTuple):
    """A member of staff at a centre where they hold a role; of the centre the columns `CENTRE`."""

    staff_id: int
    centre: Centre


def staff_at_past_the_orm(
    token_hash: str, centre_code: str, roles: Iterable[Role], real: datetime
) -> StaffAt | None:
    """`people.queries.staff_at` in one prepared statement (PostgreSQL)."""
    row = prepared_row(
        _staff_statement(),
        [token_hash, real, real, real - SLIDE_EVERY, centre_code, [*map(str, roles)]],
    )
    if row is None:
        return None
    return StaffAt(row[0], Centre.from_db("default", CENTRE, row[1:]))


@cache
def _staff_statement() -> str:
    columns = ", ".join(f"c.{name}" for name in CENTRE)
    tokens = StaffToken._meta.db_table
    return (
        "WITH found AS ("  # noqa: S608 (names of our own)
        f"SELECT t.id, t.used_at, t.staff_id, s.is_superuser FROM {tokens} AS t "
        f"JOIN {Staff._meta.db_table} AS s ON s.id = t.staff_id "
        "WHERE t.token_hash = %s AND t.expires_at > %s AND t.revoked_at IS NULL AND s.is_active"
        f"), noted AS (UPDATE {tokens} AS t SET used_at = %s FROM found "
        "WHERE t.id = found.id AND (found.used_at IS NULL OR found.used_at <= %s) "
        "RETURNING set_config('synchronous_commit', 'off', true)) "
        f"SELECT found.staff_id, {columns} FROM found "
        f"JOIN {Centre._meta.db_table} AS c ON c.code = %s "
        f"WHERE found.is_superuser OR EXISTS (SELECT FROM {StaffRole._meta.db_table} AS r "
        "WHERE r.staff_id = found.staff_id AND ("
        f"r.role = '{Role.ADMINISTRATOR}' AND (r.centre_id = c.id OR r.agency_id = c.agency_id) "
        "OR r.centre_id = c.id AND r.role = ANY(%s)))"
    )


@cache
def _fields(model: Any) -> list[str]:
    return [field.attname for field in model._meta.concrete_fields]


def _columns(model: Any) -> list[str]:
    return [f'"{field.column}"' for field in model._meta.concrete_fields]
