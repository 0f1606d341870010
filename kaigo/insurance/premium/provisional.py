"""仮徴収: decisions of sort `provisional` for people whose pension is already deducted, until the main assessment."""

from __future__ import annotations

from datetime import date

from django.db import connection

from kaigo.base.records.context import Context
from kaigo.insurance.premium.decide import values_for
from kaigo.insurance.premium.save import Judged, save
from kaigo.insurance.qualification import read as qualification
from kaigo.law.digest import law_version
from kaigo.law.provisional import ProvisionalFacts, provisional


def decide_provisional(ctx: Context, insurer: str, fiscal_year: int) -> dict:
    """Everybody insured on 1 April who was deducted in February and has no decision for the year yet."""
    values = values_for(insurer, fiscal_year)
    judged = []
    for person, february in _people(ctx, fiscal_year):
        found = provisional(ProvisionalFacts(fiscal_year, february), values)
        judged.append(
            Judged(
                person, date(fiscal_year, 4, 1), found.value.total_yen, 12, 0, "-" * 12, "unknown", False,
                [fiscal_year, february], found.reasons, None, "provisional",
            )
        )  # fmt: skip
    save(ctx, fiscal_year, "provisional", None, judged, law_version(values.digest))
    return {"people": len(judged), "yen": sum(j.annual_yen for j in judged)}


def _people(ctx: Context, fiscal_year: int) -> list[tuple[int, int]]:
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT d.person_id, d.yen FROM premium_deducted d
            WHERE d.fiscal_year = %(before)s AND d.month = 14 AND d.yen > 0
              AND EXISTS (SELECT 1 FROM ({qualification.in_force_sql(ctx)}) q WHERE q.person_id = d.person_id
                          AND q.acquired_on <= %(begin)s AND (q.lost_on IS NULL OR q.lost_on > %(begin)s))
              AND NOT EXISTS (SELECT 1 FROM premium_assessment a
                              WHERE a.person_id = d.person_id AND a.fiscal_year = %(year)s)
            ORDER BY d.person_id""",
            {
                "before": fiscal_year - 1,
                "year": fiscal_year,
                "begin": date(fiscal_year, 4, 1),
                "known_at": ctx.known_at,
            },
        )
        return cursor.fetchall()
