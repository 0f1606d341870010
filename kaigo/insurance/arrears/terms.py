"""Terms that are owed after their day, in sets. Amounts in yen, balances as the ledger has them."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from kaigo.base.records.bulk import id_array
from kaigo.base.records.context import Context
from kaigo.base.records.rows import rows
from kaigo.insurance.collection import read as collection
from kaigo.insurance.ledger import read as ledger

ONE = "person_id = ANY(%(persons)s::bigint[])"


class Owed(NamedTuple):
    """A term that is owed. due_on None: a year total of a former system, whose day nobody knows."""

    person: int
    fiscal_year: int
    number: int
    levied: int
    received: int
    written_off: int
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


def dated_sql(ctx: Context, condition: str = "true") -> str:
    """Relation (person_id, fiscal_year, number, levied, received, written_off, balance, due_on, way) of all own terms."""
    return f"""
        SELECT t.person_id, t.fiscal_year, t.number, t.levied, t.received, t.written_off, t.balance, d.due_on,
               coalesce(d.way, 'slip') AS way
        FROM ({ledger.terms_sql(ctx, f"way <> 'deduction' AND ({condition})")}) t
        LEFT JOIN ({due_sql(ctx)}) d ON d.person_id = t.person_id AND d.fiscal_year = t.fiscal_year
             AND d.number = t.number"""


def owed_sql(ctx: Context, condition: str = "true") -> str:
    """Those of dated_sql that are open and whose day is past on %(on)s."""
    return (
        f"SELECT * FROM ({dated_sql(ctx, condition)}) o "
        "WHERE o.balance > 0 AND (o.due_on IS NULL OR o.due_on < %(on)s::date)"
    )


def owed(ctx: Context, person: int) -> list[Owed]:
    """What one person owes, the oldest day first; what has no day before all."""
    return [
        Owed(*row)
        for row in rows(
            "SELECT person_id, fiscal_year, number, levied, received, written_off, balance, due_on, way "
            f"FROM ({owed_sql(ctx, ONE)}) o ORDER BY due_on NULLS FIRST, fiscal_year, number",
            {"persons": id_array([person]), "on": ctx.on, "known_at": ctx.known_at},
        )
    ]
