import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("hall", "0006_heads_by_service")]

    operations = [
        migrations.AlterField(
            model_name="ticket",
            name="wanted_counter",
            field=models.ForeignKey(
                db_index=False,
                help_text="Transferred to this counter: others pass it over while somebody works there.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="centres.counter",
            ),
        ),
        migrations.AlterField(
            model_name="ticket",
            name="wanted_staff",
            field=models.ForeignKey(
                db_index=False,
                help_text="Transferred to this person: others pass it over while they are at work.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddIndex(
            model_name="ticket",
            index=models.Index(
                condition=models.Q(("wanted_counter__isnull", False)),
                fields=["wanted_counter", "day", "state"],
                name="ticket_sent_to_counter",
            ),
        ),
        migrations.AddIndex(
            model_name="ticket",
            index=models.Index(
                condition=models.Q(("wanted_staff__isnull", False)),
                fields=["wanted_staff", "day", "state"],
                name="ticket_sent_to_staff",
            ),
        ),
    ]
