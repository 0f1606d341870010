"""法200条の2: what may still be decided for a year that is over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from django.db import connection

from kaigo.base.records.context import Context
from kaigo.insurance.premium.save import Judged
from kaigo.law.limits import LimitFacts, assessment
from kaigo.law.reasons import Unclear
from kaigo.law.values import Values
from kaigo.law.words import tell


class Barred(NamedTuple):
    """A difference that may no longer be decided. missing: [[key, text], …] for the clerk."""

    person: int
    missing: list


def within_limit(
    ctx: Context, values: Values, fiscal_year: int, judged: Sequence[Judged], current: Mapping[int, Any]
) -> tuple[list[Judged], list[Barred]]:
    """Split what was judged for an earlier year: still allowed on ctx.on, or barred.

    The first due date is that of the pension deduction for those whose pension was deducted in February before the
    year (their April deduction is due on 10 May), the ordinance's first term for all others.
    """
    deducted = _deducted(fiscal_year, [j.person for j in judged])
    allowed, barred = [], []
    for j in judged:
        begins = date(fiscal_year, 4, 1)
        facts = LimitFacts(
            fiscal_year,
            "deduction" if j.person in deducted and j.assessment_day <= begins else "direct",
            ctx.on,
            j.assessment_day if j.assessment_day > begins else None,
        )
        found = assessment(facts, values)
        if isinstance(found, Unclear):
            barred.append(Barred(j.person, [list(m) for m in found.missing]))
        elif found.value.allowed:
            allowed.append(j)
        else:
            before = current.get(j.person)
            change = j.annual_yen - (before.annual_yen if before else 0)
            texts = [
                ["limits.assessment", told.text]
                for reason in found.reasons
                for told in (tell(reason), *map(tell, reason.parts))
            ]
            texts.append(["difference", f"判定し直した額との差 {change:+,} 円は決定できません"])
            barred.append(Barred(j.person, texts))
    return allowed, barred


def _deducted(fiscal_year: int, persons: list[int]) -> set[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT person_id FROM premium_deducted WHERE fiscal_year = %s AND month = 14 AND yen > 0 "
            "AND person_id = ANY(%s)",
            [fiscal_year - 1, persons],
        )
        return {row[0] for row in cursor.fetchall()}
