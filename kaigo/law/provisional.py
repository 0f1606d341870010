"""仮徴収の額(法140条1項): 前の二月に引いた額を四月・六月・八月に引く。"""

from __future__ import annotations

from typing import NamedTuple

from kaigo.law.instalment_facts import Deduction
from kaigo.law.reasons import Finding, Reason
from kaigo.law.rule import rule
from kaigo.law.values import Values


class ProvisionalFacts(NamedTuple):
    """february_yen: 前の年度の二月に引いた額(円)。"""

    fiscal_year: int
    february_yen: int


class Provisional(NamedTuple):
    """total_yen: 三回の合計。deductions: 四月、六月、八月。"""

    total_yen: int
    deductions: tuple[Deduction, ...]


@rule("instalments.provisional", facts=ProvisionalFacts, article="法140条1項")
def provisional(facts: ProvisionalFacts, values: Values) -> Finding[Provisional]:
    """本算定までの仮の額。"""
    parts = tuple(Deduction(month, facts.february_yen, True) for month in (4, 6, 8))
    total = 3 * facts.february_yen
    reason = Reason("provisional.february", "法140条1項", (facts.february_yen, total))
    return Finding(Provisional(total, parts), (reason,))
