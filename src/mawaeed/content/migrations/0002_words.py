from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
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
            ),
        ),
    ]
