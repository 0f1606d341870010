"""What is usual is counted once a day."""

from django.db import migrations, models

import kaigo.base.records.models


class Migration(migrations.Migration):
    dependencies = [("misuse", "0002_turn")]

    operations = [
        migrations.CreateModel(
            name="Habit",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("tx", kaigo.base.records.models.Xid8Field(db_default=kaigo.base.records.models.CurrentTransaction(), editable=False)),
                ("changed_at", models.DateTimeField(db_default=kaigo.base.records.models.Now(), editable=False)),
                ("member", models.BigIntegerField()),
                ("day", models.DateField()),
                ("persons", models.IntegerField()),
            ],
            options={
                "db_table": "misuse_habit",
                "constraints": [models.UniqueConstraint(fields=("day", "member"), name="misuse_habit_once")],
            },
        ),
    ]
