"""保険料の段階と年額。法129条・130条、令38条・39条、保険者の条例(値)。"""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import Literal, NamedTuple

from kaigo.law.household import taxed as _taxed
from kaigo.law.income import is_deemed, of_year, premium_income
from kaigo.law.premium_facts import AnnualFacts, AssessFacts, Assessment, PersonTax, StageFacts
from kaigo.law.premium_table import Money, Table, money, table, taxed_stage
from kaigo.law.reasons import Finding, Missing, Reason, Unclear, unclear
from kaigo.law.rule import rule
from kaigo.law.values import ValueMissing, Values


class Base(NamedTuple):
    """特別な事情(生活保護など)を除いた段階。"""

    stage: int
    person_taxed: bool
    household_taxed: bool
    interim: bool
    reason: Reason


@rule("premium.stage", facts=StageFacts, article="令38条・39条")
def stage(facts: StageFacts, values: Values) -> Finding[int] | Unclear:
    """ある月の所得段階。"""
    rows = _table(values, facts.fiscal_year)
    if isinstance(rows, Unclear):
        return rows
    if facts.public_assistance or facts.support_benefit:
        which = "stage.public_assistance" if facts.public_assistance else "stage.support_benefit"
        return Finding(1, (Reason(which, "令38条1項1号"),))
    found = base_stage(facts.person, facts.members, rows)
    if isinstance(found, Unclear):
        return found
    if facts.old_age_pension and not found.household_taxed:
        return Finding(1, (Reason("stage.old_age_pension", "令38条1項1号"),))
    if facts.borderline_stage is not None and facts.borderline_stage < found.stage:
        reason = _borderline(facts.borderline_stage, found)
        return Finding(facts.borderline_stage, (reason,), found.interim)
    return Finding(found.stage, (found.reason,), found.interim)


def base_stage(person: PersonTax, members: tuple[PersonTax, ...], rows: Table) -> Base | Unclear:
    """本人と世帯の課税、所得から決まる段階。"""
    own = _taxed(person, rows.tax, member=False)
    if isinstance(own, Unclear):
        return own
    own_taxed, interim = own
    income = premium_income(person, rows.tax.income, rows.tax.old_salary)
    if own_taxed:
        return _taxed_person(person, income.total, rows, interim)
    household, members_interim = _members(members, rows)
    if isinstance(household, Unclear):
        return household
    setting = rows.tax.interim.get(person.status)
    fixed = setting and (setting.stage_taxed if household else setting.stage_untaxed)
    if fixed:
        reason = Reason("stage.interim", "条例", (fixed, person.status))
        return Base(fixed, False, household, setting.interim, reason)
    money = income.pension_and_other
    for upto, number in rows.middle if household else rows.low:
        if upto is None or money <= upto:
            which = "stage.middle" if household else "stage.low"
            article = "令38条1項4号・5号" if household else "令38条1項1号から3号"
            parts = _income_parts(person, rows)
            if interim or members_interim:
                parts += _pending(person, members, rows)
            reason = Reason(which, article, (number, money, upto), parts)
            return Base(number, False, household, interim or members_interim, reason)
    return Unclear((Missing("premium.stages", "年金収入等に当たる段階が表にありません"),))


def _taxed_person(person: PersonTax, income: int, rows: Table, interim: bool) -> Base | Unclear:
    number = taxed_stage(rows, income)
    if number is None:
        unknown = "、".join(f"第{n}段階" for n in rows.stages.unknown)
        return Unclear(
            (Missing("premium.stages", f"合計所得 {income:,} 円に当たる段階の境が分かりません({unknown})"),)
        )
    place = rows.taxed.index(number)
    low = rows.bounds[place - 1] if place else None
    high = rows.bounds[place] if place < len(rows.bounds) else None
    parts = _income_parts(person, rows)
    if interim:
        parts += _pending(person, (), rows)
    reason = Reason("stage.taxed", "令38条1項6号以下", (number, income, low, high), parts)
    return Base(number, True, True, interim, reason)


def _pending(person: PersonTax, members: tuple[PersonTax, ...], rows: Table) -> tuple[Reason, ...]:
    """申告や調査の済まない人を条例により課税か非課税とみたこと。"""
    found = []
    for tax, member in ((person, False), *((each, True) for each in members)):
        setting = rows.tax.interim.get(tax.status)
        if setting and setting.interim:
            seen = setting.member if member else setting.person
            found.append(
                Reason("stage.pending_member" if member else "stage.pending", "条例", (tax.status, seen))
            )
    return tuple(dict.fromkeys(found))


def _borderline(number: int, base: Base) -> Reason:
    return Reason("stage.borderline", "令38条1項", (number,), (base.reason,))


