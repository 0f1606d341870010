"""督促 and 延滞金 of a whole ward: 165,000 people who pay eight terms themselves, three years, one term in twenty open."""

from __future__ import annotations

from datetime import date

from benchmarks import ward
from benchmarks.measure import report

PEOPLE = 165_000 if ward.RESIDENTS >= 740_000 else ward.RESIDENTS
YEARS = (2024, 2025, 2026)
DATED = date(2027, 3, 18)
INSURER = "131997"

# What the rooms below leave: an assessment, a plan with eight terms, their levy, and the payments, some of them late.
_FILL = (
    "INSERT INTO residents_person (id) SELECT generate_series(1, %(people)s)",
    """INSERT INTO residents_particulars (person_id, name, kana, alias, alias_kana, birth_date, birth_raw, sex, resident_kind,
        nationality, search, search_kana, effective, source)
    SELECT id, '見本 ' || id, 'ミホン', '', '', '1950-05-05', '19500505', '1', '1', '', '見本' || id, 'ミホン',
        daterange('2000-01-01', NULL), 'bench' FROM residents_person""",
    """INSERT INTO residents_residence (person_id, state, event, postal_code, town_code, address, building, phone,
        became_resident_reason, from_code, from_address, to_code, to_address, to_address_key, removed_reason, effective, source)
    SELECT id, 'resident', '', '1760001', '', '見本区中央' || id %% 30 + 1 || '番' || id, '', '', '', '', '', '', '', '', '',
        daterange('2000-01-01', NULL), 'bench' FROM residents_person""",
    """INSERT INTO premium_assessment (person_id, fiscal_year, sort, assessment_day, annual_yen, months, stage, stages,
        tax_status, change_reason, interim, decided_on, actor)
    SELECT p.id, y, 'main', make_date(y, 4, 1), 80000 + p.id %% 40 * 1000, 12, 5, '555555555555', 'untaxed', 'main', false,
        make_date(y, 7, 1), 'bench' FROM residents_person p, unnest(%(years)s::int[]) y""",
    """INSERT INTO collection_plan (person_id, fiscal_year, assessment_id, cause, way, refund_yen, request, decided_on, actor)
    SELECT person_id, fiscal_year, id, 'main', 'direct', 0, 'none', decided_on, 'bench' FROM premium_assessment""",
    """INSERT INTO collection_instalment (plan_id, person_id, fiscal_year, way, number, due_on, yen, provisional)
    SELECT p.id, p.person_id, p.fiscal_year, 'slip', n, (make_date(p.fiscal_year, 7, 1) + make_interval(months => n)
        - interval '1 day')::date, a.annual_yen / 8, false
    FROM collection_plan p JOIN premium_assessment a ON a.id = p.assessment_id, generate_series(1, 8) n""",
    """INSERT INTO ledger_entry (person_id, fiscal_year, accounting_year, sort, way, number, yen, reason, source, key,
        business_date, actor)
    SELECT i.person_id, i.fiscal_year, i.fiscal_year, 'levy', 'slip', i.number, i.yen, 'main', 'plan:' || i.plan_id,
        'plan:' || i.plan_id || ':slip:' || i.number, make_date(i.fiscal_year, 7, 1), 'bench' FROM collection_instalment i""",
    """INSERT INTO receipts_receipt (channel, stage, source, reference, person_id, fiscal_year, way, number, yen, paid_on,
        settled_on, why)
    SELECT 'slip', 'final', 'receipt:bench:' || i.id, i.id::text, i.person_id, i.fiscal_year, 'slip', i.number, i.yen,
        i.due_on + (i.id %% 30 = 1)::int * 40, i.due_on + 5, '' FROM collection_instalment i WHERE i.id %% 20 <> 0""",
    """INSERT INTO ledger_entry (person_id, fiscal_year, accounting_year, sort, way, number, yen, reason, source, key,
        business_date, actor)
    SELECT person_id, fiscal_year, fiscal_year, 'receipt', 'slip', number, yen, 'slip', source, source, settled_on, 'bench'
    FROM receipts_receipt""",
    # Who paid late had been demanded: late charges follow a demand.
    """INSERT INTO dunning_batch (sort, "on", dated, state, law, requested_by, approved_by, totals)
    VALUES ('demand', '2024-08-20', '2024-08-20', 'done', '', 'account:1', 'account:2', '{}')""",
    """INSERT INTO dunning_demand (person_id, batch_id, fiscal_year, number, part, due_on, yen, dated, deadline_on, fee_yen, why,
        decided_on, actor)
    SELECT i.person_id, b.id, i.fiscal_year, i.number, i.id, i.due_on, i.yen, i.due_on + 18, i.due_on + 28, 0, 'due', i.due_on + 18,
        'bench' FROM collection_instalment i, dunning_batch b WHERE i.id %% 30 = 1""",
)  # fmt: skip


def run() -> list[dict]:
    """A database of its own, filled by statements; then what a clerk waits for."""
    ward.fresh()
    from kaigo.base.records.context import acting
    from kaigo.insurance.dunning import batch, gather, judge, late
    from kaigo.insurance.ledger import closing

    with acting(ward.context(date(2026, 7, 1))):
        _fill()
    for year in YEARS[:-1]:
        # As the job of every June has done.
        june = ward.context(date(year + 1, 6, 1))
        with acting(june):
            closing.close(june, year)
    ward.settle()
    ctx = ward.context(DATED, "account:1", "collection")
    values = judge.values_on(INSURER, DATED)
    with acting(ctx):
        with ward.clock() as select:
            terms = gather.open_terms(ctx, DATED)
        with ward.clock() as judged:
            found = judge.judge(ctx, values, terms, DATED)
    assert len(found) == PEOPLE * 24 // 20 and all(one.goes or one.why == "prescribed" for one in found)
    with ward.clock() as shadow, acting(ctx):
        made = batch.shadow(ctx, INSURER, DATED)
    second = ward.context(DATED, "account:2", "collection")
    with acting(second):
        batch.approve(second, made)
    with ward.clock() as execute, acting(ctx):
        batch.execute(ctx, made)
    # The rates of 2027 are not known yet: up to the end of the year before.
    with ward.clock() as charges, acting(ctx):
        settled = late.settle_all(ctx.at(date(2026, 12, 31)), INSURER)
    assert settled["decided"] > PEOPLE // 4
    about = {"seed": ward.SEED}
    return [
        report("dunning_selection", select, 5, **about),
        report("dunning_judged", judged, 5, **about),
        report("dunning_shadow", shadow, 15, **about),
        report("dunning_execute", execute, 20, **about),
        report("late_charges", charges, 60, note=f"{settled['decided']} decided", **about),
    ]


def _fill() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        for statement in _FILL:
            cursor.execute(statement, {"people": PEOPLE, "years": list(YEARS)})
