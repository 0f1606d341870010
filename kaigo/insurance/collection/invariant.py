"""The ledger invariant: Σ levy entries = assessment in force, and assessment − remission by stage = Σ instalments −
refund, one way for each levied term; Σ remission entries = what is remitted, term by term by cuts."""

from __future__ import annotations

from dataclasses import dataclass

from kaigo.base.records.context import Context
from kaigo.base.records.rows import rows
from kaigo.insurance.collection.in_force import OF_PLAN, plans_in_force_sql, remissions_in_force_sql
from kaigo.insurance.ledger.read import entries_sql, kind_sql
from kaigo.insurance.premium import read as premium


@dataclass(frozen=True, slots=True)
class Difference:
    """A person-year where assessment, remission, ledger and plan do not agree; yen. what: a key of WHAT."""

    person: int
    what: str
    assessed: int
    levied: int
    planned: int
    remitted: int = 0


# off: what plans were made less by (≤ 0).
_INVARIANT = """
WITH a AS (SELECT x.person_id, x.id, x.annual_yen FROM ({assessments}) x WHERE x.fiscal_year = %(year)s),
e AS (SELECT person_id, coalesce(sum(yen) FILTER (WHERE sort <> 'remission'), 0)::int AS yen,
             coalesce(sum(yen) FILTER (WHERE {of_plan}), 0)::int AS off
      FROM ({entries}) n WHERE fiscal_year = %(year)s
      AND sort IN ('levy', 'adjust', 'remission') AND number <> 0 GROUP BY person_id),
p AS (SELECT x.person_id, x.id, x.assessment_id, x.refund_yen, x.remission_id FROM ({plans}) x
      WHERE x.fiscal_year = %(year)s),
r AS (SELECT x.person_id, x.id, x.assessment_id, x.yen, x.manner FROM ({remissions}) x WHERE x.fiscal_year = %(year)s),
q AS (SELECT person_id, count(*) AS count, min(assessment_id) AS low, max(assessment_id) AS high FROM r GROUP BY person_id),
i AS (SELECT p.person_id, sum(i.yen)::int AS yen, min(i.yen) AS least,
             count(*) FILTER (WHERE i.way <> 'deduction') AS direct,
             count(DISTINCT i.number) FILTER (WHERE i.way <> 'deduction') AS terms
      FROM collection_instalment i JOIN p ON p.id = i.plan_id WHERE i.fiscal_year = %(year)s GROUP BY p.person_id),
z AS (SELECT coalesce(a.person_id, e.person_id, p.person_id) AS person_id, coalesce(a.annual_yen, 0) AS assessed,
             coalesce(e.yen, 0) AS levied, coalesce(i.yen, 0) - coalesce(p.refund_yen, 0) AS planned,
             coalesce(r.yen, 0) AS remitted, -coalesce(e.off, 0) AS off, p.remission_id IS DISTINCT FROM r.id AS other_less,
             q.count IS NOT NULL AND (q.low IS DISTINCT FROM a.id OR q.high IS DISTINCT FROM a.id) AS stale,
             coalesce(q.count, 0) > 1 AS twice,
             p.id IS NULL AS no_plan, p.assessment_id IS DISTINCT FROM a.id AS other, a.id IS NULL AS no_assessment,
             coalesce(i.least, 1) <= 0 AS negative, coalesce(i.direct, 0) <> coalesce(i.terms, 0) AS two_ways
      FROM a FULL JOIN e ON e.person_id = a.person_id
      FULL JOIN p ON p.person_id = coalesce(a.person_id, e.person_id)
      LEFT JOIN i ON i.person_id = coalesce(a.person_id, e.person_id, p.person_id)
      LEFT JOIN q ON q.person_id = coalesce(a.person_id, e.person_id, p.person_id)
      LEFT JOIN r ON r.assessment_id = a.id AND r.manner = 'stage' AND q.count = 1)
SELECT person_id,
       CASE WHEN no_assessment THEN 'no_assessment' WHEN no_plan THEN 'no_plan' WHEN other THEN 'other_assessment'
            WHEN stale THEN 'stale' WHEN twice THEN 'twice' WHEN other_less THEN 'other_remission'
            WHEN assessed <> levied THEN 'levied' WHEN off <> remitted THEN 'remitted'
            WHEN assessed - remitted <> planned THEN 'planned'
            WHEN negative THEN 'negative' ELSE 'two_ways' END,
       assessed, levied, planned, remitted
FROM z WHERE assessed <> levied OR assessed - remitted <> planned OR off <> remitted OR no_plan OR other OR no_assessment
       OR stale OR twice OR other_less OR negative OR two_ways
ORDER BY person_id"""

