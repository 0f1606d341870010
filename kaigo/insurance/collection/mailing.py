"""The slips to send: what is open of the plans in force, and which number names it (slips.py).

A slip of the way debit or substitute is one that a bank or the welfare office has the request for: whoever mails it waits
for their answer, or the term is paid twice.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from kaigo.base.audit.seen import saw
from kaigo.base.records.context import Context
from kaigo.base.records.rows import rows
from kaigo.insurance.collection.in_force import plans_in_force_sql
from kaigo.insurance.collection.slips import reference_of
from kaigo.insurance.ledger import read as ledger
from kaigo.insurance.qualification import read as qualification
from kaigo.insurance.residents import read as residents


class SlipToSend(NamedTuple):
    """A slip: insured_number, addressee "" = none. way: slip | debit | substitute. yen: what is open of the term."""

    reference: str
    person: int
    insured_number: str
    addressee: str
    fiscal_year: int
    number: int
    way: str
    due_on: date
    yen: int


def slips_sql(ctx: Context) -> str:
    """Relation (id, person_id, fiscal_year, way, number, due_on, yen): the directly paid parts of the plans in force
    whose term is still open, with what is open of it (yen) and not what the plan once said.

    Parameters: year (int, NULL = all), due_until (date, NULL = all; inclusive), known_at.
    """
    direct = "kind = 'direct' AND balance > 0"
    return (
        "SELECT i.id, i.person_id, i.fiscal_year, i.way, i.number, i.due_on, t.balance AS yen "
        f"FROM ({plans_in_force_sql(ctx)}) p JOIN collection_instalment i ON i.plan_id = p.id AND i.way <> 'deduction' "
        f"JOIN (SELECT * FROM ({ledger.terms_sql(ctx, _OF_YEAR)}) x WHERE {direct}) t "
        "ON t.person_id = i.person_id AND t.fiscal_year = i.fiscal_year AND t.number = i.number "
        "WHERE (%(year)s::int IS NULL OR i.fiscal_year = %(year)s) "
        "AND (%(due_until)s::date IS NULL OR i.due_on <= %(due_until)s)"
    )


_OF_YEAR = "(%(year)s::int IS NULL OR fiscal_year = %(year)s)"


def slips(
    ctx: Context, fiscal_year: int | None = None, due_until: date | None = None
) -> Iterator[SlipToSend]:
    """The slips (of a year, due by a day), in the order of person, year and term."""
    found = rows(
        "SELECT s.id, s.person_id, coalesce(n.number, ''), coalesce(a.number, ''), s.fiscal_year, s.number, s.way, "
        f"s.due_on, s.yen FROM ({slips_sql(ctx)}) s LEFT JOIN ({qualification.numbers_sql()}) n "
        "ON n.person_id = s.person_id LEFT JOIN (SELECT person_id, max(number) AS number "
        f"FROM ({residents.addressee_sql()}) x GROUP BY person_id) a ON a.person_id = s.person_id "
        "ORDER BY s.person_id, s.fiscal_year, s.number, s.id",
        {"year": fiscal_year, "due_until": due_until, "known_at": ctx.known_at},
    )
    saw(row[1] for row in found)
    for part, person, insured, addressee, year, number, way, due_on, yen in found:
        reference = reference_of(year, way, part, number)
        yield SlipToSend(reference, person, insured, addressee, year, number, way, due_on, yen)
