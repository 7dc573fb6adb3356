"""Statements past the driver's cursor: the same values, errors and transactions."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

import pytest
from django.db import DataError, IntegrityError, OperationalError, connection, transaction

from mawaeed.kernel.database import is_lock_wait, prepared_row, prepared_texts
from mawaeed.kernel.models import IdempotencyKey

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="PostgreSQL's own"),
]
KEEP = (
    "INSERT INTO kernel_idempotencykey (actor, key, body_hash, result, created_at) "
    "VALUES ($1, $2, '', '{}', now()) RETURNING actor"
)


def test_values_go_and_come_as_text_outside_a_transaction_and_inside() -> None:
    sql, texts = "SELECT $1::text, $2::bigint + 1, $3::jsonb, $4::text", ("مرحبًا", "41", "{}", None)
    expected = ("مرحبًا", "42", "{}", None)
    assert prepared_texts(sql, texts) == prepared_texts(sql, texts) == expected
    with transaction.atomic():
        assert prepared_texts(sql, texts) == expected
    assert prepared_texts("SELECT 1 WHERE $1::boolean", ["false"]) is None


def test_inside_a_transaction_it_is_part_of_it() -> None:
    with transaction.atomic():
        prepared_texts(KEEP, ["a", "k"])
        transaction.set_rollback(True)
    assert not IdempotencyKey.objects.exists()
    prepared_texts(KEEP, ["a", "k"])
    assert IdempotencyKey.objects.count() == 1


@pytest.mark.parametrize("inside", [False, True])
def test_errors_are_those_of_django(*, inside: bool) -> None:
    prepared_texts(KEEP, ["a", "k"])

    def fails(sql: str, *texts: str) -> Any:
        if not inside:
            return prepared_texts(sql, texts)
        with transaction.atomic():
            return prepared_texts(sql, texts)

    with pytest.raises(IntegrityError):
        fails(KEEP, "a", "k")
    busy = "DO $$ BEGIN RAISE lock_not_available; END $$"
    with pytest.raises(OperationalError) as raised:
        fails(busy)
    assert is_lock_wait(raised.value)
    assert prepared_texts("SELECT $1::text", ["still there"]) == ("still there",)


def test_a_connection_that_was_lost_is_made_anew_for_the_next_request() -> None:
    sql = "SELECT $1::text, pg_backend_pid()"
    row = prepared_texts(sql, ["x"])
    assert row
    prepared = row[1]
    with pytest.raises(OperationalError):
        prepared_texts("SELECT pg_terminate_backend($1::integer)", [prepared])
    with pytest.raises(OperationalError):
        prepared_texts(sql, ["x"])
    connection.close_if_unusable_or_obsolete()  # as every request begins
    again = prepared_texts(sql, ["x"])
    assert again
    assert (again[0], again[1] != prepared) == ("x", True)
    assert prepared_row("SELECT %s::text", ["x"]) == ("x",)


def test_what_was_prepared_is_prepared_anew_when_it_is_gone() -> None:
    """The driver itself drops all of it after a rollback."""
    sql = "SELECT $1::text"

    def rolled_back() -> None:
        prepared_row("SELECT %s::text", ["x"])
        with transaction.atomic():
            prepared_row("SELECT %s::text", ["x"])
            transaction.set_rollback(True)
        prepared_row("SELECT %s::text", ["x"])

    def discarded() -> None:
        with connection.cursor() as cursor:
            cursor.execute("DISCARD ALL")

    for gone in (rolled_back, discarded):
        prepared_texts(sql, ["before"])
        gone()
        assert prepared_texts(sql, ["after"]) == ("after",)
        assert prepared_texts(f"{sql} ", ["another"]) == ("another",)


@pytest.mark.parametrize("inside", [False, True])
def test_a_text_is_never_cut_short(*, inside: bool) -> None:
    with pytest.raises(DataError), transaction.atomic() if inside else nullcontext():
        prepared_texts("SELECT $1::text", ["A001\0B"])


def test_nothing_is_prepared_where_that_is_not_wanted() -> None:
    """As `PREPARED_STATEMENTS=0` leaves it, for a pooler that hands connections on."""
    connection.close()
    connection.ensure_connection()
    wanted, connection.connection.prepare_threshold = connection.connection.prepare_threshold, None
    try:
        assert prepared_texts("SELECT $1::text", ["x"]) == ("x",)
        assert prepared_texts("SELECT count(*) FROM pg_prepared_statements", []) == ("0",)
    finally:
        connection.connection.prepare_threshold = wanted
