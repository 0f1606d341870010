"""延滞金 of a person's open terms as they would be if all were paid today; what was booked of them stands in the ledger."""

from __future__ import annotations

from typing import NamedTuple

from kaigo.base.records.bulk import id_array
from kaigo.base.records.context import Context
from kaigo.base.records.rows import rows
from kaigo.insurance.arrears import outer
from kaigo.insurance.arrears.chain import values
from kaigo.insurance.arrears.terms import ONE, Owed
from kaigo.insurance.ledger import read as ledger
from kaigo.law.late_charges import LateFacts, PartPayment, instalment
from kaigo.law.reasons import Unclear


class Charges(NamedTuple):
    """by_term: (fiscal year, number) → yen, None where the law cannot say. booked: levied 延滞金 that are not paid."""

    by_term: dict[tuple[int, int], int | None]
    booked: int

    @property
    def yen(self) -> int:
        return sum(yen or 0 for yen in self.by_term.values())

    @property
    def unclear(self) -> bool:
        return any(yen is None for yen in self.by_term.values())


def charges(ctx: Context, person: int, terms: list[Owed]) -> Charges:
    """Of these terms of one person, until ctx.on. A term without a day has none."""
    params = {"persons": id_array([person]), "known_at": ctx.known_at}
    paid: dict[tuple[int, int], list[PartPayment]] = {}
    for year, number, day, yen in rows(
        f"SELECT fiscal_year, number, day, yen FROM ({outer.moves_sql(ctx, ONE)}) m WHERE day IS NOT NULL ORDER BY day",
        params,
    ):
        paid.setdefault((year, number), []).append(PartPayment(day, yen))
    law = values(ctx)
    found: dict[tuple[int, int], int | None] = {}
    for term in terms:
        if term.due_on is None:
            continue
        mine = tuple(paid.get((term.fiscal_year, term.number), ()))
        # What a former system took in has no day: it is taken off what was due.
        undated = term.received - sum(part.yen for part in mine)
        answer = instalment(LateFacts(term.due_on, term.levied - undated, ctx.on, mine), law)
        found[term.fiscal_year, term.number] = None if isinstance(answer, Unclear) else answer.value.yen
    return Charges(found, _booked(ctx, params))


def _booked(ctx: Context, params: dict) -> int:
    known = "" if ctx.known_at is None else " AND booked_at <= %(known_at)s"
    ((yen,),) = rows(
        "SELECT coalesce(sum(CASE WHEN sort = 'late_levy' THEN yen WHEN sort = 'late_receipt' THEN -yen "
        f"WHEN sort = 'late_refund' THEN yen END), 0)::int FROM ({ledger.entries_sql()}) e WHERE {ONE}{known}",
        params,
    )
    return yen
