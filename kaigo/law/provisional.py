"""仮徴収の額(法140条): 前の二月に引いた額を四月・六月・八月に引く。本算定までに変わることと、その後の額。"""

from __future__ import annotations

from datetime import date
from typing import Literal, NamedTuple

from kaigo.law.instalment_facts import Deduction, Paid
from kaigo.law.reasons import Finding, Reason
from kaigo.law.rule import rule
from kaigo.law.values import Values

MONTHS = (4, 6, 8)
# 法140条2項: 市町村が定められるのは六月一日から九月三十日までの支払いの額だけ。
CHANGEABLE = (6, 8)


class ProvisionalFacts(NamedTuple):
    """february_yen: 前の年度の二月に引いた額(円)。

    changed: 法140条2項により市町村が定めた六月・八月の額。ended_on: 資格を失った日(失っていれば)。
    stopped_from: 年金の支払いを受けなくなったことなどにより引かれなくなった最初の支払いの月。decided_on: 決定する日。
    """

    fiscal_year: int
    february_yen: int
    changed: tuple[Paid, ...] = ()
    ended_on: date | None = None
    stopped_from: int | None = None
    decided_on: date | None = None


class Provisional(NamedTuple):
    """deductions: 引く回。total_yen: 仮徴収の決定の額(引く額から返す額を除く)。refund_yen: 返す額。

    request: keep 続ける・stop 止める。
    """

    total_yen: int
    deductions: tuple[Deduction, ...]
    refund_yen: int = 0
    request: Literal["keep", "stop"] = "keep"


@rule("instalments.provisional", facts=ProvisionalFacts, article="法140条")
def provisional(facts: ProvisionalFacts, values: Values) -> Finding[Provisional]:
    """本算定までの仮の額。止めるときは引き終えた回だけを残す。残りの保険料は本算定で決まる。"""
    changed = {month: yen for month, yen in facts.changed if month in CHANGEABLE}
    parts = tuple(Deduction(month, changed.get(month, facts.february_yen), True) for month in MONTHS)
    plain = not changed and facts.ended_on is None and facts.stopped_from is None
    reasons = [
        Reason(
            "provisional.february" if plain else "provisional.before",
            "法140条1項",
            (facts.february_yen, 3 * facts.february_yen),
        ),
        *(
            Reason("provisional.changed", "法140条2項", (month, facts.february_yen, yen))
            for month, yen in sorted(changed.items())
        ),
    ]
    if facts.ended_on is None and facts.stopped_from is None:
        return Finding(Provisional(sum(part.yen for part in parts), parts), tuple(reasons))
    done = tuple(part for part in parts if _taken(part.month, facts))
    taken = sum(part.yen for part in done)
    if facts.stopped_from is not None:
        reasons.append(Reason("provisional.stopped", "法140条3項・139条1項", (facts.stopped_from, taken)))
    if facts.ended_on is not None:
        reasons.append(Reason("provisional.ended", "法140条3項・138条1項", (facts.ended_on, taken)))
        if _months(facts.fiscal_year, facts.ended_on) == 0:
            # 保険料のかかる月がなければ、段階を待たずに零と分かる。
            reasons.append(Reason("provisional.no_month", "法140条3項・139条2項", (facts.ended_on, taken)))
            return Finding(Provisional(0, done, taken, "stop"), tuple(reasons))
    return Finding(Provisional(taken, done, 0, "stop"), tuple(reasons))


def first_of(fiscal_year: int, month: int) -> date:
    """支払いの月の初日。この日を過ぎればその支払いはもう変えられない。"""
    return date(fiscal_year, month, 1)


def _taken(month: int, facts: ProvisionalFacts) -> bool:
    """その月の支払いから引かれたか。資格を失った人では、決定の日と失った日の遅い方の属する月までは引かれる。"""
    if facts.stopped_from is not None and month >= facts.stopped_from:
        return False
    if facts.ended_on is None:
        return True
    first = first_of(facts.fiscal_year, month)
    return any(first <= until for until in (facts.decided_on, facts.ended_on) if until)


def _months(fiscal_year: int, ended_on: date) -> int:
    """四月から、資格を失った月の前の月までの月数。"""
    return max(0, 12 * (ended_on.year - fiscal_year) + ended_on.month - 4)
