"""What other rooms read of the ledger: balances of terms and people, totals by day, month and year. Amounts in yen."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from django.db import connection

from kaigo.base.records.bulk import id_array
from kaigo.base.records.context import Context
from kaigo.base.records.rows import rows
from kaigo.insurance.ledger import carried
from kaigo.insurance.ledger.sorts import (
    ACCOUNTS,
    BALANCE,
    LEVIES,
    OWED,
    PAID,
    PAID_BACK,
    SORTS,
    kind_sql,
    quoted,
)

__all__ = ["ACCOUNTS", "BALANCE", "OWED", "PAID", "PAID_BACK", "SORTS", "kind_sql"]

# Entries of the former system's year totals carry this number: they belong to no term.
TOTAL = 0
# 介護保険法 came into force on 1 April 2000: no year is earlier.
FIRST_YEAR = 2000


def _known(ctx: Context) -> str:
    """Entries as they were known at ctx.known_at (parameter known_at)."""
    return "" if ctx.known_at is None else " AND booked_at <= %(known_at)s"


def entries_sql() -> str:
    """Relation of all entries, with the columns of LedgerEntry."""
    return "SELECT * FROM ledger_entry"


def terms_sql(ctx: Context, condition: str = "true") -> str:
    """Relation (person_id, fiscal_year, kind, number, levied, received, written_off, balance): every term with entries.

    kind: deduction | direct. levied: after remission; received: less what went back; balance = levied − received −
    written_off: above zero what is owed, below zero what was paid too much. condition: SQL over the entries' columns.
    """
    return f"""
        SELECT person_id, fiscal_year, {kind_sql()} AS kind, number,
               coalesce(sum(yen) FILTER (WHERE sort IN ({quoted(LEVIES)})), 0)::int AS levied,
               coalesce(sum(CASE WHEN sort IN ({PAID}) THEN yen ELSE -yen END)
                        FILTER (WHERE sort IN ({PAID}, {PAID_BACK})), 0)::int AS received,
               -coalesce(sum(yen) FILTER (WHERE sort = 'write_off'), 0)::int AS written_off,
               sum({BALANCE})::int AS balance
        FROM ledger_entry WHERE {condition}{_known(ctx)} GROUP BY person_id, fiscal_year, {kind_sql()}, number"""


def uneven_sql(ctx: Context, condition: str = "true") -> str:
    """Relation (person_id, fiscal_year, kind, number, balance, paid): the terms whose balance is not zero.

    paid: whether a receipt was ever booked on it. For whole wards: what the last closing carried over and the entries
    since; as known at a moment, all entries. condition: SQL over person_id, fiscal_year, kind and number, nothing else.
    """
    if ctx.known_at is None:
        return carried.uneven(condition)
    return carried.uneven_from_entries(condition, "booked_at <= %(known_at)s")


def ample() -> None:
    """For the rest of the transaction, sums of a whole ward have room in memory."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL work_mem = '192MB'")


def balances_sql(ctx: Context, condition: str = "true") -> str:
    """Relation (person_id, balance): what a person owes in all, less what he paid too much."""
    return (
        f"SELECT person_id, sum({BALANCE})::bigint AS balance FROM ledger_entry "
        f"WHERE {condition}{_known(ctx)} GROUP BY person_id"
    )


class Term(NamedTuple):
    """One term of a person. kind: deduction | direct; amounts as in terms_sql."""

    fiscal_year: int
    kind: str
    number: int
    levied: int
    received: int
    written_off: int
    balance: int


def terms(ctx: Context, person: int, fiscal_year: int | None = None) -> list[Term]:
    """A person's terms (of a year), the oldest year first, in the order of kind and number."""
    mine = "person_id = %(person)s AND (%(year)s::int IS NULL OR fiscal_year = %(year)s)"
    found = rows(
        f"SELECT fiscal_year, kind, number, levied, received, written_off, balance FROM ({terms_sql(ctx, mine)}) t "
        "ORDER BY fiscal_year, kind DESC, number",
        {"person": person, "year": fiscal_year, "known_at": ctx.known_at},
    )
    return [Term(*row) for row in found]


