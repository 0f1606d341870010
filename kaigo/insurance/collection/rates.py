"""How much of a year's premium came in: by method, by stage; and how old what is open is. Amounts in yen."""

from __future__ import annotations

from typing import NamedTuple

from kaigo.base.records.context import Context
from kaigo.base.records.rows import rows
from kaigo.insurance.collection.in_force import plans_in_force_sql
from kaigo.insurance.ledger import read as ledger
from kaigo.insurance.premium import read as premium


class Rate(NamedTuple):
    """Of the terms due by a day: levied (after remission), kept (received less refunded), written_off, open. key: the way
    of the plan, or the stage (0 = not one stage for the whole year, or none)."""

    key: str
    terms: int
    levied: int
    kept: int
    written_off: int
    open_yen: int

    @property
    def collected(self) -> int:
        """What came in of what was levied: money beyond a term (過誤納) is none of it."""
        return self.levied - self.written_off - self.open_yen


# The terms of the year with their due day and way: of the plan in force. What a former system handed over as a total of
# the year (number 0) belongs to no term.
_TERMS = """
SELECT t.person_id, t.kind, t.number, t.levied, t.received, t.written_off, greatest(t.balance, 0) AS open_yen,
       coalesce(i.way, t.kind) AS way, i.due_on
FROM ({terms}) t LEFT JOIN (
    SELECT p.person_id, i.way, i.number, i.due_on, {kind} AS kind
    FROM ({plans}) p JOIN collection_instalment i ON i.plan_id = p.id WHERE p.fiscal_year = %(year)s) i
  ON i.person_id = t.person_id AND i.kind = t.kind AND i.number = t.number
WHERE t.number <> 0 AND (i.due_on IS NULL OR i.due_on <= %(on)s)"""

_SUMS = (
    "count(*), sum(levied)::bigint, sum(received)::bigint, sum(written_off)::bigint, sum(open_yen)::bigint"
)


def _terms(ctx: Context) -> str:
    return _TERMS.format(
        terms=ledger.terms_sql(ctx, "fiscal_year = %(year)s"),
        plans=plans_in_force_sql(ctx),
        kind=ledger.kind_sql("i.way"),
    )


def _params(ctx: Context, fiscal_year: int) -> dict:
    return {"year": fiscal_year, "on": ctx.on, "known_at": ctx.known_at}


def by_way(ctx: Context, fiscal_year: int) -> list[Rate]:
    """By the way of each term that was due by ctx.on: deduction, slip, debit, substitute."""
    query = f"SELECT way, {_SUMS} FROM ({_terms(ctx)}) x GROUP BY way ORDER BY way"
    return [Rate(*row) for row in rows(query, _params(ctx, fiscal_year))]


def by_stage(ctx: Context, fiscal_year: int) -> list[Rate]:
    """By the stage of the assessment in force, of the terms due by ctx.on."""
    query = (
        f"SELECT coalesce(a.stage, 0)::text, {_SUMS} FROM ({_terms(ctx)}) x "
        f"LEFT JOIN (SELECT * FROM ({premium.in_force_sql(ctx)}) q WHERE q.fiscal_year = %(year)s) a "
        "ON a.person_id = x.person_id GROUP BY coalesce(a.stage, 0) ORDER BY coalesce(a.stage, 0)"
    )
    return [Rate(*row) for row in rows(query, _params(ctx, fiscal_year))]


class Age(NamedTuple):
    """Open terms by how long they are overdue on a day: how many, of how many people, yen."""

    label: str
    terms: int
    people: int
    yen: int


# Up to so many days, and what is older.
AGES = ((30, "1か月まで"), (90, "3か月まで"), (180, "6か月まで"), (365, "1年まで"), (730, "2年まで"))
OLDER = "2年を超える"
NO_DUE_DAY = "納期限の分からないもの"

_AGES = """
SELECT t.person_id, t.balance, %(on)s::date - i.due_on AS late FROM ({terms}) t LEFT JOIN (
    SELECT p.person_id, p.fiscal_year, i.number, i.due_on, {kind} AS kind
    FROM ({plans}) p JOIN collection_instalment i ON i.plan_id = p.id) i
  ON i.person_id = t.person_id AND i.fiscal_year = t.fiscal_year AND i.kind = t.kind AND i.number = t.number
WHERE t.balance > 0 AND (i.due_on IS NULL OR i.due_on < %(on)s)"""


def ages(ctx: Context) -> list[Age]:
    """What is overdue on ctx.on, of all years, by its age; those without a known due day last, if there are any."""
    open_terms = _AGES.format(
        terms=ledger.terms_sql(ctx), plans=plans_in_force_sql(ctx), kind=ledger.kind_sql("i.way")
    )
    found: dict[int, tuple[int, int, int]] = {
        place: (count, people, yen)
        for place, count, people, yen in rows(
            "SELECT CASE WHEN late IS NULL THEN -1 ELSE width_bucket(late, %(from)s::int[]) END, count(*), "
            f"count(DISTINCT person_id), sum(balance)::bigint FROM ({open_terms}) x GROUP BY 1",
            {"on": ctx.on, "known_at": ctx.known_at, "from": [days + 1 for days, _ in AGES]},
        )
    }
    labels = [*(label for _, label in AGES), OLDER]
    made = [Age(label, *found.get(place, (0, 0, 0))) for place, label in enumerate(labels)]
    return made + ([Age(NO_DUE_DAY, *found[-1])] if -1 in found else [])
