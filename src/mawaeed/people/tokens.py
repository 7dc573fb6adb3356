"""Whom a token belongs to, in one indexed read: every request asks for it."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache
from typing import Any, NamedTuple

from mawaeed.centres.models import Centre
from mawaeed.kernel.database import is_postgresql, prepared_row
from mawaeed.people.models import Beneficiary, Person, Role, SignIn

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


class TokenAt(NamedTuple):
    """A staff token by its hash, not looked up yet, at a centre where one of `roles` is needed.

    For a statement that finds out itself whose it is at the real time `real`, by
    `people_staff_at` (statement/staff_at.sql), which takes these four.
    """

    token_hash: str
    centre_code: str
    roles: tuple[Role, ...]
    real: datetime

    def texts(self) -> list[str | None]:
        """As `kernel.database.prepared_texts` takes them."""
        roles = f"{{{','.join(map(str, self.roles))}}}"
        return [self.token_hash, self.centre_code, roles, self.real.isoformat()]


def staff_at_past_the_orm(token: TokenAt) -> StaffAt | None:
    """`people.queries.staff_at` in one prepared statement (PostgreSQL)."""
    columns = ", ".join(f"c.{name}" for name in CENTRE)
    row = prepared_row(
        f"SELECT at.staff, {columns} FROM people_staff_at(%s, %s, %s, %s) AS at "  # noqa: S608
        f"JOIN {Centre._meta.db_table} AS c ON c.id = at.centre",
        token.texts(),
    )
    if row is None:
        return None
    return StaffAt(row[0], Centre.from_db("default", CENTRE, row[1:]))


@cache
def _fields(model: Any) -> list[str]:
    return [field.attname for field in model._meta.concrete_fields]


def _columns(model: Any) -> list[str]:
    return [f'"{field.column}"' for field in model._meta.concrete_fields]
