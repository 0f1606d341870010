"""法200条の2: until when the premium of a year may be decided, and what is beyond. 法200条1項: until when a refund may be claimed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from django.db import connection

from kaigo.base.records.context import Context
from kaigo.insurance.premium.read import AssessmentView
from kaigo.insurance.premium.save import Judged
from kaigo.law.limits import Limit, LimitFacts, RefundFacts, assessment, refund
from kaigo.law.reasons import Finding, Unclear
from kaigo.law.values import NoValue, Values, load
from kaigo.law.words import Told, tell, tell_all

SOON = 60  # days before a limit from which screens warn


class Barred(NamedTuple):
    """A difference that may no longer be decided. missing: [[key, text], …] for the clerk."""

    person: int
    missing: list


class YearLimit(NamedTuple):
    """Until when the premium of a person-year may be raised or lowered; limit None = not known, `unknown` says why."""

    person: int
    fiscal_year: int
    way: str
    limit: Limit | None
    told: tuple[Told, ...]
    unknown: str
    days: int  # left on ctx.on; below 0 = over

    @property
    def state(self) -> str:
        """open | soon | over | unknown."""
        if self.limit is None:
            return "unknown"
        if not self.limit.allowed:
            return "over"
        return "soon" if self.days <= SOON else "open"


class RefundClaim(NamedTuple):
    """A decision that lowered a year: until when what was paid too much may be claimed back."""

    assessment: int
    fiscal_year: int
    decided_on: date
    lowered_by: int
    last_claim_on: date
    open: bool
    told: tuple[Told, ...]


WAYS = {
    "deduction": "特別徴収(4月の分の納期)",
    "direct": "普通徴収(条例の第1期)",
    "acquired": "第1期の後の取得",
}


def within_limit(
    ctx: Context, values: Values, fiscal_year: int, judged: Sequence[Judged], current: Mapping[int, Any]
) -> tuple[list[Judged], list[Barred]]:
    """Split what was judged for an earlier year: still allowed on ctx.on, or barred."""
    deducted = _deducted([j.person for j in judged])
    allowed, barred = [], []
    for j in judged:
        found = assessment(_facts(ctx, fiscal_year, j.person, j.assessment_day, deducted), values)
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


def person_years(
    ctx: Context, insurer: str, years: Iterable[tuple[int, int, date]]
) -> dict[tuple[int, int], YearLimit]:
    """(person, fiscal year) → its limit on ctx.on, for (person, fiscal year, assessment day); one query."""
    wanted = list(years)
    deducted = _deducted([person for person, _, _ in wanted]) if wanted else set()
    return {(person, year): _one(ctx, insurer, person, year, day, deducted) for person, year, day in wanted}


def refunds(ctx: Context, insurer: str, history: Sequence[AssessmentView]) -> list[RefundClaim]:
    """The decisions of a person that lowered a year against the one before, newest first. Whether money was paid too
    much, the ledger of the collection says."""
    by_id = {view.id: view for view in history}
    found = []
    for view in history:
        before = by_id.get(view.supersedes or 0)
        if before is None or view.annual_yen >= before.annual_yen:
            continue
        limit: Finding = refund(RefundFacts(view.decided_on, ctx.on), load().values(insurer, ctx.on))
        found.append(
            RefundClaim(
                view.id, view.fiscal_year, view.decided_on, before.annual_yen - view.annual_yen,
                limit.value.last_claim_on, limit.value.open, tell_all(limit.reasons),
            )
        )  # fmt: skip
    return found


def standard(ctx: Context, insurer: str, fiscal_year: int) -> list[YearLimit]:
    """The two dates of a year that hold for most people: deduction in April, the ordinance's first term."""
    day = date(fiscal_year, 4, 1)
    return [
        _one(ctx, insurer, person, fiscal_year, day, {(1, fiscal_year)}) for person in (1, 0)
    ]  # 1: as if deducted in February before the year; 0: as if not


def _one(
    ctx: Context, insurer: str, person: int, fiscal_year: int, day: date, deducted: set[tuple[int, int]]
) -> YearLimit:
    facts = _facts(ctx, fiscal_year, person, day, deducted)
    try:
        found = assessment(facts, load().values(insurer, date(fiscal_year, 4, 1)))
    except NoValue:
        return YearLimit(person, fiscal_year, "", None, (), "この年度の納期の定めが値に入っていません", 0)
    if isinstance(found, Unclear):
        why = "、".join(m.what for m in found.missing)
        return YearLimit(person, fiscal_year, "", None, (), f"定めが分かりません({why})", 0)
    limit: Limit = found.value
    acquired = facts.acquired_on == limit.first_due_on and facts.first_way == "direct"
    way = WAYS["acquired" if acquired else facts.first_way]
    return YearLimit(
        person, fiscal_year, way, limit, tell_all(found.reasons), "", (limit.last_valid_on - ctx.on).days
    )


def _facts(
    ctx: Context, fiscal_year: int, person: int, assessment_day: date, deducted: set[tuple[int, int]]
) -> LimitFacts:
    """The first due date is that of the pension deduction for those whose pension was deducted in February before the
    year (their April deduction is due on 10 May), the ordinance's first term for all others."""
    begins = date(fiscal_year, 4, 1)
    late = assessment_day > begins
    return LimitFacts(
        fiscal_year,
        "deduction" if (person, fiscal_year) in deducted and not late else "direct",
        ctx.on,
        assessment_day if late else None,
    )


def _deducted(persons: list[int]) -> set[tuple[int, int]]:
    """(person, fiscal year) whose first due date is that of a pension deduction in April."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT person_id, fiscal_year + 1 FROM premium_deducted WHERE month = 14 AND yen > 0 "
            "AND person_id = ANY(%s)",
            [persons],
        )
        return set(cursor.fetchall())
