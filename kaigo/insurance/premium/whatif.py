"""もし…なら: some facts replaced, the same rule asked. Nothing is decided or kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from kaigo.base.desk.typed import Typed
from kaigo.base.records.context import Context
from kaigo.insurance.premium.decide import values_for
from kaigo.insurance.premium.gather import gather
from kaigo.law.premium import assess
from kaigo.law.premium_facts import AssessFacts, Assessment, PersonTax, Span, StageSpan
from kaigo.law.reasons import Finding, Missing, Unclear
from kaigo.law.words import Told, tell_all

AMOUNTS = {
    "total_income": "合計所得金額",
    "pension_revenue": "公的年金等収入金額",
    "pension_income": "公的年金等に係る所得",
    "salary_revenue": "給与収入",
    "salary_income": "給与所得",
    "special_deduction": "譲渡所得の特別控除",
}
STATUSES = ("taxed", "untaxed", "undeclared", "investigating", "inquiring", "cancelled")


class Answer(NamedTuple):
    """What the rule says: yen and stages, or what is missing."""

    annual_yen: int | None
    stages: tuple[int, ...]
    interim: bool
    told: tuple[Told, ...]
    missing: tuple[Missing, ...]


def facts_now(ctx: Context, fiscal_year: int, person: int) -> AssessFacts | None:
    """The facts as believed now; None when not insured in the year."""
    found = next(gather(ctx, fiscal_year, [person]), None)
    return found.facts if found else None


def answer(insurer: str, facts: AssessFacts) -> Answer:
    """Ask the rule that decides."""
    found: Finding[Assessment] | Unclear = assess(facts, values_for(insurer, facts.fiscal_year))
    if isinstance(found, Unclear):
        return Answer(None, (), False, (), found.missing)
    return Answer(found.value.annual_yen, found.value.stages, found.interim, tell_all(found.reasons), ())


def as_typed(facts: AssessFacts) -> dict[str, str]:
    """The facts as the form shows them."""
    shown = _tax_typed("own", facts.person)
    for place, member in enumerate(facts.members):
        shown |= _tax_typed(f"m{place}", member)
    if facts.public_assistance:
        shown["assistance"] = facts.public_assistance[-1].start.isoformat()
    if facts.borderline:
        shown["borderline"] = str(facts.borderline[-1].stage)
    return shown


def replaced(facts: AssessFacts, typed: Typed, stages: int) -> AssessFacts:
    """The facts with what was typed; errors stay in `typed`."""
    changes: dict[str, Any] = {"person": _tax("own", "本人", facts.person, typed)}
    changes["members"] = tuple(
        _tax(f"m{place}", f"世帯員{place + 1}", member, typed) for place, member in enumerate(facts.members)
    )
    since = typed.day("assistance", "生活保護の開始日", required=False)
    begun = facts.public_assistance[-1].start if facts.public_assistance else None
    if since != begun:
        changes["public_assistance"] = (Span(since),) if since else ()
    stage = typed.number("borderline", "境界層の段階", required=False)
    if stage is not None and not 1 <= stage <= stages:
        typed.errors["borderline"] = f"境界層の段階は 1 から {stages} までです"
    elif stage != (facts.borderline[-1].stage if facts.borderline else None):
        changes["borderline"] = (StageSpan(facts.assessment_day, None, stage),) if stage else ()
    return facts._replace(**changes)


def _tax_typed(prefix: str, tax: PersonTax) -> dict[str, str]:
    shown = {f"{prefix}_status": tax.status if tax.status in STATUSES else ""}
    return shown | {f"{prefix}_{field}": f"{getattr(tax, field):,}" for field in AMOUNTS}


def _tax(prefix: str, whose: str, tax: PersonTax, typed: Typed) -> PersonTax:
    """An empty status leaves the record as it is (no tax record)."""
    status = typed.choice(f"{prefix}_status", f"{whose}の課税区分", STATUSES, required=False)
    amounts: Mapping[str, int] = {
        field: typed.yen(f"{prefix}_{field}", f"{whose}の{label}", required=False) or 0
        for field, label in AMOUNTS.items()
    }
    return tax._replace(status=status, **amounts) if status else tax
