"""What other rooms read of receipts: relations for sets. Amounts in yen."""

from __future__ import annotations

from kaigo.insurance.ledger import read as ledger


def reported_sql() -> str:
    """Relation (person_id, fiscal_year, number, yen): 速報 of directly paid terms whose 確報 has not come, not taken back."""
    return """
        SELECT person_id, fiscal_year, number, sum(yen)::int AS yen FROM (
            SELECT e.person_id, e.fiscal_year, e.number, sum(CASE e.stage WHEN 'preliminary' THEN e.yen ELSE -e.yen END)
                   - coalesce((SELECT sum(f.yen) FROM receipts_receipt f WHERE f.person_id = e.person_id
                       AND f.fiscal_year = e.fiscal_year AND f.stage = 'final' AND f.channel = e.channel
                       AND f.reference = e.reference), 0) AS yen
            FROM receipts_receipt e
            WHERE e.stage <> 'final' AND e.person_id IS NOT NULL AND e.way <> 'deduction'
            GROUP BY e.person_id, e.fiscal_year, e.number, e.channel, e.reference) waiting
        WHERE yen > 0 GROUP BY person_id, fiscal_year, number"""


def unanswered_sql() -> str:
    """Relation (person_id, fiscal_year, number, debit_on): terms that a bank was asked to debit and did not answer yet."""
    return """
        SELECT r.person_id, r.fiscal_year, r.number, max(r.debit_on) AS debit_on FROM receipts_debit_request r
        WHERE NOT EXISTS (SELECT 1 FROM receipts_debit_result a WHERE a.request_id = r.id)
        GROUP BY r.person_id, r.fiscal_year, r.number"""


def payments_sql() -> str:
    """Relation (person_id, fiscal_year, kind, number, way, sort, channel, paid_on, yen): every movement of money on a term.

    paid_on: the day on which the payer paid (the entry's own where no receipt is behind it); yen: signed, what went
    back is below zero. kind: deduction | direct; sort: receipt | offset | refund.
    """
    return f"""
        SELECT e.person_id, e.fiscal_year, {ledger.KIND.replace("CASE way", "CASE e.way")} AS kind, e.number, e.way, e.sort,
               coalesce(r.channel, '') AS channel, coalesce(r.paid_on, e.business_date) AS paid_on,
               CASE WHEN e.sort IN ({ledger.PAID_BACK}) THEN -e.yen ELSE e.yen END AS yen
        FROM ({ledger.entries_sql()}) e LEFT JOIN receipts_receipt r ON r.source = e.source AND e.sort = 'receipt'
        WHERE e.sort IN ({ledger.PAID}, {ledger.PAID_BACK})"""


def paid_on_sql() -> str:
    """Relation (source, paid_on): on which day the payer paid what the ledger booked when it became the ward's."""
    return "SELECT source, paid_on FROM receipts_receipt WHERE stage = 'final'"
