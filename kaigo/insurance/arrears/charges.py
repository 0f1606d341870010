"""延滞金 of a person's open terms as they would be if all were paid today; what was booked of them stands in the ledger."""

from __future__ import annotations

from typing import NamedTuple

from kaigo.base.records.context import Context
from kaigo.base.records.rows import rows
from kaigo.insurance.arrears import outer
from kaigo.insurance.arrears.terms import Owed
from kaigo.insurance.ledger import read as ledger


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
    today = outer.late_today(ctx, person)
    return Charges({t.key[1:]: today[t.key[1:]] for t in terms if t.key[1:] in today}, _booked(ctx, person))


def _booked(ctx: Context, person: int) -> int:
    known = "" if ctx.known_at is None else " AND booked_at <= %(known_at)s"
    ((yen,),) = rows(
        "SELECT coalesce(sum(CASE WHEN sort = 'late_levy' THEN yen WHEN sort = 'late_receipt' THEN -yen "
        f"WHEN sort = 'late_refund' THEN yen END), 0)::int FROM ({ledger.entries_sql()}) e "
        f"WHERE person_id = %(person)s{known}",
        {"person": person, "known_at": ctx.known_at},
    )
    return yen
