"""所得。目的と年を引数にとる一つの関数。譲渡所得の特別控除はどの目的でも引く(事例 I03 I09)。"""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from kaigo.law.premium_facts import IncomeFacts, PersonTax
from kaigo.law.reasons import Finding, Reason
from kaigo.law.rule import rule
from kaigo.law.values import Values, value


class Income(NamedTuple):
    """円。total: 判定に使う合計所得金額。pension_and_other: 公的年金等収入とその他の合計所得金額の計。"""

    total: int
    pension_and_other: int


class IncomeRule(NamedTuple):
    """年度ごとの所得の見方。値 income.premium。"""

    subtract_special: bool  # 譲渡の特別控除を引く
    subtract_pension_income: bool  # 公的年金等に係る雑所得を引く(その他の合計所得金額)
    salary_relief: int  # 給与所得から引く額(年金収入等の判定)
    taxed_relief: int  # 給与・年金所得から引く額(合計所得金額の判定)
    deemed_salary: bool  # 令和8年度のみなし(改正前の給与所得控除)


@value("income.premium")
def _income_rule(raw) -> IncomeRule:
    return IncomeRule(**raw)


class SalaryStep(NamedTuple):
    """改正前の給与所得控除: 収入 upto 以下で 収入×rate% + plus(円)を所得とする。"""

    upto: int
    percent: int
    plus: int


class OldSalary(NamedTuple):
    """みなしの対象となる収入の範囲 [low, high) と、控除の段。"""

    low: int
    high: int
    steps: tuple[SalaryStep, ...]


@value("income.old_salary_deduction")
def _old_salary(raw) -> OldSalary:
    steps = tuple(SalaryStep(**step) for step in raw["steps"])
    if steps[-1].upto < raw["high"] - 1:
        raise ValueError("給与所得控除の段が収入の範囲に足りません")
    return OldSalary(raw["low"], raw["high"], steps)


def old_salary_income(revenue: int, table: OldSalary) -> int:
    """改正前の控除による給与所得(円)。範囲の外の収入は呼ぶ側が除く。"""
    step = next(step for step in table.steps if revenue <= step.upto)
    return max(0, revenue * step.percent // 100 + step.plus)


def is_deemed(person: PersonTax, view: IncomeRule, old: OldSalary) -> bool:
    """令和8年度のみなし(改正前の給与所得控除)の対象か。賦課期日にこの市町村にいない人には及ばない。"""
    return old.low <= person.salary_revenue < old.high and view.deemed_salary and person.deemed_applies


def deemed_salary_income(person: PersonTax, old: OldSalary) -> int:
    """改正前の控除による給与所得(円)。所得金額調整控除は税の記録の額のまま引く。"""
    return max(0, old_salary_income(person.salary_revenue, old) - person.income_adjustment)


def premium_income(person: PersonTax, view: IncomeRule, old: OldSalary) -> Income:
    """保険料のための所得。速さのため理由を作らない(理由は for_purpose と stage が作る)。"""
    salary = person.salary_income
    total = person.total_income
    if view.deemed_salary and is_deemed(person, view, old):
        before = deemed_salary_income(person, old)
        total += before - salary
        salary = before
    if view.subtract_special:
        total -= person.special_deduction
    other = total
    if view.subtract_pension_income:
        other -= person.pension_income
    if view.salary_relief and salary:
        with_adjustment = salary + person.income_adjustment
        other += max(0, with_adjustment - view.salary_relief) - salary
    if view.taxed_relief:
        total -= min(view.taxed_relief, max(0, salary + person.pension_income))
    return Income(max(0, total), person.pension_revenue + max(0, other))


def of_year(values: Values, fiscal_year: int) -> Values:
    """その年度の値。values の日が年度の外なら(さかのぼる賦課)、年度の初日の値。

    境や見方は年度で動く。処理日の値で前の年度を判定すると、事例 I04 と同じ誤りになる。
    """
    on = values.on
    if (on.year if on.month > 3 else on.year - 1) == fiscal_year:
        return values
    return values.at(date(fiscal_year, 4, 1))


def _premium_view(values: Values) -> tuple[IncomeRule, OldSalary]:
    return values.get("income.premium"), values.get("income.old_salary_deduction")


@rule("income.for_purpose", facts=IncomeFacts, article="令38条・令22条の2・地方税法292条")
def for_purpose(facts: IncomeFacts, values: Values) -> Finding[Income]:
    """目的と年に応じた所得。保険料のほかの目的は譲渡の特別控除を引くところまで(給付の規則が続きを見る)。"""
    person = facts.person
    if facts.purpose == "premium":
        view, old = of_year(values, facts.year).view(_premium_view)
        income = premium_income(person, view, old)
        deemed = is_deemed(person, view, old)
        reason = Reason(
            "income.premium_deemed" if deemed else "income.premium",
            "令38条",
            (person.total_income, person.special_deduction if view.subtract_special else 0, income.total,
             income.pension_and_other),
        )  # fmt: skip
        return Finding(income, (reason,))
    total = max(0, person.total_income - person.special_deduction)
    other = max(0, total - person.pension_income)
    income = Income(total, person.pension_revenue + other)
    args = (person.total_income, person.special_deduction, income.total)
    return Finding(income, (Reason("income.benefit", "令22条の2", args),))
