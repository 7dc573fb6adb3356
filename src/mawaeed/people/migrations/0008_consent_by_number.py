"""A consent is written for a personal number, with or without an account."""

from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("people", "0007_words2")]

    operations = [
        migrations.RemoveConstraint(model_name="consent", name="consent_once"),
        migrations.AddField(
            model_name="consent",
            name="helper_hash",
            field=models.CharField(default="", max_length=64),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="consent",
            name="helper_sealed",
            field=models.TextField(default=""),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="consent",
            name="grantor_name",
            field=models.CharField(
                default="", help_text="As the grantor says; shown to the helper.", max_length=120
            ),
            preserve_default=False,
        ),
        migrations.AlterField(
            model_name="consent",
            name="helper",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="consents_received",
                to="people.person",
            ),
        ),
        migrations.AddConstraint(
            model_name="consent",
            constraint=models.UniqueConstraint(
                condition=Q(withdrawn_at__isnull=True),
                fields=("grantor", "helper_hash"),
                name="consent_once",
            ),
        ),
    ]
