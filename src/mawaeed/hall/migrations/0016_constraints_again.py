"""Two conditional constraints again, which went with the plain index of the same column.

Removing a column's own index, the framework removes every index of that column alone (PostgreSQL).
"""

from django.db import migrations

SERVES_ONE = (
    "CREATE UNIQUE INDEX IF NOT EXISTS counter_serves_one ON hall_ticket (counter_id) "
    "WHERE state IN ('called', 'serving')"
)
ONE_OPEN = (
    "CREATE UNIQUE INDEX IF NOT EXISTS one_open_ticket_per_appointment "
    "ON hall_ticket (appointment_id) WHERE state IN ('waiting', 'called', 'serving', 'parked')"
)


def install(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        for statement in (SERVES_ONE, ONE_OPEN):
            schema_editor.execute(statement, params=None)


class Migration(migrations.Migration):
    dependencies = [("hall", "0015_presses_together")]

    operations = [migrations.RunPython(install, migrations.RunPython.noop)]
