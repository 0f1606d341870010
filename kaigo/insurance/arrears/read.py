"""What other rooms read of arrears. Amounts in yen, periods half-open."""

from __future__ import annotations

import json
from datetime import date
from typing import NamedTuple

from kaigo.base.records.bulk import id_array
from kaigo.base.records.context import Context
from kaigo.base.records.rows import rows
from kaigo.insurance.arrears import outer
from kaigo.insurance.arrears.debtors import debtor
from kaigo.insurance.arrears.events import standing_sql
from kaigo.insurance.arrears.overdue import lapsed_sql, overdue, overdue_sql, years
from kaigo.insurance.arrears.terms import owed, owed_sql

__all__ = [
    "SUBJECTS",
    "Lapsed",
    "Late",
    "debtor",
    "lapsed",
    "lapsed_sql",
    "late",
    "late_sql",
    "overdue",
    "overdue_sql",
    "owed",
    "owed_sql",
    "waiting_sql",
    "years",
]  # fmt: skip

# Whom an address is about (base/desk/things.py).
SUBJECTS = {
    "agreement": "SELECT person_id FROM arrears_agreement WHERE id = %s",
    "measure": "SELECT person_id FROM arrears_measure WHERE id = %s",
    "property_inquiry": "SELECT person_id FROM arrears_inquiry WHERE id = %s",
    "visit": "SELECT person_id FROM arrears_visit WHERE id = %s",
    "write_off": "SELECT person_id FROM arrears_write_off WHERE id = %s",
    # A list of many: whose terms stand on it is seen on its page, not by its address.
    "proposal": "",
}


class Lapsed(NamedTuple):
    """A term whose right is gone. last_on: the last day on which it could be collected; yen: open at its end."""

    id: int
    person: int
    fiscal_year: int
    number: int
    due_on: date
    last_on: date
    yen: int
    decided_on: date
    reasons: list


def lapsed(ctx: Context, person: int) -> list[Lapsed]:
    """A person's terms that prescribed, as they stand, the newest day first; reasons are packed."""
    return [
        Lapsed(*row, json.loads(reasons))
        for *row, reasons in rows(
            "SELECT id, person_id, fiscal_year, number, due_on, last_on, yen, decided_on, reasons "
            f"FROM ({standing_sql(ctx, 'arrears_lapse')}) l WHERE complete AND person_id = %(person)s "
            "ORDER BY last_on DESC, fiscal_year, number",
            {"person": person, "known_at": ctx.known_at},
        )
    ]


def late_sql(ctx: Context, condition: str = "true") -> str:
    """Relation (person_id, fiscal_year, number, source, day, yen): 時効後収入, payments after the right was gone.

    They are no income and are given back (自治法236条2項). source: of the ledger's entries, so that refunds find the payer.
    """
    return f"""
        SELECT m.person_id, m.fiscal_year, m.number, m.source, m.day, m.yen
        FROM ({outer.moves_sql(ctx, f"sort = 'receipt' AND ({condition})")}) m
        JOIN ({standing_sql(ctx, "arrears_lapse")}) l ON l.complete AND l.person_id = m.person_id
             AND l.fiscal_year = m.fiscal_year AND l.number = m.number
        WHERE m.yen > 0 AND m.day > l.last_on"""


class Late(NamedTuple):
    """A payment after the right was gone."""

    person: int
    fiscal_year: int
    number: int
    source: str
    day: date
    yen: int


def late(ctx: Context, person: int | None = None) -> list[Late]:
    """Such payments of everybody, or of one person, the newest first; at most 2,000."""
    condition = "true" if person is None else "person_id = ANY(%(persons)s::bigint[])"
    return [
        Late(*row)
        for row in rows(
            f"SELECT * FROM ({late_sql(ctx, condition)}) x ORDER BY day DESC, person_id, fiscal_year, number LIMIT 2000",
            {"persons": None if person is None else id_array([person]), "known_at": ctx.known_at},
        )
    ]


def waiting_sql() -> str:
    """(person_id, case) of people whom the room must see: a visit that waits, a write-off to approve, a promise in force."""
    return (
        "SELECT v.person_id, 'arrears.visit:' || v.id AS \"case\" FROM arrears_visit v WHERE v.result = '' "
        "UNION ALL SELECT t.person_id, 'arrears.proposal:' || p.id FROM arrears_proposal_term t "
        "JOIN arrears_proposal p ON p.id = t.proposal_id WHERE p.state = 'requested' "
        "UNION ALL SELECT a.person_id, 'arrears.agreement:' || a.id FROM arrears_agreement a WHERE a.state = 'made' "
        "AND NOT EXISTS (SELECT 1 FROM arrears_agreement n WHERE n.supersedes_id = a.id)"
    )
