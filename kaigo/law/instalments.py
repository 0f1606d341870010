"""特別徴収と普通徴収の期別。法131条から140条、条例。合計はいつも年額に等しい(返す額を引いて)。"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import NamedTuple, TypeVar

from kaigo.law.dates import add_months, business_day, month_end
from kaigo.law.instalment_facts import (
    Deduction,
    DeductionFacts,
    DeductionPlan,
    DirectFacts,
    DirectPlan,
    Instalment,
    Plan,
    PlanFacts,
)
from kaigo.law.levelling import level
from kaigo.law.reasons import Finding, Missing, Reason, Unclear
from kaigo.law.rule import rule
from kaigo.law.values import ValueMissing, Values, value

T = TypeVar("T")
PROVISIONAL, MAIN = (4, 6, 8), (10, 12, 14)


class Split(NamedTuple):
    """等分の端数。unit 円未満は remainder(first 最初・last 最後)の期に寄せる。"""

    unit: int
    remainder: str


def _split(raw) -> Split:
    if raw["remainder"] not in ("first", "last"):
        raise ValueError("remainder は first か last")
    return Split(int(raw["unit"]), raw["remainder"])


value("collection.deduction_split")(_split)
value("collection.direct_split")(_split)


class Schedule(NamedTuple):
    """普通徴収の納期。months: 期の順の月(13 は一月)。day: 日(0 は月末)。holiday: next なら休日の次の開庁日。"""

    months: tuple[int, ...]
    day: int
    holiday: str
    late_months: int


@value("collection.direct_schedule")
def _schedule(raw) -> Schedule:
    return Schedule(tuple(raw["months"]), int(raw["day"]), raw["holiday"], int(raw["late_months"]))


@value("collection.levelling")
def _levelling(raw) -> str:
    if raw not in ("none", "june_1_1", "june_5", "august_1_1", "august_4"):
        raise ValueError("none june_1_1 june_5 august_1_1 august_4 のどれか")
    return raw


@value("collection.capture")
def _capture(raw) -> dict[int, int]:
    return {int(captured): int(start) for captured, start in raw.items()}


@value("collection.deduction_minimum_pension")
def _minimum(raw) -> int:
    return int(raw)


class _Deducting(NamedTuple):
    """特別徴収に要る値。"""

    split: Split
    levelling: str


def _deducting(values: Values) -> _Deducting:
    return _Deducting(values.get("collection.deduction_split"), values.get("collection.levelling"))


class _Direct(NamedTuple):
    """普通徴収に要る値。"""

    split: Split
    schedule: Schedule


def _direct(values: Values) -> _Direct:
    return _Direct(values.get("collection.direct_split"), values.get("collection.direct_schedule"))


def split(yen: int, count: int, how: Split) -> tuple[int, ...]:
    """count 期に分ける。一期が unit 円に満たなければ全額を端数の期に寄せる。"""
    each = yen // count // how.unit * how.unit
    parts = [each] * count
    parts[0 if how.remainder == "first" else -1] += yen - each * count
    return tuple(parts)


@rule("instalments.pension_deduction", facts=DeductionFacts, article="法134条から140条")
def pension_deduction(facts: DeductionFacts, values: Values) -> Finding[DeductionPlan] | Unclear:
    """特別徴収の六回分。年次の依頼の前は本徴収だけを動かし、後は増額なら併徴、減額なら中止。資格を失えば中止。"""
    view = _found(values, _deducting)
    if isinstance(view, Unclear):
        return view
    if facts.ended_on or facts.stopped:
        return _no_longer(facts, view)
    if facts.requested:
        return _after_request(facts)
    if facts.start_month > 4 or facts.newly:
        return _new_starter(facts, view)
    provisional = _provisional(facts, view)
    if isinstance(provisional, Unclear):
        return provisional
    return _main(facts, provisional, view)


def _found(values: Values, make: Callable[[Values], T]) -> T | Unclear:
    try:
        return values.view(make)
    except ValueMissing as error:
        return Unclear((Missing(error.what, error.blocks),))


def _provisional(facts: DeductionFacts, view: _Deducting) -> tuple[Deduction, ...] | Unclear:
    """四月、六月、八月。決めてあればその額、なければ前の二月と同じ額(法140条1項)、平準化はその後。"""
    if facts.provisional:
        return tuple([Deduction(month, yen, True) for month, yen in facts.provisional])
    if facts.february_yen is None:
        return Unclear((Missing("february_yen", "前の2月に引いた額が分からないと仮徴収を決められません"),))
    same = tuple(Deduction(month, facts.february_yen, True) for month in PROVISIONAL)
    return level(same, facts.annual_yen, view.levelling, view.split.unit) if facts.may_level else same


def _main(
    facts: DeductionFacts, provisional: tuple[Deduction, ...], view: _Deducting
) -> Finding[DeductionPlan]:
    taken = sum([part.yen for part in provisional])
    rest = facts.annual_yen - taken
    if rest <= 0:
        return Finding(DeductionPlan(provisional, 0, -rest, "none"), (_over(facts.annual_yen, taken),))
    parts = split(rest, 3, view.split)
    main = tuple([Deduction(month, yen, False) for month, yen in zip(MAIN, parts, strict=True)])
    why = Reason("deduction.main", "法135条・140条", (facts.annual_yen, taken, rest, parts[0], parts[1]))
    return Finding(DeductionPlan(provisional + main, 0, 0, "keep"), (why,))


def _new_starter(facts: DeductionFacts, view: _Deducting) -> Finding[DeductionPlan]:
    """年度の途中(または四月)に始まる人: 始まる月から三月までの分を特別徴収、その前の分を普通徴収。

    八月までに始まれば仮徴収がある: 年額 ÷ 12 × 九月までの月数 ÷ 回数(法140条2項)。決めてあればその額。
    """
    start = facts.start_month
    if start > MAIN[-1]:
        return Finding(
            DeductionPlan((), facts.annual_yen, 0, "none"), (Reason("deduction.next_year", "法135条"),)
        )
    covered = 16 - start
    share = facts.annual_yen * covered // 12
    early = _early(facts, view)
    rest = share - sum(part.yen for part in early)
    if rest <= 0:
        # 仮徴収が年額の分を超えた: 本徴収は依頼せず、超えた分は普通徴収の分から引き、残れば返す。
        taken = share - rest
        direct = facts.annual_yen - taken
        why = _over(facts.annual_yen, taken)
        return Finding(DeductionPlan(early, max(0, direct), max(0, -direct), "none"), (why,))
    months = [month for month in MAIN if month >= start]
    parts = split(rest, len(months), view.split)
    main = tuple(Deduction(month, yen, False) for month, yen in zip(months, parts, strict=True))
    reason = Reason("deduction.start", "法135条", (start, covered, share, facts.annual_yen - share))
    return Finding(DeductionPlan(early + main, facts.annual_yen - share, 0, "start"), (reason,))


def _over(annual: int, taken: int) -> Reason:
    """本徴収を依頼しない訳: 仮徴収が年額より多い、年額に等しい、または特別徴収の分を満たし残りは普通徴収。"""
    if taken > annual:
        return Reason("deduction.over", "法140条", (annual, taken, taken - annual))
    if taken == annual:
        return Reason("deduction.even", "法140条", (annual, taken))
    return Reason("deduction.enough", "法140条", (annual, taken, annual - taken))


def _early(facts: DeductionFacts, view: _Deducting) -> tuple[Deduction, ...]:
    """新しく始まる人の仮徴収。"""
    if facts.provisional:
        return tuple(Deduction(month, yen, True) for month, yen in facts.provisional)
    months = [month for month in PROVISIONAL if month >= facts.start_month]
    if not months:
        return ()
    total = facts.annual_yen * (10 - facts.start_month) // 12
    return tuple(
        Deduction(month, yen, True)
        for month, yen in zip(months, split(total, len(months), view.split), strict=True)
    )


def _no_longer(facts: DeductionFacts, view: _Deducting) -> Finding[DeductionPlan] | Unclear:
    """資格を失った人、中止を知らせた人: 引き終えた回だけを残し、残りは普通徴収、多ければ返す(法138条)。"""
    known = _known(facts)
    if not known and facts.start_month <= 4 and not facts.newly:
        found = _provisional(facts._replace(may_level=False), view)
        if isinstance(found, Unclear):
            return found
        known = found
    done = tuple(part for part in known if facts.stopped or _is_past(part.month, facts))
    taken = sum(part.yen for part in done)
    rest = facts.annual_yen - taken
    if facts.ended_on:
        why = Reason("deduction.ended", "法138条", (facts.ended_on, taken, facts.annual_yen))
    else:
        why = Reason("deduction.stopped", "法138条", (taken, facts.annual_yen))
    # 依頼もしていず引いてもいない人には、止めるものがない。
    request = "stop" if known else "none"
    return Finding(DeductionPlan(done, max(0, rest), max(0, -rest), request), (why,))


def _known(facts: DeductionFacts) -> tuple[Deduction, ...]:
    """すでに決めた仮徴収と、依頼している本徴収。"""
    return tuple(Deduction(m, y, True) for m, y in facts.provisional) + tuple(
        Deduction(m, y, False) for m, y in facts.current
    )


def _after_request(facts: DeductionFacts) -> Finding[DeductionPlan]:
    current = _known(facts)
    planned = sum(part.yen for part in current)
    if facts.annual_yen >= planned:
        more = facts.annual_yen - planned
        which = "deduction.increase" if more else "deduction.same"
        return Finding(DeductionPlan(current, more, 0, "keep"), (Reason(which, "法138条", (more,)),))
    done = tuple(part for part in current if _is_past(part.month, facts))
    taken = sum(part.yen for part in done)
    rest = facts.annual_yen - taken
    reason = Reason("deduction.decrease", "法138条", (planned, facts.annual_yen, taken))
    return Finding(DeductionPlan(done, max(0, rest), max(0, -rest), "stop"), (reason,))


def _is_past(month: int, facts: DeductionFacts) -> bool:
    """その月の支払いはもう止められないか。決定の日と資格を失った日の遅い方の属する月までの支払いは引かれる。"""
    day = date(facts.fiscal_year + (month > 12), (month - 1) % 12 + 1, 1)
    return any(day <= until for until in (facts.decided_on, facts.ended_on) if until)


@rule("instalments.direct_payment", facts=DirectFacts, article="法131条・条例")
def direct_payment(facts: DirectFacts, values: Values) -> Finding[DirectPlan] | Unclear:
    """普通徴収の期別。納期限の過ぎた期は動かさず、残りを後の期に等分する。後の期がなければ随時期。"""
    view = _found(values, _direct)
    if isinstance(view, Unclear):
        return view
    past = tuple(Instalment(*part) for part in facts.levied)
    rest = facts.yen - sum(part.yen for part in past)
    if rest <= 0:
        which = "direct.refund" if rest < 0 else "direct.none"
        return Finding(DirectPlan(past, -rest), (Reason(which, "条例", (-rest,)),))
    open_terms = [term for term in due_dates(facts.fiscal_year, view.schedule) if term[1] > facts.decided_on]
    taken = {part.number for part in past}
    open_terms = [term for term in open_terms if term[0] not in taken]
    if not open_terms:
        number = (
            len(view.schedule.months) + 1 + sum(1 for part in past if part.number > len(view.schedule.months))
        )
        due = business_day(month_end(add_months(facts.decided_on, view.schedule.late_months)))
        return Finding(
            DirectPlan((*past, Instalment(number, due, rest)), 0),
            (Reason("direct.late", "条例", (due, rest)),),
        )
    parts = split(rest, len(open_terms), view.split)
    coming = tuple(
        Instalment(number, due, yen) for (number, due), yen in zip(open_terms, parts, strict=True) if yen
    )
    # 少ない額は一つの期に寄るので、分けた数は額のある期の数である。
    reason = Reason("direct.split", "法131条・条例", (rest, len(coming), coming[0].yen, coming[-1].yen))
    return Finding(DirectPlan(past + coming, 0), (reason,))


_due: dict[tuple[int, Schedule], tuple[tuple[int, date], ...]] = {}


def due_dates(fiscal_year: int, schedule: Schedule) -> tuple[tuple[int, date], ...]:
    """(期, 納期限)。休日なら条例により次の開庁日。"""
    key = (fiscal_year, schedule)
    if key not in _due:
        found = []
        for number, month in enumerate(schedule.months, 1):
            first = date(fiscal_year + (month > 12), (month - 1) % 12 + 1, 1)
            due = month_end(first) if schedule.day == 0 else first + timedelta(days=schedule.day - 1)
            found.append((number, business_day(due) if schedule.holiday == "next" else due))
        _due[key] = tuple(found)
    return _due[key]


@rule("instalments.plan", facts=PlanFacts, article="法131条から140条・条例")
def plan(facts: PlanFacts, values: Values) -> Finding[Plan] | Unclear:
    """特別徴収と普通徴収を合わせた一年度の予定。"""
    deductions: tuple[Deduction, ...] = ()
    direct_yen, refund, request = facts.annual_yen, 0, "none"
    reasons: tuple[Reason, ...] = ()
    if facts.deduction is not None:
        found = pension_deduction(facts.deduction, values)
        if isinstance(found, Unclear):
            return found
        deductions, direct_yen, refund, request = found.value
        reasons = found.reasons
    instalments: tuple[Instalment, ...] = ()
    if direct_yen or facts.levied:
        direct = direct_payment(
            DirectFacts(facts.fiscal_year, direct_yen, facts.decided_on, facts.levied), values
        )
        if isinstance(direct, Unclear):
            return direct
        instalments, more = direct.value
        refund += more
        reasons += direct.reasons
    taken = any(part.yen for part in deductions)
    way = "both" if taken and instalments else "deduction" if taken else "direct" if instalments else "none"
    return Finding(Plan(way, deductions, instalments, refund, request), reasons)
