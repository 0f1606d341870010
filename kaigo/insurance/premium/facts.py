"""The facts of an assessment as stored, back as the law's own types, in Japanese, and what differs between two."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any, NamedTuple

from kaigo.law.dates import wareki
from kaigo.law.premium_facts import AssessFacts, PersonTax, Span, StageSpan
from kaigo.law.words import name_of

LABELS = {
    "assessment_day": "賦課期日",
    "insured": "資格の期間",
    "person": "本人の住民税",
    "members": "世帯員の住民税",
    "public_assistance": "生活保護の期間",
    "support_benefit": "支援給付の期間",
    "old_age_pension": "老齢福祉年金の期間",
    "borderline": "境界層の期間",
}
TAX_LABELS = {
    "status": "課税区分",
    "total_income": "合計所得金額",
    "pension_revenue": "公的年金等収入金額",
    "pension_income": "公的年金等に係る所得",
    "salary_revenue": "給与収入",
    "salary_income": "給与所得",
    "income_adjustment": "所得金額調整控除",
    "special_deduction": "譲渡所得の特別控除",
    "deemed_taxed": "みなし課税の区分",
    "dependants": "扶養の数",
    "deemed_applies": "令和8年度のみなしの対象",
}


class Line(NamedTuple):
    """One fact in Japanese."""

    label: str
    text: str


def unpack_facts(packed: list) -> AssessFacts | None:
    """AssessFacts from the stored list (in the order of its fields); None when the decision rests on other facts."""
    if len(packed) < 5:
        return None
    year, day, person, members, insured, *special = packed
    assistance, support, old_age, borderline = special
    return AssessFacts(
        year,
        date.fromisoformat(day),
        PersonTax(*person),
        tuple(PersonTax(*member) for member in members),
        _spans(insured),
        _spans(assistance),
        _spans(support),
        _spans(old_age),
        tuple(StageSpan(date.fromisoformat(a), date.fromisoformat(b) if b else None, n) for a, b, n in borderline),
    )  # fmt: skip


def _spans(packed: list) -> tuple[Span, ...]:
    return tuple(Span(date.fromisoformat(a), date.fromisoformat(b) if b else None) for a, b in packed)


def tax_lines(tax: PersonTax) -> list[Line]:
    """A tax record; amounts of zero are left out."""
    lines = []
    for field, value in zip(PersonTax._fields, tax, strict=True):
        if field == "status":
            lines.append(Line(TAX_LABELS[field], name_of("tax_status", value)))
        elif field == "deemed_applies":
            if not value:
                lines.append(Line(TAX_LABELS[field], "対象外(1月1日にこの区に住んでいない)"))
        elif value is not None and value is not False and value != 0:
            lines.append(Line(TAX_LABELS[field], _amount(field, value)))
    return lines


def _amount(field: str, value: Any) -> str:
    if field == "deemed_applies":
        return "対象" if value else "対象外"
    if field == "deemed_taxed":
        return "課税とみなす" if value else "課税とみなさない"
    return f"{value} 人" if field == "dependants" else f"{value:,} 円"


def span_text(span: Span | StageSpan) -> str:
    """A half-open period as people write it: until the day before its end."""
    end = wareki(date.fromordinal(span.end.toordinal() - 1)) if span.end else ""
    stage = f"(第{span.stage}段階)" if isinstance(span, StageSpan) else ""
    until = f" {end} まで" if end else ""
    return f"{wareki(span.start)} から{until}{stage}"


def differences(before: AssessFacts | None, after: AssessFacts | None) -> list[tuple[str, str]]:
    """[(field, text)] of what differs, in the order of the facts. Other people by their number only."""
    if before is None or after is None:
        return [] if before is after else [("facts", "事実の記録の形が違います")]
    return list(_differences(before, after))


def _differences(before: AssessFacts, after: AssessFacts) -> Iterator[tuple[str, str]]:
    for field, label in LABELS.items():
        old, new = getattr(before, field), getattr(after, field)
        if old == new:
            continue
        if field == "assessment_day":
            yield field, f"{label}: {wareki(old)} → {wareki(new)}"
        elif field == "person":
            for line in _tax_differences(old, new):
                yield field, f"{label}: {line}"
        elif field == "members":
            yield field, _members_text(old, new)
        else:
            yield field, f"{label}: {_texts(old)} → {_texts(new)}"


def _members_text(old: tuple[PersonTax, ...], new: tuple[PersonTax, ...]) -> str:
    if len(old) != len(new):
        return f"世帯員の数: {len(old)} 人 → {len(new)} 人"
    changed = sum(1 for a, b in zip(old, new, strict=True) if a != b)
    return f"世帯員の住民税: {changed} 人の記録が変わりました"


def _tax_differences(old: PersonTax, new: PersonTax) -> Iterator[str]:
    for field, a, b in zip(PersonTax._fields, old, new, strict=True):
        if a == b:
            continue
        if field == "status":
            yield f"{TAX_LABELS[field]} {name_of('tax_status', a)} → {name_of('tax_status', b)}"
        else:
            texts = ["なし" if v is None else _amount(field, v) for v in (a, b)]
            yield f"{TAX_LABELS[field]} {texts[0]} → {texts[1]}"


def _texts(spans) -> str:
    return "、".join(span_text(span) for span in spans) or "なし"


def facts_lines(facts: AssessFacts, members: bool = True) -> list[Line]:
    """All facts of a person-year in Japanese. Other people are told only to staff, and by number, never by name."""
    lines = [Line(LABELS["assessment_day"], wareki(facts.assessment_day))]
    lines.append(Line(LABELS["insured"], _texts(facts.insured)))
    lines += [Line(f"本人の{line.label}", line.text) for line in tax_lines(facts.person)]
    lines.append(Line("世帯員(本人を除く)", f"{len(facts.members)} 人"))
    if members:
        for number, member in enumerate(facts.members, 1):
            texts = [f"{line.label} {line.text}" for line in tax_lines(member)]
            lines.append(Line(f"世帯員{number}の住民税", "、".join(texts)))
    lines += [
        Line(LABELS[field], _texts(getattr(facts, field)))
        for field in ("public_assistance", "support_benefit", "old_age_pension", "borderline")
        if getattr(facts, field)
    ]
    return lines
