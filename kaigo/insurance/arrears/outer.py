"""The seam to rooms that are built beside this one: everything this room takes of dunning, deferral and receipts.

dunning.read will give demands, reminders and deferrals; until it does, these relations are empty and what a former system
handed over stands in measures.py. Nothing else of this room knows where an event comes from.
"""

from __future__ import annotations

from kaigo.base.records.context import Context
from kaigo.insurance.ledger import read as ledger

# person_id, fiscal_year, number, kind (as kaigo.law.prescription), begins, ends (first day after, NULL = goes on), withdrawn
_NOTHING = (
    "SELECT NULL::bigint AS person_id, NULL::int AS fiscal_year, NULL::int AS number, NULL::text AS kind, "
    "NULL::date AS begins, NULL::date AS ends, NULL::boolean AS withdrawn WHERE false"
)


def demands_sql(ctx: Context) -> str:
    """督促: one row for each term that was dunned, begins = the day on which the demand went out (督促状発行日)."""
    return _NOTHING


def reminders_sql(ctx: Context) -> str:
    """催告: one row for each term and reminder."""
    return _NOTHING


def deferrals_sql(ctx: Context) -> str:
    """徴収猶予: one row for each term that waits, half-open."""
    return _NOTHING


def receipts_sql() -> str:
    """Relation (source, paid_on): on which day the payer paid what the ledger booked on the day it became the ward's."""
    return "SELECT source, paid_on FROM receipts_receipt WHERE stage = 'final'"


def moves_sql(ctx: Context, condition: str = "true") -> str:
    """Relation (person_id, fiscal_year, number, source, sort, day, yen) of money on terms that people pay themselves.

    sort: receipt | offset | refund; yen as it counts for the term (refunds below zero), a reversed one is 0 and left out.
    day: when the payer paid; what a former system handed over has none (NULL): it came in before us, nobody knows when.
    condition: SQL over the entries' columns.
    """
    known = "" if ctx.known_at is None else " AND booked_at <= %(known_at)s"
    return f"""
        SELECT e.person_id, e.fiscal_year, e.number, e.source, e.sort,
               CASE WHEN e.source LIKE 'migration:%%' THEN NULL ELSE coalesce(min(r.paid_on), min(e.business_date)) END AS day,
               sum(CASE WHEN e.sort = 'refund' THEN -e.yen ELSE e.yen END)::int AS yen
        FROM (SELECT * FROM ({ledger.entries_sql()}) x
              WHERE sort IN ('receipt', 'offset', 'refund') AND way <> 'deduction' AND ({condition}){known}) e
        LEFT JOIN ({receipts_sql()}) r ON r.source = e.source AND e.sort = 'receipt'
        GROUP BY e.person_id, e.fiscal_year, e.number, e.source, e.sort HAVING sum(e.yen) <> 0"""
