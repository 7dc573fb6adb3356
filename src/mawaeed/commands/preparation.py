"""Brings a database to where the programs can start: tables, keys, catalogue."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from django.apps import apps
from django.core.management import call_command
from django.db import DatabaseError, OperationalError, connection, transaction

from mawaeed.commands.refusal import CommandRefused
from mawaeed.kernel import clock, secrets

MIGRATIONS_TABLE = "django_migrations"


def existing_tables() -> set[str]:
    """Names of the tables in the database; refuses one that cannot be reached."""
    try:
        return set(connection.introspection.table_names())
    except OperationalError as error:
        reason = str(error).strip().splitlines()[0]
        raise CommandRefused(
            f"the database does not answer ({reason}). Check DATABASE_URL and DATA_DIR."
        ) from error


def migrate_if_needed(tables: set[str]) -> bool:
    """Apply the migrations the database has not seen; True if there were any."""
    if _migrations_on_disk() <= _migrations_applied(tables):
        return False
    call_command("migrate", verbosity=0, interactive=False)
    return True


def _migrations_on_disk() -> set[tuple[str, str]]:
    """(app, name) of each migration file, without importing any of them."""
    return {
        (config.label, entry.name.removesuffix(".py"))
        for config in apps.get_app_configs()
        for entry in _python_files(Path(config.path, "migrations"))
    }


def _python_files(directory: Path) -> list[os.DirEntry[str]]:
    if not directory.is_dir():
        return []
    with os.scandir(directory) as entries:
        return [e for e in entries if e.name.endswith(".py") and not e.name.startswith("_")]


def _migrations_applied(tables: set[str]) -> set[tuple[str, str]]:
    if MIGRATIONS_TABLE not in tables:
        return set()
    with connection.cursor() as cursor:
        cursor.execute("SELECT app, name FROM django_migrations")
        return set(cursor.fetchall())


def refuse_unless_ours(*, demo: bool) -> None:
    """The database must belong to these keys, and be a demonstration exactly if this is one.

    A new database is marked here, once, as what it will stay.
    """
    from mawaeed.kernel.models import Installation

    with transaction.atomic():
        installation, _ = Installation.objects.get_or_create(
            id=1,
            defaults={
                "keys_fingerprint": secrets.fingerprint(),
                "is_demo": demo,
                "created_at": clock.real_now(),
            },
        )
    if installation.keys_fingerprint != secrets.fingerprint():
        raise CommandRefused(
            "this database was made with other keys, so its personal numbers cannot be read. "
            "Put the folder DATA_DIR/secrets that belongs to it back in place."
        )
    if installation.is_demo and not demo:
        raise CommandRefused("this database is a demonstration. Use another one, or `make run`.")


def refuse_unless_empty_or_demo(tables: set[str]) -> None:
    """A demonstration never touches a database in which somebody keeps anything else."""
    ours = {model._meta.db_table for model in apps.get_models(include_auto_created=True)}
    foreign = tables - ours - {MIGRATIONS_TABLE, "sqlite_sequence"}
    if foreign or not (_is_marked_demo(tables) or _has_no_rows(tables)):
        raise CommandRefused(
            "this database is neither empty nor a demonstration, so the demo leaves it alone. "
            "Choose another DATA_DIR or DATABASE_URL."
        )


def _is_marked_demo(tables: set[str]) -> bool:
    from mawaeed.kernel.models import Installation

    if Installation._meta.db_table not in tables:
        return False
    try:
        return Installation.objects.filter(is_demo=True).exists()
    except DatabaseError:
        return False


def _has_no_rows(tables: set[str]) -> bool:
    """True for no tables at all, or those a first start left when it was interrupted."""
    labels = ("kernel.Installation", "people.Staff", "people.Person", "centres.Centre")
    models = [apps.get_model(label) for label in labels]
    return not any(
        model._meta.db_table in tables and model._default_manager.exists() for model in models
    )


def fingerprint(paths: list[Path]) -> str:
    """Changes when the content or the name of one of the files does; 64 hexadecimal digits."""
    joined = hashlib.sha256()
    for path in sorted(paths):
        joined.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return joined.hexdigest()


def shipped_catalogue(name: str = "bahrain") -> Path:
    """The folder of the catalogue that comes with the project, in a checkout or installed."""
    package = Path(__file__).resolve().parent.parent
    installed = package / "_catalogue" / name
    return installed if installed.is_dir() else package.parent.parent / "catalogue" / name
