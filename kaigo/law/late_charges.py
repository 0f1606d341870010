"""延滞金: 納期限までに納められなかった一つの期の額に、納期限の翌日から納めた日までの日数に応じて加わる額。

督促をした期だけに掛かる(自治法231条の3第2項): 督促の前に納め終えた期には、遅れていても掛からない。督促をすれば、納期限の翌日から
数える。期間は、一部を納めた日の翌日、初めの期間(納期限の翌日から三か月または一か月)の翌日、一月一日で切れる。期間ごとの額を足して
から、端数を切り捨てる。減免、猶予の期間の免除はここにはない。
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import NamedTuple

from kaigo.law.dates import last_day
from kaigo.law.interest import Fractions, Stretch, cut, fractions, percent, permille, rates_of, total
from kaigo.law.reasons import Finding, Missing, Reason, Unclear
from kaigo.law.rule import rule
from kaigo.law.values import NoValue, ValueMissing, Values, value

ARTICLE = "自治法231条の3第2項・条例"
# 延滞金は「督促をした場合」に徴収できる(西原村・産山村の条例の引用。条例で確かめる)。
DEMAND = "自治法231条の3第2項"
DAY = timedelta(days=1)


class PartPayment(NamedTuple):
    """一部の納付。yen 円。次の日から、残りの額を元にする。"""

    paid_on: date
    yen: int


class LateFacts(NamedTuple):
    """一つの期の延滞金を見る事実。

    yen: 期の額のうち、納期限に(早く納めた分を引く前に)納めるべきだった額(円)。payments: 納付のすべて。
    until: すべてを納めた日。まだなら、いつまでの延滞金を見るか。demanded_on: 督促状を発した日。督促していなければ None。
    """

    due_on: date
    yen: int
    until: date
    payments: tuple[PartPayment, ...] = ()
    demanded_on: date | None = None


class LateCharge(NamedTuple):
    """yen: 延滞金(円)。exact_yen: 千円・百円の端数を切り捨てる前の合計(円未満切捨て)。stretches: 期間ごとの内訳。"""

    yen: int
    exact_yen: int
    stretches: tuple[Stretch, ...]


class Rates(NamedTuple):
    """一年の割合(千分率)。first: 初めの期間、after: その後。"""

    first: int
    after: int


@value("late_charges.rates")
def _rates(raw) -> Rates:
    return Rates(permille(raw["first"]), permille(raw["after"]))


@value("late_charges.first_period")
def _first_period(raw) -> int:
    """初めの期間の月数。none は、延滞金を取らない。"""
    if raw not in ("none", 1, 3):
        raise ValueError("first_period は none か 1 か 3")
    return 0 if raw == "none" else raw


value("late_charges.fractions")(fractions)


@rule("late_charges.instalment", facts=LateFacts, article=ARTICLE)
def instalment(facts: LateFacts, values: Values) -> Finding[LateCharge] | Unclear:
    """一つの期の延滞金。定めは納期限の日のもの、割合は暦年ごと。割合のない年があれば分からない。

    督促状を発した日に納めたものは、行き違いとみる(設計)。
    """
    if facts.until <= facts.due_on or not _left(facts, facts.due_on):
        return _none(Reason("late.in_time", ARTICLE, (facts.due_on,)))
    if facts.demanded_on is None:
        return _none(Reason("late.not_demanded", DEMAND, (facts.due_on,)))
    if facts.until <= facts.demanded_on:
        return _none(Reason("late.before_demand", DEMAND, (facts.until, facts.demanded_on)))
    try:
        of_day = values.at(facts.due_on)
        months: int = of_day.get("late_charges.first_period")
        how: Fractions = of_day.get("late_charges.fractions")
    except ValueMissing as error:
        return Unclear((Missing(error.what, error.blocks),))
    except NoValue as error:
        return Unclear((Missing(str(error), "延滞金の計算"),))
    if not months:
        return _none(Reason("late.not_charged", ARTICLE, (facts.due_on,)))
    first_last = last_day(facts.due_on + DAY, months=months)
    owed = _owed(facts, first_last + DAY)
    charged = [(start, end, yen) for start, end, yen in owed if how.base(yen)]
    rates, lacks = rates_of(
        values, "late_charges.rates", (start.year for start, _, _ in charged), "延滞金の計算"
    )
    if lacks:
        return Unclear(lacks)
    stretches = tuple(
        Stretch(start, end, how.base(yen), _rate(rates[start.year], start <= first_last))
        for start, end, yen in charged
    )
    exact = total(stretches)
    yen = how.settled(exact)
    which = "late.charged" if yen else "late.small" if stretches else "late.small_base"
    limit = how.minimum if stretches else how.minimum_base
    parts = _parts(owed, stretches, how)
    return Finding(
        LateCharge(yen, exact, stretches), (Reason(which, ARTICLE, (yen, exact, limit, facts.until), parts),)
    )


def _none(reason: Reason) -> Finding[LateCharge]:
    return Finding(LateCharge(0, 0, ()), (reason,))


def _rate(rates: Rates, first: bool) -> int:
    return rates.first if first else rates.after


def _left(facts: LateFacts, on: date) -> int:
    """on の終わりにまだ納められていない額。"""
    return max(0, facts.yen - sum(part.yen for part in facts.payments if part.paid_on <= on))


def _owed(facts: LateFacts, after: date) -> list[tuple[date, date, int]]:
    """納められていない額の変わらない期間(半開)と、その額。納め終えた後の期間はない。"""
    marks = {part.paid_on + DAY for part in facts.payments} | {after}
    spans = cut(facts.due_on + DAY, facts.until + DAY, marks)
    rows = [(start, end, _left(facts, start - DAY)) for start, end in spans]
    return [row for row in rows if row[2]]


def _parts(
    owed: list[tuple[date, date, int]], stretches: tuple[Stretch, ...], how: Fractions
) -> tuple[Reason, ...]:
    """期間ごとの理由。元の額が二千円に満たない期間も、掛けない訳とともに残す。"""
    charged = {stretch.start: stretch for stretch in stretches}
    found = []
    for start, end, yen in owed:
        stretch = charged.get(start)
        if stretch is None:
            found.append(Reason("late.part_small", ARTICLE, (start, end - DAY, yen, how.minimum_base)))
            continue
        args = (start, end - DAY, stretch.base_yen, percent(stretch.permille), stretch.days)
        found.append(Reason("late.part", ARTICLE, args))
    return tuple(found)
