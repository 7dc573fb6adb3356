"""The statement of a staff token at a centre, on PostgreSQL; other databases ask step by step."""

from pathlib import Path

from django.db import migrations

SOURCE = Path(__file__).resolve().parent.parent / "statement" / "staff_at.sql"


def install(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(SOURCE.read_text(), params=None)


def remove(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP FUNCTION IF EXISTS people_staff_at")


class Migration(migrations.Migration):
    dependencies = [
        ("people", "0009_staff_token"),
        ("centres", "0004_governorates"),
    ]

    operations = [migrations.RunPython(install, remove)]
