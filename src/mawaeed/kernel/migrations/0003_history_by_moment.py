from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("kernel", "0002_words2")]

    operations = [
        migrations.AddIndex(
            model_name="history",
            index=models.Index(
                fields=["centre_id", "day", "subject_kind", "at"], name="history_centre_moment"
            ),
        ),
        migrations.RemoveIndex(model_name="history", name="history_centre_day"),
    ]
