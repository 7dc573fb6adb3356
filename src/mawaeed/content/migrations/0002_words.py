import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("centres", "0001_initial"),
        ("content", "0001_initial"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="announcement",
            options={"verbose_name": "announcement", "verbose_name_plural": "announcements"},
        ),
        migrations.AlterModelOptions(
            name="contactchannel",
            options={"verbose_name": "way of contact", "verbose_name_plural": "ways of contact"},
        ),
        migrations.AlterField(
            model_name="announcement",
            name="agency",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                to="centres.agency",
                verbose_name="Agency",
            ),
        ),
        migrations.AlterField(
            model_name="announcement",
            name="centre",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                to="centres.centre",
                verbose_name="Centre",
            ),
        ),
        migrations.AlterField(
            model_name="announcement",
            name="code",
            field=models.SlugField(max_length=60, unique=True, verbose_name="Code"),
        ),
        migrations.AlterField(
            model_name="announcement",
            name="directorate",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                to="centres.directorate",
                verbose_name="Directorate",
            ),
        ),
        migrations.AlterField(
            model_name="announcement",
            name="important",
            field=models.BooleanField(default=False, verbose_name="Important"),
        ),
        migrations.AlterField(
            model_name="announcement",
            name="published_from",
            field=models.DateTimeField(verbose_name="Published from"),
        ),
        migrations.AlterField(
            model_name="announcement",
            name="published_until",
            field=models.DateTimeField(blank=True, null=True, verbose_name="Published until"),
        ),
        migrations.AlterField(
            model_name="contactchannel",
            name="agency",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                to="centres.agency",
                verbose_name="Agency",
            ),
        ),
        migrations.AlterField(
            model_name="contactchannel",
            name="code",
            field=models.SlugField(max_length=60, unique=True, verbose_name="Code"),
        ),
        migrations.AlterField(
            model_name="contactchannel",
            name="kind",
            field=models.CharField(
                choices=[
                    ("phone", "Phone"),
                    ("email", "E-mail"),
                    ("web", "Web site"),
                    ("visit", "Visit"),
                ],
                max_length=10,
                verbose_name="Kind",
            ),
        ),
        migrations.AlterField(
            model_name="contactchannel",
            name="order",
            field=models.PositiveSmallIntegerField(default=0, verbose_name="Order"),
        ),
        migrations.AlterField(
            model_name="contactchannel",
            name="value",
            field=models.CharField(max_length=200, verbose_name="Number or address"),
        ),
    ]
