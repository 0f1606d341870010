"""代理納付: for whom the welfare office is asked to pay, term by term (生活保護法37条の2). What it paid comes back as receipts."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from kaigo.base.audit.seen import saw
from kaigo.base.records.context import Context
from kaigo.base.records.rows import rows
from kaigo.insurance.collection import read as collection
from kaigo.insurance.qualification import read as qualification
from kaigo.insurance.residents import read as residents


class Wanted(NamedTuple):
    """An open term that the welfare office pays. birth: as the register has it (eight digits, 不詳 included)."""

    person: int
    addressee: str
    case_number: str
    insured_number: str
    name: str
    kana: str
    birth: str
    fiscal_year: int
    number: int
    yen: int
    due_on: date


_WANTED = """
SELECT s.person_id, coalesce(a.number, ''), coalesce(w.case_number, ''), coalesce(n.number, ''), p.name, p.kana,
       p.birth_raw, s.fiscal_year, s.number, s.yen, s.due_on
FROM ({slips}) s
JOIN ({particulars}) p ON p.person_id = s.person_id
LEFT JOIN ({numbers}) n ON n.person_id = s.person_id
LEFT JOIN (SELECT person_id, max(number) AS number FROM ({addressees}) x GROUP BY person_id) a ON a.person_id = s.person_id
LEFT JOIN LATERAL (SELECT x.case_number FROM ({welfare}) x WHERE x.person_id = s.person_id AND x.substitute_payment
    AND x.effective @> s.due_on ORDER BY lower(x.effective) DESC LIMIT 1) w ON true
WHERE s.way = 'substitute' AND s.due_on >= %(begin)s AND s.due_on < %(end)s
ORDER BY s.due_on, s.person_id, s.fiscal_year, s.number"""


def wanted(ctx: Context, begin: date, end: date) -> list[Wanted]:
    """Open terms due on [begin, end) that the welfare office pays, with what is open of them."""
    found = rows(
        _WANTED.format(
            slips=collection.slips_sql(ctx), particulars=residents.particulars_sql(ctx),
            numbers=qualification.numbers_sql(), addressees=residents.addressee_sql(), welfare=residents.welfare_sql(ctx),
        ),
        {"begin": begin, "end": end, "year": None, "due_until": None, "on": ctx.on, "known_at": ctx.known_at},
    )  # fmt: skip
    saw(row[0] for row in found)
    return [Wanted(*row) for row in found]


def months(ctx: Context, fiscal_year: int) -> list[date]:
    """First days of the months in which such terms of a year are due and open."""
    return [
        month
        for (month,) in rows(
            f"SELECT DISTINCT date_trunc('month', s.due_on)::date FROM ({collection.slips_sql(ctx)}) s "
            "WHERE s.way = 'substitute' ORDER BY 1",
            {"year": fiscal_year, "due_until": None, "known_at": ctx.known_at},
        )
    ]
