"""Whose income must be asked about elsewhere: insured people and their households without a tax record of the year.

The tax of a fiscal year is levied where somebody lived on 1 January. Whoever moved in after it, or lives elsewhere in
a home and stays ours (住所地特例), has no record with our tax office: the municipality where he lived then has it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db import connection

from kaigo.base.audit.seen import saw
from kaigo.base.records.context import HIDDEN, Context
from kaigo.insurance.qualification.read import guarded, in_force_sql
from kaigo.insurance.registers import read as registers
from kaigo.insurance.residents import read as residents

# Nobody below this age on 1 January has a tax record of his own, as in the premium's own gathering.
CHILD = 15
ABROAD = "999999"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Somebody to be asked about. why: moved_in | exception; insured: 第1号 himself, else of an insured's household.

    inquiring: the tax office has said 照会中. guarded: he or his household is under 支援措置.
    """

    person: int
    name: str
    kana: str
    birth: date | None
    insured: bool
    why: str
    municipality: str
    former_address: str
    since: date
    inquiring: bool
    guarded: bool

    @property
    def askable(self) -> bool:
        """A municipality of Japan is known."""
        return bool(self.municipality) and self.municipality != ABROAD


def wanted(ctx: Context, fiscal_year: int, persons: Iterable[int] | None = None) -> list[Wanted]:
    """Everybody without a record (or with 照会中) whom no live or fruitless inquiry speaks of, by municipality."""
    params = {
        "on": ctx.on,
        "known_at": ctx.known_at,
        "year": fiscal_year,
        "begin": date(fiscal_year, 4, 1),
        "finish": date(fiscal_year + 1, 4, 1),
        "january": date(fiscal_year, 1, 1),
        "child": date(fiscal_year - CHILD, 1, 1),
        "persons": list(persons) if persons is not None else None,
    }
    with connection.cursor() as cursor:
        cursor.execute(_query(ctx), params)
        rows = cursor.fetchall()
    saw(row[0] for row in rows)
    shielded = guarded(ctx, [row[0] for row in rows])
    # The register of residents names the ward of a large city; the tax is the city's.
    cities = {code: registers.insurer_code(ctx, code) or code for code in {row[6] or "" for row in rows}}
    found = [
        Wanted(
            *row[:6],
            cities[row[6] or ""],
            row[7] if ctx.sees("address") else HIDDEN,
            *row[8:],
            row[0] in shielded,
        )
        for row in rows
    ]
    return sorted(found, key=lambda one: (one.municipality, one.kana, one.person))


def _query(ctx: Context) -> str:
    """Premiums look at the household of 1 April, or of the day of acquisition in the year (法130条)."""
    return f"""
        WITH insured AS MATERIALIZED (
            SELECT q.person_id, greatest(min(q.acquired_on), %(begin)s::date) AS day FROM ({in_force_sql(ctx)}) q
            WHERE q.acquired_on < %(finish)s AND (q.lost_on IS NULL OR q.lost_on > %(begin)s) GROUP BY 1),
        concerned AS (
            SELECT person_id, true AS insured FROM insured
            UNION ALL SELECT o.person_id, false FROM insured i
            JOIN ({residents.membership_history_sql(ctx)}) h ON h.person_id = i.person_id AND h.effective @> i.day
            JOIN ({residents.membership_history_sql(ctx)}) o ON o.household_id = h.household_id AND o.effective @> i.day),
        people AS MATERIALIZED (
            SELECT c.person_id, bool_or(c.insured) AS insured FROM concerned c
            WHERE %(persons)s::bigint[] IS NULL OR c.person_id = ANY(%(persons)s::bigint[]) GROUP BY 1),
        lacking AS MATERIALIZED (
            SELECT p.*, t.person_id IS NOT NULL AS inquiring FROM people p
            LEFT JOIN ({residents.taxation_sql(ctx)}) t ON t.person_id = p.person_id AND t.fiscal_year = %(year)s
            WHERE t.person_id IS NULL OR t.status = '5'),
        lived AS MATERIALIZED (
            SELECT r.person_id, r.effective, r.from_code, r.from_address,
                   least(r.became_resident_on, lower(r.effective)) AS since
            FROM ({residents.residence_history_sql(ctx)}) r JOIN lacking USING (person_id) WHERE r.state = 'resident'),
        moved AS (
            SELECT DISTINCT ON (person_id) person_id, from_code, from_address, since FROM lived l
            WHERE since > %(january)s AND NOT EXISTS (SELECT 1 FROM lived j WHERE j.person_id = l.person_id
                  AND j.since <= %(january)s AND (upper_inf(j.effective) OR upper(j.effective) > %(january)s))
            ORDER BY person_id, since, lower(effective)),
        elsewhere AS (
            SELECT DISTINCT ON (e.person_id) e.person_id, e.municipality, lower(e.effective) AS since
            FROM ({residents.address_exception_sql(ctx)}) e JOIN lacking USING (person_id)
            WHERE e.exception = 'own' AND e.effective @> %(january)s::date ORDER BY e.person_id, lower(e.effective))
        SELECT l.person_id, coalesce(p.name, ''), coalesce(p.kana, ''), p.birth_date, l.insured,
               CASE WHEN e.person_id IS NOT NULL THEN 'exception' ELSE 'moved_in' END,
               coalesce(e.municipality, m.from_code), CASE WHEN e.person_id IS NULL THEN m.from_address ELSE '' END,
               coalesce(e.since, m.since), l.inquiring
        FROM lacking l LEFT JOIN elsewhere e USING (person_id) LEFT JOIN moved m USING (person_id)
        LEFT JOIN ({residents.particulars_sql(ctx)}) p ON p.person_id = l.person_id
        WHERE (e.person_id IS NOT NULL OR m.person_id IS NOT NULL)
          AND (p.birth_date IS NULL OR p.birth_date < %(child)s)
          AND NOT EXISTS (SELECT 1 FROM qualification_income_inquiry i WHERE i.person_id = l.person_id
                          AND i.fiscal_year = %(year)s AND i.state IN ('asked', 'sent', 'no_record'))
        ORDER BY l.person_id"""
