"""When the payer paid, for rooms that go by that day: the ledger stands on the day on which the money was the ward's."""

from __future__ import annotations


def reported_sql() -> str:
    """Relation (source, paid_on) of every reported payment; source as its ledger entries name it."""
    return "SELECT source, paid_on FROM receipts_receipt"
