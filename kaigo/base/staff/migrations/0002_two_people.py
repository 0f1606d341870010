"""The people of a ruling are those of its application: the copies that the constraint looks at cannot be forged."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("staff", "0001_first")]

    operations = [
        migrations.RunSQL(
            [
                "ALTER TABLE staff_application ADD CONSTRAINT staff_application_people "
                "UNIQUE (id, requested_by_id, member_id)",
                "ALTER TABLE staff_ruling ADD CONSTRAINT staff_ruling_people "
                "FOREIGN KEY (application_id, requested_by_id, member_id) "
                "REFERENCES staff_application (id, requested_by_id, member_id)",
            ],
            migrations.RunSQL.noop,
        )
    ]
