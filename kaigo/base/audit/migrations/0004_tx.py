"""Events by their transaction: the sealer asks for the newest every few seconds."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("audit", "0003_log")]

    operations = [
        migrations.AddIndex(model_name="event", index=models.Index(fields=["tx"], name="audit_event_tx")),
    ]
