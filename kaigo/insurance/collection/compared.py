"""The ledger that the former system handed over: its year totals against its own instalments, as they stand here."""

from __future__ import annotations

from typing import NamedTuple

from kaigo.base.feeds import read as feeds
from kaigo.base.records.context import Context
from kaigo.base.records.rows import rows
from kaigo.insurance.collection.opening import INSTALMENTS, TOTALS
from kaigo.insurance.ledger.read import BALANCE, entries_sql
from kaigo.insurance.premium import read as premium
from kaigo.insurance.residents import read as residents


class Compared(NamedTuple):
    """A person-year. what: balance (total and ledger) | levied (ledger and decision); yen there and here."""

    person: int
    fiscal_year: int
    what: str
    was: int
    now: int


_NEWEST_TOTALS = f"""
SELECT DISTINCT ON (a.person_id, l.values[%(year_at)s]) a.person_id, l.values[%(year_at)s]::int AS fiscal_year,
       l.values[%(levied)s]::int AS levied, l.values[%(received)s]::int AS received,
       l.values[%(refunded)s]::int AS refunded, l.values[%(written_off)s]::int AS written_off
FROM ({feeds.lines_sql()}) l JOIN ({residents.addressee_sql()}) a ON a.number = l.values[%(addressee)s]
WHERE l.layout = %(totals)s ORDER BY a.person_id, l.values[%(year_at)s], l.sequence DESC, l.id DESC"""

# What is booked by openings only: a later revision of our own is no difference.
_BOOKED = f"""
SELECT person_id, fiscal_year, bool_or(number <> 0) AS parts, sum(yen) FILTER (WHERE sort = 'levy') AS levied,
       sum({BALANCE}) AS balance
FROM ({entries_sql()}) e WHERE reason = 'opening' GROUP BY person_id, fiscal_year"""


def _params(ctx: Context) -> dict:
    place = feeds.columns(TOTALS)
    return {
        "totals": TOTALS,
        "addressee": place["addressee"],
        "year_at": place["fiscal_year"],
        **{key: place[key] for key in ("levied", "received", "refunded", "written_off")},
        "known_at": ctx.known_at,
    }


def counts(ctx: Context) -> dict[str, tuple[int, int]]:
    """layout → (lines that stand in our books, their yen levied)."""
    parts = rows(
        "SELECT count(DISTINCT (person_id, fiscal_year, way, number)), "
        f"coalesce(sum(yen) FILTER (WHERE sort = 'levy'), 0)::bigint FROM ({entries_sql()}) e "
        "WHERE reason = 'opening' AND number <> 0",
        {},
    )[0]
    # A total of a year with instalments is not booked twice: it stands for them.
    totals = rows(
        f"SELECT count(*), coalesce(sum(t.levied), 0)::bigint FROM ({_NEWEST_TOTALS}) t LEFT JOIN ({_BOOKED}) b "
        "ON b.person_id = t.person_id AND b.fiscal_year = t.fiscal_year WHERE coalesce(b.levied, 0) = t.levied",
        _params(ctx),
    )[0]
    return {INSTALMENTS: parts, TOTALS: totals}


def differences(ctx: Context) -> list[Compared]:
    """Balances of the year totals that the ledger does not have, levies that are not the decision's amount."""
    balances = rows(
        "SELECT t.person_id, t.fiscal_year, 'balance', t.levied - t.received + t.refunded - t.written_off, "
        f"coalesce(b.balance, 0)::int FROM ({_NEWEST_TOTALS}) t LEFT JOIN ({_BOOKED}) b "
        "ON b.person_id = t.person_id AND b.fiscal_year = t.fiscal_year "
        "WHERE t.levied - t.received + t.refunded - t.written_off <> coalesce(b.balance, 0) "
        "ORDER BY t.fiscal_year DESC, t.person_id",
        _params(ctx),
    )
    levied = rows(
        "SELECT a.person_id, a.fiscal_year, 'levied', a.annual_yen, coalesce(b.levied, 0)::int "
        f"FROM ({premium.in_force_sql(ctx)}) a LEFT JOIN ({_BOOKED}) b "
        "ON b.person_id = a.person_id AND b.fiscal_year = a.fiscal_year "
        "WHERE a.sort = 'opening' AND a.annual_yen <> coalesce(b.levied, 0) ORDER BY a.fiscal_year DESC, a.person_id",
        _params(ctx),
    )
    return [Compared(*row) for row in (*balances, *levied)]


def balances(ctx: Context, fiscal_year: int, persons: list[int]) -> dict[int, int]:
    """person → what he owed at the opening for a year, as booked here."""
    return {
        person: int(balance)
        for person, balance in rows(
            f"SELECT person_id, balance FROM ({_BOOKED}) b WHERE fiscal_year = %(year)s AND person_id = ANY(%(persons)s)",
            {"year": fiscal_year, "persons": persons},
        )
    }
