"""What needs two people, the database keeps too.

The people of a ruling are those of its application, the people of a confirmation are those of its word, and the owner
of a word is the one of its account: the copies that the constraints look at cannot be forged. What uses a word points
at its confirmation.
"""

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
                "ALTER TABLE staff_account ADD CONSTRAINT staff_account_member UNIQUE (id, member_id)",
                "ALTER TABLE staff_enrolment ADD CONSTRAINT staff_enrolment_owner "
                "FOREIGN KEY (account_id, member_id) REFERENCES staff_account (id, member_id)",
                "ALTER TABLE staff_enrolment ADD CONSTRAINT staff_enrolment_people UNIQUE (id, issued_by_id, member_id)",
                "ALTER TABLE staff_enrolment_confirmation ADD CONSTRAINT staff_enrolment_confirmation_people "
                "FOREIGN KEY (enrolment_id, issued_by_id, member_id) "
                "REFERENCES staff_enrolment (id, issued_by_id, member_id)",
                *(
                    f"ALTER TABLE {table} ADD CONSTRAINT {table}_confirmed "
                    "FOREIGN KEY (enrolment_id) REFERENCES staff_enrolment_confirmation (enrolment_id)"
                    for table in ("staff_enrolment_use", "staff_passkey", "staff_fallback_secret")
                ),
            ],
            migrations.RunSQL.noop,
        )
    ]
