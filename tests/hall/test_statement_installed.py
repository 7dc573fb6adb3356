"""How the hall's statements come into a database (PostgreSQL)."""

from __future__ import annotations

from importlib import import_module

import pytest
from django.db import connection

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(connection.vendor != "postgresql", reason="the statements are PostgreSQL's"),
]


def test_another_house_in_the_same_database_keeps_its_statement() -> None:
    houses = (
        "SELECT n.nspname FROM pg_proc AS p JOIN pg_namespace AS n ON n.oid = p.pronamespace "
        "WHERE p.proname = 'hall_issue_ticket'"
    )
    migration = import_module("mawaeed.hall.migrations.0012_by_token")
    with connection.cursor() as cursor:
        cursor.execute("CREATE SCHEMA another_house")
        for schema in ("public", "another_house"):
            cursor.execute(
                f"CREATE PROCEDURE {schema}.hall_issue_ticket(a text) LANGUAGE sql AS 'SELECT 1'"
            )
        with connection.schema_editor() as editor:
            migration.install(None, editor)
        cursor.execute(houses)
        assert cursor.fetchall() == [("another_house",)]
