"""Whom an address named; and no digests of contents, which no page ever filled."""

import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_first")]

    operations = [
        migrations.RemoveField(model_name="event", name="before"),
        migrations.RemoveField(model_name="event", name="after"),
        migrations.AddField(
            model_name="event",
            name="opened",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.BinaryField(max_length=16), default=list, size=None
            ),
        ),
    ]
