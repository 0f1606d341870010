"""How a person pays what is not deducted, by day: exactly one way for every due date.

Public assistance with 代理納付 comes first, then a decision of the section, then a mandate (口座振替), else slips.
"""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from kaigo.base.records.context import Context
from kaigo.base.records.rows import rows
from kaigo.insurance.ledger import words
from kaigo.insurance.residents import read as residents

LABELS = words.WAYS


class Ways(NamedTuple):
    """Half-open periods of the two facts, and the section's decisions (valid_from, way), newest first."""

    substitute: tuple[tuple[date, date | None], ...] = ()
    debit: tuple[tuple[date, date | None], ...] = ()
    decided: tuple[tuple[date, str], ...] = ()

    def on(self, day: date) -> str:
        """The way on a day: slip | debit | substitute."""
        if self is SLIP:
            return "slip"
        if _covers(self.substitute, day):
            return "substitute"
        decided = next((way for begin, way in self.decided if begin <= day), "auto")
        if decided != "auto":
            return decided
        return "debit" if _covers(self.debit, day) else "slip"


SLIP = Ways()


def _covers(periods: tuple[tuple[date, date | None], ...], day: date) -> bool:
    return any(begin <= day and (end is None or day < end) for begin, end in periods)


def ways(ctx: Context, persons: list[int] | None = None) -> dict[int, Ways]:
    """person → Ways, only for those who have anything but slips."""
    params = {"known_at": ctx.known_at, "on": ctx.on, "persons": persons}
    found: dict[int, Ways] = {}
    mine = "(%(persons)s::bigint[] IS NULL OR person_id = ANY(%(persons)s::bigint[]))"
    for person, begin, end in rows(
        f"SELECT person_id, lower(effective), upper(effective) FROM ({residents.welfare_sql(ctx)}) w "
        f"WHERE substitute_payment AND {mine} ORDER BY person_id, lower(effective)",
        params,
    ):
        before = found.get(person, SLIP)
        found[person] = before._replace(substitute=(*before.substitute, (begin, end)))
    for person, begin, end in rows(
        f"SELECT person_id, lower(effective), upper(effective) FROM ({residents.bank_account_sql(ctx)}) b "
        f"WHERE use = 'debit' AND {mine} ORDER BY person_id, lower(effective)",
        params,
    ):
        before = found.get(person, SLIP)
        found[person] = before._replace(debit=(*before.debit, (begin, end)))
    for person, begin, way in rows(
        f"SELECT person_id, valid_from, way FROM collection_way WHERE {mine} "
        "AND (%(known_at)s::timestamptz IS NULL OR decided_at <= %(known_at)s) ORDER BY person_id, id DESC",
        params,
    ):
        before = found.get(person, SLIP)
        found[person] = before._replace(decided=(*before.decided, (begin, way)))
    return found
