"""給付制限への連動 (法66条–69条): how long a person has been in arrears, and what of each year was levied, paid, lapsed.

Issue 7 decides on restrictions; it reads these two relations and never the ledger.
"""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from kaigo.base.records.context import Context
from kaigo.base.records.rows import rows
from kaigo.insurance.arrears import outer
from kaigo.insurance.arrears.events import standing_sql
from kaigo.insurance.arrears.terms import owed_sql
from kaigo.insurance.ledger import read as ledger
from kaigo.law.dates import last_day

# stage → (label, article, months since the due date after which it may follow). 法66条1項(規則99条)、法67条1項(規則103条).
STAGES = {
    "charge": ("支払方法の変更(1年)", "法66条", 12),
    "suspend": ("支払の一時差止(1年6か月)", "法67条", 18),
    "lapsed": ("給付額減額(時効で消滅した期がある)", "法69条", 24),
}
KEPT_YEARS = 10
_DAY = 1
# Few among all: only they can have something that lapsed.
_EVER = "person_id IN (SELECT person_id FROM arrears_lapse)"


def cutoff(on: date, months: int) -> date:
    """The latest due date from which so many months are wholly past on a day: counted from the day after it (民法140条・143条)."""
    found = date(on.year - months // 12 - (months % 12 > 0), on.month, 1)
    # From here on, later due dates until one whose months are not past; months differ in length, so it is tried.
    while _past(date.fromordinal(found.toordinal() + _DAY), on, months):
        found = date.fromordinal(found.toordinal() + _DAY)
    while not _past(found, on, months):
        found = date.fromordinal(found.toordinal() - _DAY)
    return found


def _past(due_on: date, on: date, months: int) -> bool:
    return last_day(date.fromordinal(due_on.toordinal() + _DAY), months=months) < on


def lapsed_sql(ctx: Context, condition: str = "true") -> str:
    """Relation (person_id, fiscal_year, levied, paid, lapsed_by_prescription, paid_after, written_off_otherwise, open).

    The last ten fiscal years before %(on)s and this one, deductions included. levied: after remission. paid: what came in
    while it could be owed, less what went back. lapsed_by_prescription: what was open when prescription was complete,
    whether it is written off yet or not. paid_after: what came in after that and has not been given back; it never makes
    a lapsed yen a paid one. levied = paid + lapsed_by_prescription + written_off_otherwise + open. condition: SQL over the
    entries' columns.
    """
    return f"""
        WITH lapse AS (SELECT person_id, fiscal_year, number, last_on FROM ({standing_sql(ctx, "arrears_lapse")}) l
                       WHERE l.complete),
             in_time AS (
                 SELECT l.person_id, l.fiscal_year, l.number,
                        coalesce(sum(m.yen) FILTER (WHERE m.day IS NULL OR m.day <= l.last_on), 0)::int AS yen
                 FROM lapse l LEFT JOIN ({outer.moves_sql(ctx, condition)}) m ON m.person_id = l.person_id
                      AND m.fiscal_year = l.fiscal_year AND m.number = l.number
                 GROUP BY 1, 2, 3),
             other AS (
                 SELECT person_id, fiscal_year, number, sum(yen)::int AS yen
                 FROM ({standing_sql(ctx, "arrears_write_off")}) w WHERE state = 'done' AND ground <> 'prescription'
                 GROUP BY 1, 2, 3),
             term AS (
                 SELECT t.person_id, t.fiscal_year, t.levied, coalesce(o.yen, 0) AS otherwise,
                        i.yen IS NOT NULL AS gone, coalesce(i.yen, t.received) AS paid,
                        CASE WHEN i.yen IS NULL THEN 0 ELSE t.received - i.yen END AS after
                 FROM ({ledger.terms_sql(ctx, condition)}) t
                 LEFT JOIN in_time i ON t.kind = 'direct' AND i.person_id = t.person_id
                      AND i.fiscal_year = t.fiscal_year AND i.number = t.number
                 LEFT JOIN other o ON t.kind = 'direct' AND o.person_id = t.person_id
                      AND o.fiscal_year = t.fiscal_year AND o.number = t.number)
        SELECT person_id, fiscal_year, sum(levied)::int AS levied, sum(paid)::int AS paid,
               coalesce(sum(greatest(levied - paid - otherwise, 0)) FILTER (WHERE gone), 0)::int
                   AS lapsed_by_prescription,
               sum(after)::int AS paid_after, sum(otherwise)::int AS written_off_otherwise,
               (sum(levied) - sum(paid) - sum(otherwise)
                - coalesce(sum(greatest(levied - paid - otherwise, 0)) FILTER (WHERE gone), 0))::int AS open
        FROM term
        WHERE fiscal_year >= extract(year FROM %(on)s::date - interval '3 months')::int - {KEPT_YEARS}
        GROUP BY person_id, fiscal_year"""


def overdue_sql(ctx: Context) -> str:
    """Relation (person_id, oldest_due_on, open_yen, terms, lapsed_yen, stage): everybody to whom a stage of 法66条–69条
    may apply on ctx.on. stage: charge | suspend | lapsed, the gravest. Whether it is applied, issue 7 decides: here is
    nothing of special circumstances, certification or welfare.
    """
    year, more = (cutoff(ctx.on, STAGES[stage][2]) for stage in ("charge", "suspend"))
    return f"""
        SELECT coalesce(o.person_id, l.person_id) AS person_id, o.oldest_due_on, coalesce(o.open_yen, 0) AS open_yen,
               coalesce(o.terms, 0) AS terms, coalesce(l.yen, 0) AS lapsed_yen,
               CASE WHEN l.yen > 0 THEN 'lapsed' WHEN o.oldest_due_on <= DATE '{more}' THEN 'suspend'
                    ELSE 'charge' END AS stage
        FROM (SELECT w.person_id, min(w.due_on) AS oldest_due_on, sum(w.balance)::int AS open_yen, count(*)::int AS terms
              FROM ({owed_sql(ctx)}) w
              WHERE NOT EXISTS (SELECT 1 FROM ({standing_sql(ctx, "arrears_lapse")}) g WHERE g.complete
                    AND g.person_id = w.person_id AND g.fiscal_year = w.fiscal_year AND g.number = w.number)
              GROUP BY w.person_id HAVING min(w.due_on) <= DATE '{year}') o
        FULL JOIN (SELECT person_id, sum(lapsed_by_prescription)::int AS yen FROM ({lapsed_sql(ctx, _EVER)}) y
                   GROUP BY person_id HAVING sum(lapsed_by_prescription) > 0) l ON l.person_id = o.person_id"""


class Overdue(NamedTuple):
    """A person to whom a stage may apply."""

    person: int
    oldest_due_on: date | None
    open_yen: int
    terms: int
    lapsed_yen: int
    stage: str

    @property
    def label(self) -> str:
        return STAGES[self.stage][0]

    @property
    def article(self) -> str:
        return STAGES[self.stage][1]


def overdue(ctx: Context, stage: str = "", limit: int = 50, offset: int = 0) -> list[Overdue]:
    """The list, the gravest stage and the oldest day first."""
    return [
        Overdue(*row)
        for row in rows(
            f"SELECT * FROM ({overdue_sql(ctx)}) v WHERE %(stage)s IN ('', stage) "
            "ORDER BY array_position(ARRAY['lapsed', 'suspend', 'charge'], stage), oldest_due_on NULLS LAST, person_id "
            "LIMIT %(limit)s OFFSET %(offset)s",
            {"stage": stage, "limit": limit, "offset": offset, "on": ctx.on, "known_at": ctx.known_at},
        )
    ]


def overdue_counts(ctx: Context) -> dict[str, int]:
    """How many people by stage."""
    return dict(
        rows(
            f"SELECT stage, count(*) FROM ({overdue_sql(ctx)}) v GROUP BY stage",
            {"on": ctx.on, "known_at": ctx.known_at},
        )
    )


class Year(NamedTuple):
    """A fiscal year of a person, as lapsed_sql."""

    fiscal_year: int
    levied: int
    paid: int
    lapsed: int
    paid_after: int
    written_off: int
    open: int


def years(ctx: Context, person: int) -> list[Year]:
    """A person's ten years, the newest first."""
    mine = "person_id = %(person)s"
    return [
        Year(*row)
        for row in rows(
            "SELECT fiscal_year, levied, paid, lapsed_by_prescription, paid_after, written_off_otherwise, open "
            f"FROM ({lapsed_sql(ctx, mine)}) y ORDER BY fiscal_year DESC",
            {"person": person, "on": ctx.on, "known_at": ctx.known_at},
        )
    ]
