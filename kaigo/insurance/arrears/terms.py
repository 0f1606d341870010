"""Terms that are owed after their day, in sets. Amounts in yen, balances as the ledger has them."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from kaigo.base.records.bulk import id_array
from kaigo.base.records.context import Context
from kaigo.base.records.rows import rows
from kaigo.insurance.collection import read as collection
from kaigo.insurance.ledger import read as ledger

KEY = "person_id, fiscal_year, number"
ONE = "person_id = ANY(%(persons)s::bigint[])"


class Owed(NamedTuple):
    """A term that is owed. due_on None: a year total of a former system, whose day nobody knows."""

    person: int
    fiscal_year: int
    number: int
    balance: int
    due_on: date | None
    way: str

    @property
    def label(self) -> str:
        return collection.part_label(self.way, self.number)

    @property
    def key(self) -> tuple[int, int, int]:
        return (self.person, self.fiscal_year, self.number)


def due_sql(ctx: Context) -> str:
    """Relation (person_id, fiscal_year, number, due_on, way) of the terms that people pay themselves, by plans in force."""
    return (
        "SELECT p.person_id, p.fiscal_year, i.number, i.due_on, i.way "
        f"FROM ({collection.plans_in_force_sql(ctx)}) p JOIN ({collection.instalments_sql()}) i ON i.plan_id = p.id "
        "WHERE i.way <> 'deduction'"
    )


def uneven_sql(ctx: Context, condition: str = "true") -> str:
    """Relation (person_id, fiscal_year, number, balance, paid) of the own terms that are not even, as ledger.read.uneven_sql.
    condition: SQL over person_id, fiscal_year and number."""
    own = f"kind = 'direct' AND ({condition})"
    return f"SELECT {KEY}, balance, paid FROM ({ledger.uneven_sql(ctx, own)}) u"


def owed_sql(ctx: Context, condition: str = "true") -> str:
    """Relation (person_id, fiscal_year, number, balance, due_on, way) of own terms that are open and whose day is past on
    %(on)s. condition: SQL over person_id, fiscal_year and number."""
    return f"""
        SELECT t.person_id, t.fiscal_year, t.number, t.balance, d.due_on, coalesce(d.way, 'slip') AS way
        FROM ({uneven_sql(ctx, condition)}) t LEFT JOIN ({due_sql(ctx)}) d USING (person_id, fiscal_year, number)
        WHERE t.balance > 0 AND (d.due_on IS NULL OR d.due_on < %(on)s::date)"""


def owed(ctx: Context, person: int) -> list[Owed]:
    """What one person owes, the oldest day first; what has no day before all."""
    return [
        Owed(*row)
        for row in rows(
            "SELECT person_id, fiscal_year, number, balance, due_on, way "
            f"FROM ({owed_sql(ctx, ONE)}) o ORDER BY due_on NULLS FIRST, fiscal_year, number",
            {"persons": id_array([person]), "on": ctx.on, "known_at": ctx.known_at},
        )
    ]
