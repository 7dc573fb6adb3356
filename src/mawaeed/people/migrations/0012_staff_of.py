"""Whose staff token it is can be read for several at once (PostgreSQL)."""

from pathlib import Path

from django.db import migrations

STATEMENTS = Path(__file__).resolve().parent.parent / "statement"


def install(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        for name in ("staff_of.sql", "staff_at.sql"):
            schema_editor.execute((STATEMENTS / name).read_text(), params=None)


class Migration(migrations.Migration):
    dependencies = [("people", "0011_one_index_each")]

    operations = [migrations.RunPython(install, migrations.RunPython.noop)]