def _members(members: tuple[PersonTax, ...], rows: Table) -> tuple[bool | Unclear, bool]:
    """世帯員の誰かが課税か、仮の扱いがあるか。課税の人が一人でもいれば、分からない人は問わない。"""
    unclear: Unclear | None = None
    interim = False
    for member in members:
        found = _taxed(member, rows.tax, member=True)
        if isinstance(found, Unclear):
            unclear = found
        elif found[0]:
            return True, found[1]
        else:
            interim = interim or found[1]
    return (unclear or False), interim


def _income_parts(person: PersonTax, rows: Table) -> tuple[Reason, ...]:
    parts: tuple[Reason, ...] = ()
    if not person.special_deduction and not person.salary_revenue:
        return parts
    if person.special_deduction and rows.tax.income.subtract_special:
        parts += (Reason("income.special_deduction", "令38条", (person.special_deduction,)),)
    if is_deemed(person, rows.tax.income, rows.tax.old_salary):
        parts += (Reason("income.deemed_salary", "令38条・令和7年政令420号", (person.salary_revenue,)),)
    return parts


@rule("premium.annual", facts=AnnualFacts, article="法129条・条例")
def annual(facts: AnnualFacts, values: Values) -> Finding[int] | Unclear:
    """月ごとの段階から年額(円)。途中で変わらない一年は条例の額、変わる年は月割の合計を端数処理する。"""
    if len(facts.stages) != 12:
        return unclear("stages", "4月から3月までの12か月の段階が要ります")
    return _annual(facts.stages, of_year(values, facts.fiscal_year).view(money), {})


def _annual(stages: tuple[int, ...], known: Money, why: dict[int, Reason]) -> Finding[int] | Unclear:
    number = stages[0]
    if number and stages.count(number) == 12:
        runs = {number: 12}
    else:
        runs = {}
        for number in stages:
            if number:
                runs[number] = runs.get(number, 0) + 1
        if not runs:
            return Finding(0, (Reason("annual.none", "法130条"),))
    lacks = tuple(
        Missing(f"premium.amounts.{n}", f"第{n}段階の額が値に入っていません")
        for n in runs
        if n not in known.amounts
    )
    if lacks:
        return Unclear(lacks)
    proration = known.proration
    if len(runs) == 1 and runs.get(number) == 12 and (proration is None or proration.only_broken):
        yen = known.amounts[number]
        parts = (why[number],) if number in why else ()
        return Finding(yen, (Reason("annual.whole", "法129条・条例", (number, yen), parts),))
    if proration is None:
        return unclear("premium.proration", "月割の端数処理が条例の値に入っていません")
    twelfths = sum(known.amounts[number] * count for number, count in runs.items())
    yen = proration.rounding(Fraction(twelfths, 12))
    parts = tuple(
        Reason(
            "annual.part",
            "条例",
            (number, known.amounts[number], count),
            (why[number],) if number in why else (),
        )
        for number, count in runs.items()
    )
    args = (yen, sum(runs.values()), proration.name)
    return Finding(yen, (Reason("annual.broken", "条例・法130条", args, parts),))


@rule("premium.assess", facts=AssessFacts, article="法129条・130条、令38条・39条")
def assess(facts: AssessFacts, values: Values) -> Finding[Assessment] | Unclear:
    """一人の一年度の賦課: 月ごとの資格と段階、年額。"""
    rows = _table(values, facts.fiscal_year)
    if isinstance(rows, Unclear):
        return rows
    insured = insured_months(facts.insured, facts.fiscal_year)
    if facts.public_assistance or facts.support_benefit or facts.borderline or facts.old_age_pension:
        monthly = _monthly(facts, insured, rows)
        if isinstance(monthly, Unclear):
            return monthly
        return _assessment(facts, *monthly, rows)
    if True not in insured:
        return _assessment(facts, _NEVER, {}, None, rows)
    base = base_stage(facts.person, facts.members, rows)
    if isinstance(base, Unclear):
        return base
    number = base.stage
    if insured is _WHOLE_YEAR:
        stages = (number,) * 12
    else:
        stages = tuple(number if mark else 0 for mark in insured)
    return _assessment(facts, stages, {number: base.reason}, base, rows)


_NEVER = (0,) * 12
_Monthly = tuple[tuple[int, ...], dict[int, Reason], Base | None]


def _monthly(facts: AssessFacts, insured: list[bool], rows: Table) -> _Monthly | Unclear:
    """特別な事情のある人: 月ごとの段階と、段階ごとの理由。"""
    base: Base | Unclear | None = None
    stages, why = [0] * 12, {}
    for place in range(12):
        if not insured[place]:
            continue
        aided = _aided(facts, place, rows)
        if isinstance(aided, Unclear):
            return aided
        if aided is None:
            base = base or base_stage(facts.person, facts.members, rows)
            if isinstance(base, Unclear):
                return base
            found = _lowered(facts, place, rows, base)
            if isinstance(found, Unclear):
                return found
        else:
            found = aided
        stages[place] = found[0]
        why.setdefault(*found)
    return tuple(stages), why, base


