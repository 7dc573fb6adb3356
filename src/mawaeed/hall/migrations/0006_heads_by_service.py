import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("hall", "0005_waits_and_work")]

    operations = [
        migrations.AlterField(
            model_name="ticket",
            name="wanted_counter",
            field=models.ForeignKey(
                help_text="Transferred to this counter: others pass it over while somebody works there.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="centres.counter",
            ),
        ),
        migrations.AddIndex(
            model_name="ticket",
            index=models.Index(
                fields=["offering", "day", "state", "priority_class", "due_at", "id"],
                name="ticket_heads_offering",
            ),
        ),
    ]
