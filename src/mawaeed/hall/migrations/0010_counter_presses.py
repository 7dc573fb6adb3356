"""The statements of ordinary presses at a counter, on PostgreSQL; others take the plain path."""

from pathlib import Path

from django.db import migrations

STATEMENTS = Path(__file__).resolve().parent.parent / "statement"
NAMES = ("press", "call_first", "finish_and_call", "start_service", "call_next")
REMOVE = """
DROP FUNCTION IF EXISTS hall_at_work, hall_take_key, hall_tell, hall_keep_answer, hall_call_first,
    hall_finish_and_call, hall_attend, hall_start_service, hall_call_next, hall_is_free, hall_awaits
"""


def install(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        for name in NAMES:
            schema_editor.execute((STATEMENTS / f"{name}.sql").read_text(), params=None)


def remove(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(REMOVE, params=None)


class Migration(migrations.Migration):
    dependencies = [
        ("hall", "0009_issue_ticket"),
        ("availability", "0004_words2"),
        ("booking", "0006_terms"),
        ("centres", "0004_governorates"),
        ("conduct", "0004_words2"),
        ("kernel", "0002_words2"),
    ]

    operations = [migrations.RunPython(install, remove)]
