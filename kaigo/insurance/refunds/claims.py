"""What a person still owes that an overpayment may pay (充当): his open terms with due date and prescription. Yen.

What is deducted from his pension is the payer's to pay: that it is not here yet is no debt of the person.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import date
from typing import NamedTuple

from kaigo.base.records.context import Context
from kaigo.base.records.rows import rows
from kaigo.insurance.collection import read as collection
from kaigo.insurance.ledger import read as ledger
from kaigo.insurance.receipts import read as receipts
from kaigo.law.offset import Claim
from kaigo.law.prescription import Event, PrescriptionFacts
from kaigo.law.prescription import collection as prescription
from kaigo.law.values import Values

Key = tuple[int, str, int]  # fiscal year, kind, number

# Dunning, seizure, deferral are known to rooms above: they put here, when they are loaded, who tells their events of a
# person by term. A term is judged by part payments alone where nobody does.
EVENTS: list[Callable[[Context, int], Iterable[tuple[Key, Event]]]] = []


class Owed(NamedTuple):
    """An open term that the person pays himself. way: of its newest part; levied_year: in whose accounts it was levied
    first."""

    fiscal_year: int
    kind: str
    number: int
    way: str
    due_on: date
    yen: int
    levied_year: int
    last_on: date | None

    @property
    def key(self) -> str:
        return f"{self.fiscal_year}:{self.kind}:{self.number}"

    def claim(self) -> Claim:
        return Claim(self.key, self.due_on, self.yen, last_on=self.last_on)


_OPEN = f"""
SELECT t.fiscal_year, t.kind, t.number, i.way, i.due_on, t.balance - coalesce(h.yen, 0)::int, l.year
FROM ({{terms}}) t
JOIN LATERAL (SELECT x.way, x.due_on FROM ({collection.parts_sql()}) x WHERE x.person_id = t.person_id
    AND x.fiscal_year = t.fiscal_year AND x.number = t.number AND x.way <> 'deduction' ORDER BY x.id DESC LIMIT 1) i ON true
JOIN LATERAL (SELECT min(e.accounting_year) AS year FROM ({ledger.entries_sql()}) e WHERE e.person_id = t.person_id
    AND e.fiscal_year = t.fiscal_year AND e.number = t.number AND e.way <> 'deduction'
    AND e.sort IN ('levy', 'adjust')) l ON l.year IS NOT NULL
LEFT JOIN LATERAL (SELECT sum(u.yen) AS yen FROM refunds_use u JOIN refunds_proposal p ON p.id = u.proposal_id
    WHERE p.person_id = t.person_id AND u.fiscal_year = t.fiscal_year AND u.number = t.number AND u.way <> 'deduction'
    AND p.id IS DISTINCT FROM %(without)s
    AND NOT EXISTS (SELECT 1 FROM refunds_ruling r WHERE r.proposal_id = p.id)) h ON true
WHERE t.kind = 'direct' AND t.balance > coalesce(h.yen, 0) AND NOT EXISTS (SELECT 1 FROM ({receipts.unanswered_sql()}) b
    WHERE b.person_id = t.person_id AND b.fiscal_year = t.fiscal_year AND b.number = t.number)"""

# One that was taken back renewed nothing; of one that a former system took in nobody knows the day.
_PAYMENTS = f"""
SELECT fiscal_year, kind, number, min(paid_on) FROM ({receipts.payments_sql()}) m
WHERE person_id = %(person)s AND sort = 'receipt' AND source NOT LIKE 'migration:%%'
GROUP BY fiscal_year, kind, number, source HAVING sum(yen) > 0"""


def owed(ctx: Context, person: int, values: Values, without: int | None = None) -> list[Owed]:
    """The person's open terms, less what waiting proposals will offset. Left out is a term without any plan (nothing is
    offset with what nobody can say is due), and one that a bank was asked to debit and has not answered."""
    params = {"person": person, "without": without, "known_at": ctx.known_at}
    terms = ledger.terms_sql(ctx, "person_id = %(person)s")
    found = rows(_OPEN.format(terms=terms), params)
    if not found:
        return []
    events: dict[Key, list[Event]] = defaultdict(list)
    for year, kind, number, on in rows(_PAYMENTS, params):
        events[year, kind, number].append(Event("part_payment", on))
    for told in EVENTS:
        for key, event in told(ctx, person):
            events[key].append(event)
    return [
        Owed(
            *row,
            prescription(PrescriptionFacts(row[4], ctx.on, tuple(events[row[:3]])), values).value.last_on,
        )
        for row in found
    ]