def open_terms(ctx: Context, persons: Iterable[int]) -> dict[tuple[int, int, str, int], int]:
    """(person, fiscal year, kind, number) → balance of each term that is not even."""
    mine = "person_id = ANY(%(persons)s::bigint[])"
    return {
        (person, year, kind, number): balance
        for person, year, kind, number, balance in rows(
            "SELECT person_id, fiscal_year, kind, number, balance "
            f"FROM ({terms_sql(ctx, mine)}) t WHERE balance <> 0",
            {"persons": id_array(persons), "known_at": ctx.known_at},
        )
    }


def closings_sql() -> str:
    """Relation (accounting_year) of the years that take no entry any more: every one up to the last that was closed."""
    return (
        f"SELECT generate_series({FIRST_YEAR}, max(accounting_year)) AS accounting_year FROM ledger_closing"
    )


class Day(NamedTuple):
    """A line of the totals: how many entries and yen of a sort and way, for the year of the premium."""

    on: date
    sort: str
    way: str
    fiscal_year: int
    reason: str
    count: int
    yen: int


def totals(ctx: Context, begin: date, end: date, by: str = "day") -> list[Day]:
    """Entries booked on [begin, end), summed by day or by month (then `on` is its first day)."""
    on = "business_date" if by == "day" else "date_trunc('month', business_date)::date"
    return [
        Day(*row)
        for row in rows(
            f"SELECT {on}, sort, way, fiscal_year, reason, count(*), sum(yen)::bigint FROM ledger_entry "
            f"WHERE business_date >= %(begin)s AND business_date < %(end)s{_known(ctx)} "
            "GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4 DESC, 5",
            {"begin": begin, "end": end, "known_at": ctx.known_at},
        )
    ]


class Year(NamedTuple):
    """An accounting year, and of it the premiums of the year itself (fresh) or of the years before (carried)."""

    accounting_year: int
    carried: bool
    sort: str
    way: str
    count: int
    yen: int


def years(ctx: Context, accounting_year: int) -> list[Year]:
    """The accounting year by sort and way, 現年度分 first, 滞納繰越分・過年度分 after it."""
    return [
        Year(*row)
        for row in rows(
            "SELECT accounting_year, fiscal_year < accounting_year, sort, way, count(*), sum(yen)::bigint "
            f"FROM ledger_entry WHERE accounting_year = %(year)s{_known(ctx)} GROUP BY 1, 2, 3, 4 ORDER BY 2, 3, 4",
            {"year": accounting_year, "known_at": ctx.known_at},
        )
    ]


def trial(ctx: Context, accounting_year: int | None = None) -> dict[str, int]:
    """Each account's yen (debit less credit); together always zero."""
    found = dict.fromkeys(ACCOUNTS, 0)
    for sort, yen in rows(
        "SELECT sort, sum(yen)::bigint FROM ledger_entry "
        f"WHERE (%(year)s::int IS NULL OR accounting_year = %(year)s){_known(ctx)} GROUP BY sort",
        {"year": accounting_year, "known_at": ctx.known_at},
    ):
        found[SORTS[sort].debit] += yen
        found[SORTS[sort].credit] -= yen
    return found


class Closed(NamedTuple):
    """A closed accounting year as it stood (出納閉鎖)."""

    accounting_year: int
    closed_on: date
    levied_yen: int
    received_yen: int
    refunded_yen: int
    written_off_yen: int
    carried_yen: int
    overpaid_yen: int


def closed(ctx: Context) -> list[Closed]:
    """Closed accounting years, the newest first."""
    return [
        Closed(*row)
        for row in rows(
            "SELECT accounting_year, decided_on, levied_yen, received_yen, refunded_yen, written_off_yen, carried_yen, "
            "overpaid_yen FROM ledger_closing ORDER BY accounting_year DESC",
            {},
        )
    ]
