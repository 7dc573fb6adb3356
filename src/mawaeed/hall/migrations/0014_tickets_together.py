"""Tickets that are asked for together are given by one statement.

Its form for one ticket, `hall_issue_ticket`, stays where it was installed: processes of the version
before call it until they are started anew. Nothing else does, and a later migration may drop it.
"""

from pathlib import Path

from django.db import migrations

SOURCE = Path(__file__).resolve().parent.parent / "statement" / "issue_tickets.sql"


def install(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(SOURCE.read_text(), params=None)


class Migration(migrations.Migration):
    dependencies = [
        ("hall", "0013_one_index_each"),
        ("people", "0012_staff_of"),
    ]

    operations = [migrations.RunPython(install, migrations.RunPython.noop)]
