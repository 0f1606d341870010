"""The month's view: how old the debt is, and how much of a year was collected by stage and by method. Yen."""

from __future__ import annotations

from typing import NamedTuple

from kaigo.base.records.context import Context
from kaigo.base.records.rows import rows
from kaigo.insurance.arrears.terms import owed_sql
from kaigo.insurance.collection import read as collection
from kaigo.insurance.ledger import read as ledger
from kaigo.insurance.premium import read as premium
from kaigo.law.dates import add_months

AGES = ((3, "3か月まで"), (6, "6か月まで"), (12, "1年まで"), (18, "1年6か月まで"), (24, "2年まで"))
OLDER, UNDATED = "2年を超える", "納期限が分からない"


class Age(NamedTuple):
    """Terms whose due date is so long ago."""

    label: str
    terms: int
    people: int
    yen: int


class Rate(NamedTuple):
    """What was levied of a year and what of it came in; label: a stage or a method."""

    label: str
    levied: int
    paid: int

    @property
    def percent(self) -> str:
        """Per cent with two decimals, cut off; "" without levy."""
        if self.levied <= 0:
            return ""
        hundredths = self.paid * 10_000 // self.levied
        return f"{hundredths // 100}.{hundredths % 100:02d}"

    @property
    def whole(self) -> int:
        return self.paid * 100 // self.levied if self.levied > 0 else 0

    @property
    def open(self) -> int:
        return self.levied - self.paid


def ages(ctx: Context) -> list[Age]:
    """The debt of everybody by its age, the youngest first."""
    days = [add_months(ctx.on, -months) for months, _ in AGES]
    found = {
        place: row
        for place, *row in rows(
            f"""
            SELECT CASE WHEN due_on IS NULL THEN -1
                        ELSE (SELECT count(*) FROM unnest(%(days)s::date[]) d WHERE o.due_on < d) END::int AS place,
                   count(*), count(DISTINCT person_id), sum(balance)::bigint
            FROM ({owed_sql(ctx)}) o GROUP BY 1""",
            {"days": days, "on": ctx.on, "known_at": ctx.known_at},
        )
    }
    labels = [*(label for _, label in AGES), OLDER]
    made = [Age(label, *found.get(place, (0, 0, 0))) for place, label in enumerate(labels)]
    return made + ([Age(UNDATED, *found[-1])] if -1 in found else [])


def rates(ctx: Context, fiscal_year: int) -> tuple[list[Rate], list[Rate]]:
    """(by premium stage, by method) of a fiscal year. Only terms whose day is past count as levied: what is not due yet
    lowers no rate. What was paid too much counts up to what was levied."""
    due = (
        f"SELECT p.person_id, i.way, i.number, i.due_on FROM ({collection.plans_in_force_sql(ctx)}) p "
        f"JOIN ({collection.instalments_sql()}) i ON i.plan_id = p.id WHERE p.fiscal_year = %(year)s"
    )
    found = rows(
        f"""
        WITH term AS MATERIALIZED (
            SELECT t.person_id, d.way, t.levied, least(t.received, t.levied) AS paid
            FROM ({ledger.terms_sql(ctx, "fiscal_year = %(year)s")}) t
            JOIN ({due}) d ON d.person_id = t.person_id AND d.number = t.number
                 AND (d.way = 'deduction') = (t.kind = 'deduction') AND d.due_on < %(on)s::date)
        SELECT 0, a.stage::text, sum(t.levied)::bigint, sum(t.paid)::bigint
        FROM term t JOIN ({premium.in_force_sql(ctx)}) a ON a.person_id = t.person_id AND a.fiscal_year = %(year)s
        GROUP BY a.stage
        UNION ALL
        SELECT 1, t.way, sum(t.levied)::bigint, sum(t.paid)::bigint FROM term t GROUP BY t.way""",
        {"year": fiscal_year, "on": ctx.on, "known_at": ctx.known_at},
    )
    stages = sorted((int(key), levied, paid) for which, key, levied, paid in found if which == 0)
    ways = sorted((key, levied, paid) for which, key, levied, paid in found if which == 1)
    return (
        [Rate(f"第{stage}段階", levied, paid) for stage, levied, paid in stages],
        [Rate(collection.LABELS[way], levied, paid) for way, levied, paid in ways],
    )
