"""A term of a person, as receipts need it: under which way it is levied, and in which year's accounts money for it stands."""

from __future__ import annotations

from datetime import date

from kaigo.base.records.context import Context
from kaigo.base.records.rows import rows
from kaigo.insurance.ledger import read as ledger
from kaigo.law.dates import fiscal_year as fiscal_year_of

_LEVIED = f"""
FROM ({ledger.entries_sql()}) e WHERE person_id = %(person)s AND fiscal_year = %(year)s AND number = %(number)s
  AND (way = 'deduction') = (%(kind)s = 'deduction') AND sort IN ('levy', 'adjust')"""


def exists(person: int, fiscal_year: int, kind: str, number: int) -> str | None:
    """The way under which a term is levied now; None when it never was."""
    found = rows(
        f"SELECT way {_LEVIED} GROUP BY way ORDER BY sum(yen) DESC, way LIMIT 1",
        {"person": person, "year": fiscal_year, "kind": kind, "number": number},
    )
    return found[0][0] if found else None


def accounting_year(
    ctx: Context, settled_on: date, person: int, fiscal_year: int, kind: str, number: int
) -> int:
    """In whose accounts money stands that became the ward's on a day (地方自治法208条・235条の5).

    In April and May a term levied in the year before still belongs to it, unless that year is closed.
    """
    year = fiscal_year_of(settled_on)
    if settled_on.month in (4, 5):
        ((levied,),) = rows(
            f"SELECT min(accounting_year) {_LEVIED}",
            {"person": person, "year": fiscal_year, "kind": kind, "number": number},
        )
        if levied == year - 1 and levied == open_year(ctx, levied):
            return levied
    return open_year(ctx, year)


def open_year(ctx: Context, accounting_year: int) -> int:
    """The year itself while it takes entries, else that of ctx.on."""
    closed = {year for (year,) in rows(ledger.closings_sql())}
    return fiscal_year_of(ctx.on) if accounting_year in closed else accounting_year
