"""Statements past the driver's cursor: the same values, errors and transactions."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, OperationalError, connection, transaction

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
