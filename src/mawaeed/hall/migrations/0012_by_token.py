"""A ticket can be given by whoever comes with a token; the first form of the statement goes."""

from pathlib import Path

from django.db import migrations

SOURCE = Path(__file__).resolve().parent.parent / "statement" / "issue_tickets.sql"
EVERY_FORM = """
DO $$
DECLARE v_form regprocedure;
BEGIN
    FOR v_form IN
        SELECT p.oid FROM pg_proc AS p JOIN pg_namespace AS n ON n.oid = p.pronamespace
        WHERE p.proname = 'hall_issue_ticket' AND n.nspname = current_schema()
    LOOP
        EXECUTE 'DROP PROCEDURE ' || v_form;
    END LOOP;
END;
$$
"""


def install(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(EVERY_FORM, params=None)
        schema_editor.execute(SOURCE.read_text(), params=None)


class Migration(migrations.Migration):
    dependencies = [
        ("hall", "0011_ticket_indexes"),
        ("people", "0010_staff_at"),
    ]

    operations = [migrations.RunPython(install, migrations.RunPython.noop)]
