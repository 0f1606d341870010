"""The ledger against itself: every term, the whole, every offset. What reads it elsewhere is checked there."""

from __future__ import annotations

from typing import NamedTuple

from kaigo.base.records.context import Context
from kaigo.base.records.rows import rows
from kaigo.insurance.ledger.read import terms_sql, trial
from kaigo.insurance.ledger.sorts import LEFT, MOVED

WHAT = {
    "term": "期の残りが、調定−収納−不納欠損と違う",
    "whole": "全体の残りが、調定−(収納−還付)−不納欠損と違う",
    "offset": "一つの充当が、合わせて0円にならない",
    "trial": "勘定の合計が0円にならない",
}


class Wrong(NamedTuple):
    """Something that does not hold. what: a key of WHAT; about: the term or source; expected and found in yen."""

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
    """Everything that does not hold: of each term, of the whole, of the offsets of a source, of the accounts. Empty = right."""
    params = {"known_at": ctx.known_at}
    found = [Wrong("term", *row) for row in rows(_TERMS.format(terms=terms_sql(ctx)), params)]
    sums = whole(ctx)
    if sums.expected != sums.open_yen - sums.overpaid:
        found.append(Wrong("whole", "", sums.expected, sums.open_yen - sums.overpaid))
    found += [Wrong("offset", source, 0, yen) for source, yen in rows(_OFFSETS, params)]
    left = sum(trial(ctx).values())
    return found + ([Wrong("trial", "", 0, left)] if left else [])
