"""分納の誓約: 滞納した額を月ごとに分けて納める約束。各回は円の整数で、合計は約束した額に一円も違わない。

何回納めなければ約束が破れたとするかは保険者の値。誓約は債務の承認なので、時効は prescription が見る。
"""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from kaigo.law.dates import add_months
from kaigo.law.reasons import Finding, Missing, Reason, Unclear
from kaigo.law.rule import rule
from kaigo.law.values import NoValue, ValueMissing, Values, value

ARTICLE = "民法152条・保険者の取扱い"


class Part(NamedTuple):
    """約束の一回。yen 円。"""

    due_on: date
    yen: int


class ScheduleFacts(NamedTuple):
    """debt_yen: 分けて納める額(一円以上)。monthly_yen: 毎月の額(一円以上)。first_on: 初回の期日。"""

    debt_yen: int
    monthly_yen: int
    first_on: date


class PerformanceFacts(NamedTuple):
    """約束の日から納められた額と、約束の各回。paid_yen: 約束した期に入った額(円)。on: いつ見るか。"""

    parts: tuple[Part, ...]
    paid_yen: int
    on: date


class Performance(NamedTuple):
    """met: 満たした回数。missed: 期日を過ぎて満たされていない回数。broken: 約束が破れた。done: すべて納めた。

    behind_yen: 期日の過ぎた回のうち足りない額。next_on: 次に納める期日(なければ None)。
    """

    met: int
    missed: int
    broken: bool
    done: bool
    behind_yen: int
    next_on: date | None


@value("agreements.missed")
def _missed(raw) -> int:
    """約束が破れたとする、納めなかった回数。"""
    found = int(raw)
    if found < 1:
        raise ValueError("agreements.missed は 1 以上")
    return found


@rule("agreements.schedule", facts=ScheduleFacts, article=ARTICLE)
def schedule(facts: ScheduleFacts, values: Values) -> Finding[tuple[Part, ...]]:
    """毎月同じ額、最後の回は残り。初回の日にあたる日のない月は、その月の末日。"""
    if facts.debt_yen < 1 or facts.monthly_yen < 1:
        raise ValueError("debt_yen と monthly_yen は 1 以上")
    whole, rest = divmod(facts.debt_yen, facts.monthly_yen)
    amounts = [facts.monthly_yen] * whole + ([rest] if rest else [])
    parts = tuple(Part(add_months(facts.first_on, place), yen) for place, yen in enumerate(amounts))
    last = parts[-1]
    why = Reason(
        "agreement.schedule", ARTICLE, (facts.debt_yen, len(parts), facts.monthly_yen, last.yen, last.due_on)
    )
    return Finding(parts, (why,))


@rule("agreements.performance", facts=PerformanceFacts, article=ARTICLE)
def performance(facts: PerformanceFacts, values: Values) -> Finding[Performance] | Unclear:
    """納められた額を初めの回から満たしていく。期日の当日までに満たされればよい。"""
    try:
        allowed: int = values.at(facts.on).get("agreements.missed")
    except ValueMissing as error:
        return Unclear((Missing(error.what, error.blocks),))
    except NoValue as error:
        return Unclear((Missing(str(error), "分納の履行"),))
    met = missed = owed = behind = 0
    next_on: date | None = None
    for part in facts.parts:
        owed += part.yen
        if facts.paid_yen >= owed:
            met += 1
            continue
        next_on = next_on or part.due_on
        if part.due_on < facts.on:
            missed += 1
            behind = owed - facts.paid_yen
    done = met == len(facts.parts)
    broken = missed >= allowed
    which = (
        "agreement.done" if done else "agreement.broken" if broken else
        "agreement.behind" if missed else "agreement.kept"
    )  # fmt: skip
    why = Reason(which, ARTICLE, (facts.on, met, len(facts.parts), missed, allowed, behind))
    return Finding(Performance(met, missed, broken, done, behind, next_on), (why,))
