"""Tickets and presses that come together: lists in their own order on every PostgreSQL from 15 on,
and a group waits once for what somebody outside holds.
"""

from pathlib import Path

from django.db import migrations

STATEMENTS = Path(__file__).resolve().parent.parent / "statement"
NAMES = ("issue_tickets", "presses")


def install(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        for name in NAMES:
            schema_editor.execute((STATEMENTS / f"{name}.sql").read_text(), params=None)


class Migration(migrations.Migration):
    dependencies = [("hall", "0016_constraints_again")]

    operations = [migrations.RunPython(install, migrations.RunPython.noop)]
