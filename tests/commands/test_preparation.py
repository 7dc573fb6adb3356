from pathlib import Path

import pytest
from django.db import connection

from mawaeed.commands import preparation
from mawaeed.commands.refusal import CommandRefused
from mawaeed.kernel import clock, secrets
from mawaeed.kernel.models import Installation
from mawaeed.people.models import Staff

pytestmark = pytest.mark.django_db


def _tables() -> set[str]:
    return preparation.existing_tables()


def test_empty_database_becomes_a_demonstration() -> None:
    preparation.refuse_unless_empty_or_demo(_tables())
    preparation.refuse_unless_ours(demo=True)

    assert Installation.objects.get().is_demo
    preparation.refuse_unless_empty_or_demo(_tables())


def test_demo_refuses_a_real_installation() -> None:
    preparation.refuse_unless_ours(demo=False)

    with pytest.raises(CommandRefused, match="neither empty nor a demonstration"):
        preparation.refuse_unless_empty_or_demo(_tables())


def test_demo_refuses_a_database_with_people_but_no_mark() -> None:
    Staff.objects.create(username="somebody")

    with pytest.raises(CommandRefused, match="neither empty nor a demonstration"):
        preparation.refuse_unless_empty_or_demo(_tables())


def test_demo_refuses_a_database_of_another_program() -> None:
    preparation.refuse_unless_ours(demo=True)

    with pytest.raises(CommandRefused, match="neither empty nor a demonstration"):
        preparation.refuse_unless_empty_or_demo(_tables() | {"wordpress_posts"})


def test_real_installation_refuses_a_demonstration() -> None:
    preparation.refuse_unless_ours(demo=True)

    with pytest.raises(CommandRefused, match="is a demonstration"):
        preparation.refuse_unless_ours(demo=False)


def test_database_of_other_keys_is_refused() -> None:
    Installation.objects.create(keys_fingerprint="0" * 64, created_at=clock.real_now())

    with pytest.raises(CommandRefused, match="made with other keys"):
        preparation.refuse_unless_ours(demo=False)


def test_database_of_these_keys_is_taken_again() -> None:
    preparation.refuse_unless_ours(demo=False)
    preparation.refuse_unless_ours(demo=False)

    assert Installation.objects.get().keys_fingerprint == secrets.fingerprint()


def test_nothing_is_migrated_twice() -> None:
    assert not preparation.migrate_if_needed(_tables())


def test_missing_migration_is_noticed() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'hall'")

    missing = preparation._migrations_on_disk() - preparation._migrations_applied(_tables())

    assert {app for app, _ in missing} == {"hall"}


def test_fingerprint_changes_with_name_and_content(tmp_path: Path) -> None:
    first, second = tmp_path / "a.yaml", tmp_path / "b.yaml"
    first.write_text("x")
    second.write_text("x")

    prints = {preparation.fingerprint(paths) for paths in ([first], [second], [first, second], [])}
    first.write_text("y")

    assert len(prints | {preparation.fingerprint([first])}) == 5


def test_shipped_catalogue_is_there() -> None:
    assert (preparation.shipped_catalogue() / "agency.yaml").is_file()
