"""The seam to the rooms below that know of money and letters: everything that this room takes of dunning and receipts.

Nothing else of this room knows where an event comes from. What a former system handed over stands in measures.py.
"""

from __future__ import annotations

from django.conf import settings

from kaigo.base.records.context import Context
from kaigo.insurance.dunning import read as dunning
from kaigo.insurance.ledger import read as ledger
from kaigo.insurance.receipts import read as receipts

# Each relation: person_id, fiscal_year, number, kind (as kaigo.law.prescription), begins, ends (first day after, NULL =
# goes on or is of one day), withdrawn.


def demands_sql(ctx: Context) -> str:
    """督促: one row for each term that was dunned, begins = the day on which the demand went out (督促状発行日)."""
    return (
        "SELECT person_id, fiscal_year, number, 'dunning' AS kind, dated AS begins, NULL::date AS ends, "
        f"false AS withdrawn FROM ({dunning.demands_sql()}) d"
    )


def reminders_sql(ctx: Context) -> str:
    """催告: one row for each term and reminder."""
    return (
        "SELECT person_id, fiscal_year, number, 'reminder' AS kind, reminded_on AS begins, NULL::date AS ends, "
        f"false AS withdrawn FROM ({dunning.reminded_sql()}) r"
    )


def deferrals_sql(ctx: Context) -> str:
    """徴収猶予: one row for each term that waits, half-open; one that is for all terms of a person stands at each of them."""
    return f"""
        SELECT s.person_id, t.fiscal_year, t.number, 'deferral' AS kind, s.start AS begins, s."end" AS ends,
               false AS withdrawn
        FROM ({dunning.stays_sql(ctx)}) s
        JOIN LATERAL (
            SELECT s.fiscal_year, s.number WHERE s.fiscal_year IS NOT NULL
            UNION
            SELECT e.fiscal_year, e.number FROM ({ledger.entries_sql()}) e
            WHERE s.fiscal_year IS NULL AND e.person_id = s.person_id AND e.way <> 'deduction') t ON true
        WHERE s.why = 'deferral'"""


def late_today(ctx: Context, person: int) -> dict[tuple[int, int], int | None]:
    """延滞金: (fiscal year, number) of a person's open terms → yen if it were paid on ctx.on, None where the law cannot say."""
    return {
        (found.term.fiscal_year, found.term.number): found.finding.value.yen if found.finding else None
        for found in dunning.previews(ctx, settings.INSURER, [person])
    }


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
        LEFT JOIN ({receipts.paid_on_sql()}) r ON r.source = e.source AND e.sort = 'receipt'
        GROUP BY e.person_id, e.fiscal_year, e.number, e.source, e.sort HAVING sum(e.yen) <> 0"""
