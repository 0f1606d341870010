from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ('collection', '0001_first'),
        ('ledger', '0001_first'),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(state_operations=[migrations.DeleteModel(name='LedgerEntry')]),
    ]
