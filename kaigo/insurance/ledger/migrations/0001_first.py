"""The ledger was collection's until it became a room of its own; its rows stay where they are, under a new name."""

import django.db.models.deletion
import kaigo.base.records.models
from django.db import migrations, models

ENTRY = migrations.CreateModel(
    name='LedgerEntry',
    fields=[
        ('id', models.BigAutoField(primary_key=True, serialize=False)),
        ('tx', kaigo.base.records.models.Xid8Field(db_default=kaigo.base.records.models.CurrentTransaction(), editable=False)),
        ('booked_at', models.DateTimeField(db_default=kaigo.base.records.models.Now(), editable=False)),
        ('business_date', models.DateField()),
        ('actor', models.CharField(max_length=60)),
        ('fiscal_year', models.SmallIntegerField()),
        ('accounting_year', models.SmallIntegerField()),
        ('sort', models.CharField(max_length=12)),
        ('way', models.CharField(max_length=12)),
        ('number', models.SmallIntegerField()),
        ('yen', models.IntegerField()),
        ('reason', models.CharField(max_length=20)),
        ('source', models.CharField(max_length=60)),
        ('key', models.CharField(max_length=80)),
        ('person', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='residents.person')),
    ],
    options={
        'db_table': 'ledger_entry',
        'indexes': [models.Index(fields=['person', 'fiscal_year'], name='ledger_entry_person')],
        'constraints': [models.UniqueConstraint(fields=('key',), name='ledger_entry_once')],
    },
)

# What was booked before had no accounting year: a levy stands in the year of its day, what the former system handed
# over in the year that it is for. The trigger that forbids every change is set up again after the migration.
RENAME = """
ALTER TABLE collection_entry RENAME TO ledger_entry;
ALTER SEQUENCE collection_entry_id_seq RENAME TO ledger_entry_id_seq;
ALTER INDEX collection_entry_pkey RENAME TO ledger_entry_pkey;
ALTER INDEX collection_entry_person RENAME TO ledger_entry_person;
ALTER INDEX collection_entry_once RENAME TO ledger_entry_once;
DROP TRIGGER IF EXISTS records_never ON ledger_entry;
ALTER TABLE ledger_entry ADD COLUMN accounting_year smallint;
UPDATE ledger_entry SET accounting_year = CASE WHEN reason = 'opening' THEN fiscal_year ELSE greatest(
    fiscal_year, extract(year FROM business_date - interval '3 months')::int) END;
ALTER TABLE ledger_entry ALTER COLUMN accounting_year SET NOT NULL;
"""


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ('collection', '0001_first'),
        ('residents', '0001_first'),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(RENAME, migrations.RunSQL.noop)],
            state_operations=[ENTRY],
        ),
        migrations.CreateModel(
            name='Closing',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('tx', kaigo.base.records.models.Xid8Field(db_default=kaigo.base.records.models.CurrentTransaction(), editable=False)),
                ('decided_at', models.DateTimeField(db_default=kaigo.base.records.models.Now(), editable=False)),
                ('decided_on', models.DateField()),
                ('actor', models.CharField(max_length=60)),
                ('accounting_year', models.SmallIntegerField(unique=True)),
                ('levied_yen', models.BigIntegerField()),
                ('received_yen', models.BigIntegerField()),
                ('refunded_yen', models.BigIntegerField()),
                ('written_off_yen', models.BigIntegerField()),
                ('carried_yen', models.BigIntegerField()),
                ('overpaid_yen', models.BigIntegerField()),
                ('supersedes', models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='superseded_by', to='ledger.closing')),
            ],
            options={
                'db_table': 'ledger_closing',
            },
        ),
        migrations.AddConstraint(
            model_name='ledgerentry',
            constraint=models.CheckConstraint(condition=models.Q(('sort__in', ['adjust', 'interest', 'late_levy', 'late_receipt', 'late_refund', 'levy', 'offset', 'receipt', 'refund', 'remission', 'write_off'])), name='ledger_entry_sort'),
        ),
    ]
