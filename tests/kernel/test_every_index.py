"""What the tables say of themselves is in the database, whatever migrations did on the way."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.db import connection


@pytest.mark.django_db
def test_every_index_and_constraint_is_in_the_database() -> None:
    missing = []
    with connection.cursor() as cursor:
        for model in apps.get_models():
            options = model._meta
            found = connection.introspection.get_constraints(cursor, options.db_table)
            wanted = {each.name for each in (*options.indexes, *options.constraints)}
            missing += [f"{options.label}: {name}" for name in wanted - found.keys()]
    assert not missing
