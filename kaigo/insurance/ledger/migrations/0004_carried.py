import django.contrib.postgres.indexes
import django.db.models.deletion
import kaigo.base.records.models
from django.db import migrations, models

# What the years left that are closed already, from all their entries; whoever closes the next year carries it on.
CARRY = """
INSERT INTO ledger_carried (closing_id, person_id, fiscal_year, kind, number, balance, paid)
SELECT c.id, t.person_id, t.fiscal_year, t.kind, t.number, t.balance, t.paid
FROM ledger_closing c CROSS JOIN LATERAL (
    SELECT person_id, fiscal_year, CASE WHEN way = 'deduction' THEN 'deduction' ELSE 'direct' END AS kind, number,
           sum(v.yen)::int AS balance, bool_or(sort = 'receipt') AS paid
    FROM ledger_entry e CROSS JOIN LATERAL (
        SELECT CASE WHEN sort IN ('levy', 'adjust', 'remission', 'write_off', 'refund') THEN e.yen
                    WHEN sort IN ('receipt', 'offset') THEN -e.yen ELSE 0 END AS yen) v
    WHERE e.accounting_year <= c.accounting_year
    GROUP BY 1, 2, 3, 4
    HAVING sum(v.yen) <> 0 OR (fiscal_year > c.accounting_year AND bool_or(sort = 'receipt'))) t
ORDER BY c.accounting_year, t.person_id, t.fiscal_year, t.kind, t.number
"""


class Migration(migrations.Migration):

    dependencies = [
        ('ledger', '0003_years'),
        ('residents', '0001_first'),
    ]

    operations = [
        migrations.CreateModel(
            name='Carried',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('tx', kaigo.base.records.models.Xid8Field(db_default=kaigo.base.records.models.CurrentTransaction(), editable=False)),
                ('created_at', models.DateTimeField(db_default=kaigo.base.records.models.Now(), editable=False)),
                ('fiscal_year', models.SmallIntegerField()),
                ('kind', models.CharField(max_length=12)),
                ('number', models.SmallIntegerField()),
                ('balance', models.IntegerField()),
                ('paid', models.BooleanField()),
                ('closing', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='carried', to='ledger.closing')),
                ('person', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='residents.person')),
            ],
            options={
                'db_table': 'ledger_carried',
                'constraints': [
                    models.UniqueConstraint(fields=('closing', 'person', 'fiscal_year', 'kind', 'number'), name='ledger_carried_once'),
                    models.CheckConstraint(condition=models.Q(('kind__in', ['deduction', 'direct'])), name='ledger_carried_kind'),
                ],
            },
        ),
        migrations.AddIndex(
            model_name='ledgerentry',
            index=django.contrib.postgres.indexes.BrinIndex(autosummarize=True, fields=['accounting_year'], name='ledger_entry_accounts'),
        ),
        migrations.RunSQL(CARRY, migrations.RunSQL.noop),
    ]
