"""The statement of an ordinary booking checks the offering's terms: another list of parameters."""

from pathlib import Path

from django.db import migrations

SOURCE = Path(__file__).resolve().parent.parent / "statement" / "book_place.sql"
REMOVE = """
DO $$
DECLARE
    v_function regprocedure;
BEGIN
    FOR v_function IN SELECT oid::regprocedure FROM pg_proc WHERE proname = 'booking_book_place'
    LOOP
        EXECUTE 'DROP FUNCTION ' || v_function;
    END LOOP;
END;
$$;
"""


def install(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(REMOVE, params=None)
        schema_editor.execute(SOURCE.read_text(), params=None)


class Migration(migrations.Migration):
    dependencies = [("booking", "0005_statement")]

    operations = [migrations.RunPython(install, migrations.RunPython.noop)]
