import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("centres", "0003_words2"),
    ]

    operations = [
        migrations.CreateModel(
            name="Governorate",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("code", models.SlugField(max_length=40, unique=True, verbose_name="code")),
                ("name", models.JSONField(verbose_name="name")),
                ("latitude", models.FloatField(verbose_name="latitude")),
                ("longitude", models.FloatField(verbose_name="longitude")),
                (
                    "order",
                    models.PositiveSmallIntegerField(default=0, verbose_name="order"),
                ),
                ("active", models.BooleanField(default=True, verbose_name="active")),
                (
                    "assumed",
                    models.JSONField(default=list, verbose_name="assumed values"),
                ),
                (
                    "agency",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="governorates",
                        to="centres.agency",
                        verbose_name="agency",
                    ),
                ),
            ],
            options={
                "verbose_name": "governorate",
                "verbose_name_plural": "governorates",
            },
        ),
    ]
