"""The statement of an ordinary booking reads no table through, however small it was at first."""

from pathlib import Path

from django.db import migrations

SOURCE = Path(__file__).resolve().parent.parent / "statement" / "book_place.sql"


def install(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(SOURCE.read_text(), params=None)


class Migration(migrations.Migration):
    dependencies = [("booking", "0007_one_index_each")]

    operations = [migrations.RunPython(install, migrations.RunPython.noop)]
