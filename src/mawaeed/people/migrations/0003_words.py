import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("centres", "0001_initial"),
        ("people", "0002_dependant_name"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="staff",
            options={"verbose_name": "member of staff", "verbose_name_plural": "staff"},
        ),
        migrations.AlterModelOptions(
            name="staffrole",
            options={"verbose_name": "role at a centre", "verbose_name_plural": "roles at centres"},
        ),
        migrations.AlterField(
            model_name="staff",
            name="language",
            field=models.CharField(default="ar", max_length=10, verbose_name="language"),
        ),
        migrations.AlterField(
            model_name="staffrole",
            name="agency",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                to="centres.agency",
                verbose_name="agency",
            ),
        ),
        migrations.AlterField(
            model_name="staffrole",
            name="centre",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                to="centres.centre",
                verbose_name="centre",
            ),
        ),
        migrations.AlterField(
            model_name="staffrole",
            name="role",
            field=models.CharField(
                choices=[
                    ("clerk", "Clerk"),
                    ("receptionist", "Receptionist"),
                    ("supervisor", "Supervisor"),
                    ("administrator", "Administrator"),
                ],
                max_length=20,
                verbose_name="role",
            ),
        ),
    ]
