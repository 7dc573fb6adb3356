"""The statement of an ordinary booking, on PostgreSQL; other databases take the plain path."""

from pathlib import Path

from django.db import migrations

SOURCE = Path(__file__).resolve().parent.parent / "statement" / "book_place.sql"


def install(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(SOURCE.read_text(), params=None)


def remove(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP FUNCTION IF EXISTS booking_book_place")


class Migration(migrations.Migration):
    dependencies = [
        ("booking", "0004_words2"),
        ("availability", "0004_words2"),
        ("centres", "0004_governorates"),
        ("conduct", "0004_words2"),
        ("kernel", "0002_words2"),
        ("people", "0006_engine"),
    ]

    operations = [migrations.RunPython(install, remove)]
