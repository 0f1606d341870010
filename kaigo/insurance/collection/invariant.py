"""The ledger invariant: Σ levy entries = assessment in force = Σ instalments − refund, one way for each levied term."""

from __future__ import annotations

from dataclasses import dataclass

from kaigo.base.records.context import Context
from kaigo.base.records.rows import rows
from kaigo.insurance.collection.in_force import plans_in_force_sql
from kaigo.insurance.premium import read as premium


@dataclass(frozen=True, slots=True)
class Difference:
    """A person-year where assessment, ledger and plan do not agree; yen. what: a key of WHAT."""

    person: int
    what: str
    assessed: int
    levied: int
    planned: int


_INVARIANT = """
WITH a AS (SELECT x.person_id, x.id, x.annual_yen FROM ({assessments}) x WHERE x.fiscal_year = %(year)s),
e AS (SELECT person_id, sum(yen)::int AS yen FROM ledger_entry WHERE fiscal_year = %(year)s
      AND sort IN ('levy', 'adjust') AND number <> 0 GROUP BY person_id),
p AS (SELECT x.person_id, x.id, x.assessment_id, x.refund_yen FROM ({plans}) x WHERE x.fiscal_year = %(year)s),
i AS (SELECT p.person_id, sum(i.yen)::int AS yen, min(i.yen) AS least,
             count(*) FILTER (WHERE i.way <> 'deduction') AS direct,
             count(DISTINCT i.number) FILTER (WHERE i.way <> 'deduction') AS terms
      FROM collection_instalment i JOIN p ON p.id = i.plan_id WHERE i.fiscal_year = %(year)s GROUP BY p.person_id),
z AS (SELECT coalesce(a.person_id, e.person_id, p.person_id) AS person_id, coalesce(a.annual_yen, 0) AS assessed,
             coalesce(e.yen, 0) AS levied, coalesce(i.yen, 0) - coalesce(p.refund_yen, 0) AS planned,
             p.id IS NULL AS no_plan, p.assessment_id IS DISTINCT FROM a.id AS other, a.id IS NULL AS no_assessment,
             coalesce(i.least, 1) <= 0 AS negative, coalesce(i.direct, 0) <> coalesce(i.terms, 0) AS two_ways
      FROM a FULL JOIN e ON e.person_id = a.person_id
      FULL JOIN p ON p.person_id = coalesce(a.person_id, e.person_id)
      LEFT JOIN i ON i.person_id = coalesce(a.person_id, e.person_id, p.person_id))
SELECT person_id,
       CASE WHEN no_assessment THEN 'no_assessment' WHEN no_plan THEN 'no_plan' WHEN other THEN 'other_assessment'
            WHEN assessed <> levied THEN 'levied' WHEN assessed <> planned THEN 'planned'
            WHEN negative THEN 'negative' ELSE 'two_ways' END,
       assessed, levied, planned
FROM z WHERE assessed <> levied OR assessed <> planned OR no_plan OR other OR no_assessment OR negative OR two_ways
ORDER BY person_id"""

# A term that is levied, but is in no plan in force: nothing would ask for it (I25).
_WITHOUT_WAY = """
SELECT e.person_id, 'no_way', sum(e.yen)::int, sum(e.yen)::int, 0
FROM (SELECT person_id, way, number, sum(yen) AS yen FROM ledger_entry WHERE fiscal_year = %(year)s
      AND sort IN ('levy', 'adjust') AND number <> 0 GROUP BY person_id, way, number HAVING sum(yen) > 0) e
WHERE NOT EXISTS (SELECT 1 FROM ({plans}) p JOIN collection_instalment i ON i.plan_id = p.id
                  WHERE p.person_id = e.person_id AND p.fiscal_year = %(year)s AND i.way = e.way
                  AND i.number = e.number AND i.yen >= e.yen)
GROUP BY e.person_id ORDER BY e.person_id"""

WHAT = {
    "no_assessment": "調定はあるが、賦課の決定がない",
    "no_plan": "賦課の決定はあるが、期別がまだない",
    "other_assessment": "期別が今の賦課の決定によっていない",
    "levied": "調定の合計が年額と違う",
    "planned": "期別の合計が年額と違う",
    "negative": "0円以下の期別がある",
    "two_ways": "一つの期に納付方法が二つある",
    "no_way": "調定した期に納付方法がない",
}


def invariant(ctx: Context, fiscal_year: int) -> list[Difference]:
    """Everybody for whom Σ levy entries = assessment in force = Σ instalments − refund does not hold, or a levied term
    has not exactly one way to pay. Empty = the ledger is right.

    Totals that a former system handed over for years that nobody revises (number 0) stand for themselves.
    """
    params = {"year": fiscal_year, "known_at": ctx.known_at}
    plans = plans_in_force_sql(ctx)
    found = rows(_INVARIANT.format(assessments=premium.in_force_sql(ctx), plans=plans), params)
    if not found:
        found = rows(_WITHOUT_WAY.format(plans=plans), params)
    return [Difference(*row) for row in found]
