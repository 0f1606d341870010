"""The list of those who owe, with what is known of each at a glance; filters and order in the database."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from kaigo.base.records.context import Context
from kaigo.base.records.rows import rows
from kaigo.insurance.arrears import outer
from kaigo.insurance.arrears.events import agreed_sql, measured_sql, standing_sql
from kaigo.insurance.arrears.terms import owed_sql
from kaigo.insurance.ledger import read as ledger

# What holds first counts.
STAGES = {
    "seized": "差押・交付要求中",
    "stopped": "執行停止中",
    "agreed": "分納中",
    "lapsed": "時効が完成した期あり",
    "broken": "分納不履行",
    "dunned": "督促済み",
    "new": "未着手",
}
_TONES = {"seized": "bad", "broken": "bad", "lapsed": "warn", "new": "warn", "agreed": "good"}
ORDERS = {"yen": "open_yen DESC, person_id", "age": "oldest_due_on NULLS FIRST, person_id",
          "contact": "last_contact NULLS FIRST, person_id"}  # fmt: skip


class Filter(NamedTuple):
    """least, most: yen; older: due on or before; stage: a key of STAGES; silent: no contact since this day."""

    least: int | None = None
    most: int | None = None
    older: date | None = None
    stage: str = ""
    silent: date | None = None
    order: str = "yen"


class Debtor(NamedTuple):
    """Somebody who owes. years: of how many fiscal years; promise_on: the next oral promise that is not kept yet."""

    person: int
    open_yen: int
    terms: int
    years: int
    oldest_due_on: date | None
    last_contact: date | None
    promise_on: date | None
    stage: str

    @property
    def label(self) -> str:
        return STAGES[self.stage]

    @property
    def tone(self) -> str:
        return _TONES.get(self.stage, "neutral")


def debtors_sql(ctx: Context, condition: str = "true") -> str:
    """Relation (person_id, open_yen, terms, years, oldest_due_on, last_contact, promise_on, stage) of all who owe.

    condition: SQL over the ledger's columns, for a few people.
    """
    known = "" if ctx.known_at is None else " AND c.changed_at <= %(known_at)s"
    mine = "WHERE m.person_id = d.person_id"
    return f"""
        WITH owed AS MATERIALIZED ({owed_sql(ctx, condition)}),
        measure AS MATERIALIZED (SELECT DISTINCT person_id, kind FROM ({measured_sql(ctx)}) s
                                 WHERE state = 'begun'),
        agreement AS MATERIALIZED (SELECT DISTINCT person_id, state FROM ({agreed_sql(ctx)}) a),
        -- Of terms that are open: a term that was paid after all tells nothing of today.
        lapse AS MATERIALIZED (SELECT DISTINCT l.person_id FROM ({standing_sql(ctx, "arrears_lapse")}) l
                               JOIN owed o ON o.person_id = l.person_id AND o.fiscal_year = l.fiscal_year
                                    AND o.number = l.number WHERE l.complete),
        demand AS MATERIALIZED (SELECT DISTINCT person_id FROM ({outer.demands_sql(ctx)}) x),
        debtor AS (SELECT person_id, sum(balance)::int AS open_yen, count(*)::int AS terms,
                          count(DISTINCT fiscal_year)::int AS years, min(due_on) AS oldest_due_on
                   FROM owed GROUP BY person_id),
        talk AS (SELECT c.person_id, max(c.on) AS last_on, min(c.promise_on) FILTER (WHERE c.promise_on >= %(on)s::date)
                        AS promise_on
                 FROM arrears_contact c WHERE c.on <= %(on)s::date{known} GROUP BY c.person_id)
        SELECT d.person_id, d.open_yen, d.terms, d.years, d.oldest_due_on, t.last_on AS last_contact, t.promise_on,
               CASE WHEN EXISTS (SELECT 1 FROM measure m {mine} AND m.kind IN ('seizure', 'distribution_claim'))
                         THEN 'seized'
                    WHEN EXISTS (SELECT 1 FROM measure m {mine} AND m.kind = 'enforcement_stop') THEN 'stopped'
                    WHEN EXISTS (SELECT 1 FROM agreement m {mine} AND m.state = 'made') THEN 'agreed'
                    WHEN EXISTS (SELECT 1 FROM lapse m {mine}) THEN 'lapsed'
                    WHEN EXISTS (SELECT 1 FROM agreement m {mine} AND m.state = 'broken') THEN 'broken'
                    WHEN EXISTS (SELECT 1 FROM measure m {mine} AND m.kind = 'dunning')
                         OR EXISTS (SELECT 1 FROM demand m {mine}) THEN 'dunned'
                    ELSE 'new' END AS stage
        FROM debtor d LEFT JOIN talk t ON t.person_id = d.person_id"""


def debtors(ctx: Context, wanted: Filter, limit: int, offset: int) -> tuple[list[Debtor], int, int]:
    """A part of the list, how many there are in all, and what they owe together."""
    ledger.ample()
    found = rows(
        f"""
        SELECT v.*, count(*) OVER (), sum(open_yen) OVER () FROM ({debtors_sql(ctx)}) v
        WHERE (%(least)s::int IS NULL OR open_yen >= %(least)s) AND (%(most)s::int IS NULL OR open_yen <= %(most)s)
          AND (%(older)s::date IS NULL OR oldest_due_on <= %(older)s) AND %(stage)s IN ('', stage)
          AND (%(silent)s::date IS NULL OR last_contact IS NULL OR last_contact < %(silent)s)
        ORDER BY {ORDERS[wanted.order]} LIMIT %(limit)s OFFSET %(offset)s""",
        {**wanted._asdict(), "limit": limit, "offset": offset, "on": ctx.on, "known_at": ctx.known_at},
    )
    if not found:
        return [], 0, 0
    return [Debtor(*row[:8]) for row in found], found[0][8], int(found[0][9])


def debtor(ctx: Context, person: int) -> Debtor | None:
    """One person on the list; None when nothing is owed after its day."""
    found = rows(
        f"SELECT * FROM ({debtors_sql(ctx, 'person_id = %(person)s')}) v",
        {"person": person, "on": ctx.on, "known_at": ctx.known_at},
    )
    return Debtor(*found[0]) if found else None