# A term that is levied (and not remitted by stage), but is in no plan in force: nothing would ask for it (I25).
_WITHOUT_WAY = """
SELECT e.person_id, 'no_way', sum(e.yen)::int, sum(e.yen)::int, 0, 0
FROM (SELECT person_id, way, number, sum(yen) AS yen FROM ({entries}) n WHERE fiscal_year = %(year)s
      AND (sort IN ('levy', 'adjust') OR {of_plan}) AND number <> 0
      GROUP BY person_id, way, number HAVING sum(yen) > 0) e
WHERE NOT EXISTS (SELECT 1 FROM ({plans}) p JOIN collection_instalment i ON i.plan_id = p.id
                  WHERE p.person_id = e.person_id AND p.fiscal_year = %(year)s AND i.way = e.way
                  AND i.number = e.number AND i.yen >= e.yen)
GROUP BY e.person_id ORDER BY e.person_id"""

# Cuts, term by term: booked as decided, and never more than the term is levied.
_CUTS = """
WITH c AS (SELECT r.person_id, c.value->>0 AS way, (c.value->>1)::int AS number, sum((c.value->>2)::int)::int AS yen
           FROM ({remissions}) r, jsonb_array_elements(r.cuts) c WHERE r.fiscal_year = %(year)s GROUP BY 1, 2, 3),
e AS (SELECT person_id, way, number, -sum(yen)::int AS yen FROM ({entries}) n
      WHERE fiscal_year = %(year)s AND sort = 'remission' AND NOT ({of_plan}) AND number <> 0 GROUP BY 1, 2, 3),
d AS (SELECT coalesce(c.person_id, e.person_id) AS person_id, coalesce(c.way, e.way) AS way,
             coalesce(c.number, e.number) AS number, coalesce(c.yen, 0) AS decided, coalesce(e.yen, 0) AS booked
      FROM c FULL JOIN e ON (e.person_id, e.way, e.number) = (c.person_id, c.way, c.number)),
t AS (SELECT person_id, {kind} AS kind, number, sum(yen)::int AS yen FROM ({entries}) n WHERE fiscal_year = %(year)s
      AND sort IN ('levy', 'adjust') AND person_id IN (SELECT person_id FROM d) GROUP BY 1, 2, 3)
SELECT d.person_id, CASE WHEN bool_or(d.decided <> d.booked) THEN 'cut' ELSE 'cut_over' END,
       sum(d.decided)::int, coalesce(sum(t.yen), 0)::int, 0, sum(d.booked)::int
FROM d LEFT JOIN t ON (t.person_id, t.kind, t.number)
                      = (d.person_id, {kind_d}, d.number)
WHERE d.decided <> d.booked OR d.booked > coalesce(t.yen, 0)
GROUP BY d.person_id ORDER BY d.person_id"""

WHAT = {
    "no_assessment": "調定はあるが、賦課の決定がない",
    "no_plan": "賦課の決定はあるが、期別がまだない",
    "other_assessment": "期別が今の賦課の決定によっていない",
    "stale": "減免が今の賦課の決定によっていない",
    "twice": "一つの年度に有効な減免が二つある",
    "other_remission": "期別が今の減免によっていない",
    "levied": "調定の合計が年額と違う",
    "remitted": "減免の記帳の合計が、決定した減免の額と違う",
    "planned": "期別の合計が、年額(減免の後)と違う",
    "negative": "0円以下の期別がある",
    "two_ways": "一つの期に納付方法が二つある",
    "no_way": "調定した期に納付方法がない",
    "cut": "期ごとの減免の記帳が、決定した額と違う",
    "cut_over": "減免が調定より多い期がある",
}


def invariant(ctx: Context, fiscal_year: int) -> list[Difference]:
    """Everybody for whom one of these does not hold: Σ levy and adjust = assessment in force; Σ remission entries = what
    is remitted; assessment − remission by stage = Σ instalments − refund; a levied term has exactly one way to pay.
    Empty = the ledger is right.

    Totals that a former system handed over for years that nobody revises (number 0) stand for themselves.
    """
    params = {"year": fiscal_year, "known_at": ctx.known_at}
    words = {
        "assessments": premium.in_force_sql(ctx),
        "plans": plans_in_force_sql(ctx),
        "remissions": remissions_in_force_sql(ctx),
        "of_plan": OF_PLAN,
        "kind": kind_sql(),
        "kind_d": kind_sql("d.way"),
        "entries": entries_sql(),
    }
    found = rows(_INVARIANT.format(**words), params)
    if not found:
        found = rows(_WITHOUT_WAY.format(**words), params) + rows(_CUTS.format(**words), params)
    return [Difference(*row) for row in found]
