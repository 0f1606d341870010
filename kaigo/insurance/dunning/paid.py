"""納付額: what a person himself paid in a calendar year, for the tax return (所得税法74条の社会保険料控除).

Deducted from pensions and paid directly stand apart: the first may only be claimed by the person himself. Left out: what
the welfare office paid, late charges, and what went back, taken off the year in which it had been paid.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from kaigo.base.audit.seen import saw
from kaigo.base.records.bulk import id_array
from kaigo.base.records.context import Context
from kaigo.base.records.rows import rows
from kaigo.insurance.ledger import read as ledger
from kaigo.insurance.receipts import read as receipts


class Paid(NamedTuple):
    """A calendar year of a person in yen. complete: False when a part of it may lie in the former system."""

    person: int
    deducted_yen: int
    direct_yen: int
    complete: bool


# What goes back is taken off the year of the last payment of its term before it: that money was paid then.
_PAID = """
SELECT person_id, sum(yen) FILTER (WHERE kind = 'deduction') AS deducted, sum(yen) FILTER (WHERE kind = 'direct') AS direct
FROM (
    SELECT p.person_id, p.kind, p.yen, CASE WHEN p.sort = 'refund' THEN coalesce((SELECT max(r.paid_on) FROM ({payments}) r
               WHERE r.person_id = p.person_id AND r.fiscal_year = p.fiscal_year AND r.kind = p.kind AND r.number = p.number
                 AND r.sort = 'receipt' AND r.yen > 0 AND r.paid_on <= p.paid_on), p.paid_on) ELSE p.paid_on END AS on
    FROM ({payments}) p WHERE p.number <> 0 AND p.channel <> 'substitute' AND p.source NOT LIKE 'migration:%%' AND ({mine})
) d WHERE d.on >= %(begin)s AND d.on < %(end)s GROUP BY person_id"""

# Payments that were handed over carry the day of the hand-over: their year is not known.
_HANDED_OVER = """
SELECT DISTINCT person_id FROM ({entries}) p WHERE p.source LIKE 'migration:%%' AND p.sort IN ('receipt', 'refund')
AND p.fiscal_year BETWEEN %(year)s - 1 AND %(year)s AND ({mine})"""


def paid_in(ctx: Context, year: int, persons: Iterable[int] | None = None) -> list[Paid]:
    """What people paid in a calendar year, as the ledger knows it now, by person; those who paid nothing are left out.

    persons: None = all.
    """
    mine = "true" if persons is None else "p.person_id = ANY(%(persons)s::bigint[])"
    params = {
        "begin": date(year, 1, 1), "end": date(year + 1, 1, 1), "year": year,
        "persons": None if persons is None else id_array(persons),
    }  # fmt: skip
    handed = {row[0] for row in rows(_HANDED_OVER.format(entries=ledger.entries_sql(), mine=mine), params)}
    sums = {
        person: (deducted or 0, direct or 0)
        for person, deducted, direct in rows(
            _PAID.format(payments=receipts.payments_sql(), mine=mine), params
        )
    }
    found = [
        Paid(person, *(int(yen) for yen in sums.get(person, (0, 0))), person not in handed)
        for person in sorted(sums.keys() | handed)
        if person in handed or any(sums[person])
    ]
    saw(one.person for one in found)
    return found


class Totals(NamedTuple):
    """A calendar year of all: people and yen."""

    people: int
    deducted_yen: int
    direct_yen: int
    incomplete: int


def totals(ctx: Context, year: int) -> Totals:
    """The sums of `paid_in` for everybody."""
    found = paid_in(ctx, year)
    return Totals(
        len(found),
        sum(one.deducted_yen for one in found),
        sum(one.direct_yen for one in found),
        sum(not one.complete for one in found),
    )
