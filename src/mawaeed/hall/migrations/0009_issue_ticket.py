"""The statement of an ordinary ticket, on PostgreSQL; other databases take the plain path."""

from pathlib import Path

from django.db import migrations

SOURCE = Path(__file__).resolve().parent.parent / "statement" / "issue_tickets.sql"


def install(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(SOURCE.read_text(), params=None)


def remove(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        for name in ("hall_issue_tickets", "hall_issue_ticket"):
            schema_editor.execute(f"DROP PROCEDURE IF EXISTS {name}")


class Migration(migrations.Migration):
    dependencies = [
        ("hall", "0008_kiosk_of_help"),
        ("availability", "0004_words2"),
        ("booking", "0006_terms"),
        ("centres", "0004_governorates"),
        ("kernel", "0002_words2"),
    ]

    operations = [migrations.RunPython(install, remove)]
