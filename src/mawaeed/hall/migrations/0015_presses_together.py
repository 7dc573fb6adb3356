"""Presses that come together are carried out together."""

from pathlib import Path

from django.db import migrations

STATEMENTS = Path(__file__).resolve().parent.parent / "statement"
NAMES = ("press", "presses")


def install(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        for name in NAMES:
            schema_editor.execute((STATEMENTS / f"{name}.sql").read_text(), params=None)


class Migration(migrations.Migration):
    dependencies = [
        ("hall", "0014_tickets_together"),
        ("people", "0012_staff_of"),
    ]

    operations = [migrations.RunPython(install, migrations.RunPython.noop)]
