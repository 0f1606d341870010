"""The ledger against itself: every term, the whole, every offset, what was carried over. What reads it elsewhere is checked
there."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from kaigo.base.records.context import Context
from kaigo.base.records.rows import rows
from kaigo.insurance.ledger.carried import goes_over_from_entries, uneven_from_entries
from kaigo.insurance.ledger.read import ample, terms_sql, trial, uneven_sql
from kaigo.insurance.ledger.sorts import LEFT, MOVED

WHAT = {
    "term": "期の残りが、調定−収納−不納欠損と違う",
    "whole": "全体の残りが、調定−(収納−還付)−不納欠損と違う",
    "offset": "一つの充当が、合わせて0円にならない",
    "trial": "勘定の合計が0円にならない",
    "carried": "出納閉鎖で繰り越した残りが、その年度までの記帳の合計と違う",
    "closing": "繰り越した期の合計が、出納閉鎖に残した額と違う",
    "uneven": "繰越しとその後の記帳から求めた残りが、すべての記帳の合計と違う",
}


class Wrong(NamedTuple):
    """Something that does not hold. what: a key of WHAT; about: the term or source; expected and found in yen (of a term
    that ends in `:paid`: 1 = a receipt was booked on it)."""

    what: str
    about: str
    expected: int
    found: int


_TERMS = """
SELECT person_id || ':' || fiscal_year || ':' || kind || ':' || number, levied - received - written_off, balance
FROM ({terms}) t WHERE levied - received - written_off <> balance ORDER BY 1 LIMIT 1000"""

# Each sum of its own, straight from the entries; the open amounts term by term.
_WHOLE = f"""
SELECT {MOVED} FROM ledger_entry WHERE %(known_at)s::timestamptz IS NULL OR booked_at <= %(known_at)s"""
_OPEN = f"SELECT {LEFT} FROM ({{terms}}) t"
_OFFSETS = """
SELECT source, sum(yen)::bigint FROM ledger_entry
WHERE sort = 'offset' AND (%(known_at)s::timestamptz IS NULL OR booked_at <= %(known_at)s)
GROUP BY source HAVING sum(yen) <> 0 ORDER BY source LIMIT 1000"""

# Terms of two relations (balance, paid) that are not the same, each once for the yen and once for the receipts.
_DIFFERENT = """
WITH expected AS MATERIALIZED ({expected}), found AS MATERIALIZED ({found})
SELECT concat_ws(':', %(of)s::text, person_id, fiscal_year, kind, number) || v.what, v.expected, v.found
FROM expected e FULL JOIN found f USING (person_id, fiscal_year, kind, number)
CROSS JOIN LATERAL (VALUES ('', coalesce(e.balance, 0), coalesce(f.balance, 0)),
    (':paid', coalesce(e.paid, false)::int, coalesce(f.paid, false)::int)) v (what, expected, found)
WHERE v.expected <> v.found ORDER BY 1 LIMIT 1000"""
_CARRIED = "SELECT person_id, fiscal_year, kind, number, balance, paid FROM ledger_carried WHERE closing_id = %(closing)s"
_CLOSINGS = f"""
SELECT c.id, c.accounting_year, c.carried_yen, c.overpaid_yen, t.open_yen, t.overpaid
FROM ledger_closing c CROSS JOIN LATERAL (SELECT {LEFT} FROM ledger_carried r WHERE r.closing_id = c.id) t
ORDER BY c.accounting_year"""


class Whole(NamedTuple):
    """The ledger in all, yen: levied − (received − refunded) − written_off = open_yen − overpaid."""

    levied: int
    received: int
    refunded: int
    written_off: int
    open_yen: int
    overpaid: int

    @property
    def expected(self) -> int:
        return self.levied - (self.received - self.refunded) - self.written_off


def whole(ctx: Context) -> Whole:
    """The sums of everything that was ever booked."""
    params = {"known_at": ctx.known_at}
    (moved,) = rows(_WHOLE, params)
    (left,) = rows(_OPEN.format(terms=terms_sql(ctx)), params)
    return Whole(*moved, *left)


def wrong(ctx: Context) -> list[Wrong]:
    """Everything that does not hold: of each term, of the whole, of the offsets of a source, of the accounts, of what was
    carried over. Empty = right."""
    params = {"known_at": ctx.known_at}
    found = [Wrong("term", *row) for row in rows(_TERMS.format(terms=terms_sql(ctx)), params)]
    sums = whole(ctx)
    if sums.expected != sums.open_yen - sums.overpaid:
        found.append(Wrong("whole", "", sums.expected, sums.open_yen - sums.overpaid))
    found += [Wrong("offset", source, 0, yen) for source, yen in rows(_OFFSETS, params)]
    left = sum(trial(ctx).values())
    found += [Wrong("trial", "", 0, left)] if left else []
    return found + _wrongly_carried() + _wrongly_read(ctx)


def _wrongly_carried() -> list[Wrong]:
    """Every closing against all entries up to it: they never change, so that this is asked of no moment."""
    ample()
    found = []
    for closing, year, *sums in rows(_CLOSINGS):
        found += [
            Wrong("closing", f"{year}:{name}", expected, carried)
            for name, expected, carried in zip(("open", "overpaid"), sums[:2], sums[2:], strict=True)
            if expected != carried
        ]
        query = _DIFFERENT.format(expected=goes_over_from_entries(), found=_CARRIED)
        params = {"of": str(year), "year": year, "closing": closing}
        found += [Wrong("carried", *row) for row in rows(query, params)]
    return found


def _wrongly_read(ctx: Context) -> list[Wrong]:
    """What rooms above read of a whole ward, against all entries."""
    query = _DIFFERENT.format(expected=uneven_from_entries(), found=uneven_sql(replace(ctx, known_at=None)))
    return [Wrong("uneven", *row) for row in rows(query, {"of": None})]
