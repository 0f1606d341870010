"""What is found after a question was answered is a question of its own."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("misuse", "0001_first")]

    operations = [
        migrations.AddField("alert", "turn", models.IntegerField(default=1)),
        migrations.RemoveConstraint("alert", "misuse_alert_once"),
        migrations.AddConstraint(
            "alert",
            models.UniqueConstraint(
                fields=["member", "day", "kind", "thing", "turn"], name="misuse_alert_turn"
            ),
        ),
    ]