def _aided(facts: AssessFacts, place: int, rows: Table) -> tuple[int, Reason] | Unclear | None:
    """生活保護または支援給付の月。どちらかを今受けていれば、もう一方の終わりの扱いは問わない。"""
    kinds = (
        (facts.public_assistance, "stage.public_assistance"),
        (facts.support_benefit, "stage.support_benefit"),
    )
    unknown: Unclear | None = None
    for wanted in ("now", "kept"):
        for spans, which in kinds:
            found = _effect(spans, place, rows, facts.fiscal_year)
            if found == wanted:
                return 1, Reason(which, "令38条1項1号")
            if isinstance(found, Unclear):
                unknown = found
    return unknown


def _lowered(facts: AssessFacts, place: int, rows: Table, base: Base) -> tuple[int, Reason] | Unclear:
    """老齢福祉年金(世帯非課税のとき第1段階)、境界層。下がらない人には期間の終わりの扱いも問わない。"""
    if base.stage > 1 and not base.household_taxed:
        found = _effect(facts.old_age_pension, place, rows, facts.fiscal_year)
        if isinstance(found, Unclear):
            return found
        if found:
            return 1, Reason("stage.old_age_pension", "令38条1項1号")
    lower = tuple(span for span in facts.borderline if span.stage < base.stage)
    effects = [(_effect((span,), place, rows, facts.fiscal_year), span.stage) for span in lower]
    for wanted in ("now", "kept"):
        stages = [number for found, number in effects if found == wanted]
        if stages:
            return min(stages), _borderline(min(stages), base)
    for found, _ in effects:
        if isinstance(found, Unclear):
            return found
    return base.stage, base.reason


def _assessment(facts, stages, why, base: Base | None, rows: Table) -> Finding[Assessment] | Unclear:
    found = _annual(stages, rows.money, why)
    if isinstance(found, Unclear):
        return found
    months = 12 - stages.count(0)
    if base is None:
        result = Assessment(found.value, months, stages, 0, False, False)
    else:
        result = Assessment(found.value, months, stages, base.stage, base.household_taxed, base.person_taxed)
    day = Reason("assess.day", "法130条", (facts.assessment_day, facts.fiscal_year, months))
    return Finding(result, (*found.reasons, day), base is not None and base.interim)


_YearMonths = dict[int, tuple[tuple[date, date], ...]]
_months: _YearMonths = {}


def month_spans(fiscal_year: int) -> tuple[tuple[date, date], ...]:
    """年度の十二か月の半開期間、四月から。"""
    if fiscal_year not in _months:
        firsts = [date(fiscal_year + (m > 12), (m - 1) % 12 + 1, 1) for m in range(4, 17)]
        _months[fiscal_year] = tuple(zip(firsts[:-1], firsts[1:], strict=True))
    return _months[fiscal_year]


_WHOLE_YEAR = [True] * 12


def insured_months(insured, fiscal_year: int) -> list[bool]:
    """資格のある月。取得の月を数え、喪失の月を数えない。同じ月に取得して喪失した月は数えない。"""
    spans = month_spans(fiscal_year)
    begin, finish = spans[0][0], spans[-1][1]
    if (
        len(insured) == 1
        and insured[0].start <= begin
        and (insured[0].end is None or insured[0].end >= finish)
    ):
        return _WHOLE_YEAR
    marks = [False] * 12
    for span in insured:
        for place, (first, following) in enumerate(spans):
            # 喪失日の属する月の前月まで: 月の末日を越えて資格が続く月だけを数える。
            if span.start < following and (span.end is None or span.end >= following):
                marks[place] = True
    return marks


def _effect(spans, place: int, rows: Table, fiscal_year: int) -> Literal["now", "kept"] | Unclear | None:
    """その月に効いているか。now: 続いている、または月の途中に終わった。

    kept: この年度に終わり、保険者の定めにより年度の終わりまで続ける。定めがなければ Unclear。
    """
    first, following = month_spans(fiscal_year)[place]
    begin = month_spans(fiscal_year)[0][0]
    ended = False
    for span in spans:
        if span.start >= following:
            continue
        if span.end is None or span.end > first:
            return "now"
        ended = ended or span.end > begin
    if not ended or rows.special_end == "rejudge":
        return None
    if rows.special_end == "keep":
        return "kept"
    return unclear("premium.special_end", "年度の途中で終わった後の扱いが条例の値に入っていません")


def _table(values: Values, fiscal_year: int) -> Table | Unclear:
    try:
        return of_year(values, fiscal_year).view(table)
    except ValueMissing as error:
        return Unclear((Missing(error.what, error.blocks),))
