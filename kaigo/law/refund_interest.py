"""還付加算金: 返す額または充当する額に、日数に応じて加える額。地方税の例による(自治法231条の3第4項)。

起算日は過誤納の生じた訳による(地方税法17条の4第1項の例)。訳ごとの起算日は値 `refund_interest.start` にあり、地方税での区分に
出典があるが、介護保険料がどれに当たるかは記憶による。一つの納付についての額であり、いくつもの納付を返すときは一つずつ見る。
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Literal, NamedTuple

from kaigo.law.dates import last_day
from kaigo.law.interest import Fractions, Stretch, cut, fractions, percent, permille, rates_of, total
from kaigo.law.reasons import Finding, Missing, Reason, Unclear, unclear
from kaigo.law.rule import rule
from kaigo.law.values import NoValue, ValueMissing, Values, value

ARTICLE = "自治法231条の3第4項・地方税法17条の4の例"
DAY = timedelta(days=1)
Cause = Literal["reassessed", "mistaken", "tax_corrected", "after_death"]
CAUSES = ("reassessed", "mistaken", "tax_corrected", "after_death")
# never: 付けない。
STARTS = ("payment", "month_after_payment", "month_after_correction", "never")


class RefundInterestFacts(NamedTuple):
    """一つの納付の還付加算金を見る事実。

    yen: 返す額または充当する額(円)。paid_on: それを納めた日。decided_on: 還付の支出を決定した日、または充当した日。
    cause: reassessed 減額の賦課決定・mistaken 二重納付など誤って納めた・tax_corrected 税の更正または申告による減額・
    after_death 死亡の後に年金から徴収され、年金保険者に返す。
    corrected_on: 税の更正の通知または申告の日(起算日がそれによるときだけ)。
    noticed_on: 過誤納を本人に通知した日。claimed_on: 本人が還付を請求した日(請求を要しなければ書かない)。
    """

    yen: int
    paid_on: date
    decided_on: date
    cause: Cause
    corrected_on: date | None = None
    noticed_on: date | None = None
    claimed_on: date | None = None


class RefundInterest(NamedTuple):
    """yen: 加算金(円)。exact_yen: 端数を切り捨てる前の合計。starts_on: 起算日(付けないなら None)。stretches: 期間ごとの内訳。"""

    yen: int
    exact_yen: int
    starts_on: date | None
    stretches: tuple[Stretch, ...]


value("refund_interest.rates")(permille)
value("refund_interest.fractions")(fractions)


@value("refund_interest.start")
def _start(raw) -> Mapping[str, str | None]:
    if set(raw) != set(CAUSES):
        raise ValueError(f"{' '.join(CAUSES)} のそれぞれに書く")
    if wrong := {how for how in raw.values() if how is not None and how not in STARTS}:
        raise ValueError(f"起算日は {' '.join(STARTS)} のどれか({' '.join(map(str, wrong))} は書けません)")
    return raw


@value("refund_interest.claim_days")
def _claim_days(raw) -> int:
    return int(raw)


@rule("refund_interest.payment", facts=RefundInterestFacts, article=ARTICLE)
def payment(facts: RefundInterestFacts, values: Values) -> Finding[RefundInterest] | Unclear:
    """一つの納付の還付加算金。起算日から、還付の支出を決定した日(充当した日)まで。"""
    of_day = values.at(facts.decided_on)
    try:
        how: Fractions = of_day.get("refund_interest.fractions")
        starts_on = _starts_on(facts, of_day)
        left_out = _left_out(facts, of_day)
    except ValueMissing as error:
        return Unclear((Missing(error.what, error.blocks),))
    except NoValue as error:
        return Unclear((Missing(str(error), "還付加算金の計算"),))
    if isinstance(starts_on, Unclear):
        return starts_on
    if starts_on is None:
        return Finding(
            RefundInterest(0, 0, None, ()), (Reason("refund_interest.never", ARTICLE, (facts.yen,)),)
        )
    base = how.base(facts.yen)
    spans = _spans(starts_on, facts.decided_on + DAY, left_out) if base else []
    rates, lacks = rates_of(
        values, "refund_interest.rates", (start.year for start, _ in spans), "還付加算金の計算"
    )
    if lacks:
        return Unclear(lacks)
    stretches = tuple(Stretch(start, end, base, rates[start.year]) for start, end in spans)
    exact = total(stretches)
    yen = how.settled(exact)
    return Finding(
        RefundInterest(yen, exact, starts_on, stretches),
        (_why(facts, how, yen, exact, starts_on, stretches),),
    )


def _starts_on(facts: RefundInterestFacts, values: Values) -> date | Unclear | None:
    """起算日。納めた日の翌日より前にはならない。付けないなら None。"""
    how = values.get("refund_interest.start")[facts.cause]
    if how == "never":
        return None
    if how == "payment":
        return facts.paid_on + DAY
    if how == "month_after_payment":
        return last_day(facts.paid_on + DAY, months=1) + DAY
    if how is None:
        return unclear("税の更正による減額の起算日", "還付加算金の計算")
    if facts.corrected_on is None:
        return unclear("corrected_on", "税の更正の通知または申告の日が分からないと起算日を決められません")
    return max(facts.paid_on + DAY, last_day(facts.corrected_on + DAY, months=1) + DAY)


def _left_out(facts: RefundInterestFacts, values: Values) -> tuple[date, date] | None:
    """数えない半開の期間: 通知から三十日を経過する日の翌日から、請求のあった日まで(地方税法17条の4第2項の例)。"""
    if facts.noticed_on is None or facts.claimed_on is None:
        return None
    start = facts.noticed_on + timedelta(days=values.get("refund_interest.claim_days") + 1)
    return (start, facts.claimed_on + DAY) if start <= facts.claimed_on else None


def _spans(start: date, end: date, left_out: tuple[date, date] | None) -> list[tuple[date, date]]:
    spans = cut(start, end, left_out or ())
    if left_out is None:
        return spans
    return [span for span in spans if not left_out[0] <= span[0] < left_out[1]]


def _why(
    facts: RefundInterestFacts,
    how: Fractions,
    yen: int,
    exact: int,
    starts_on: date,
    stretches: tuple[Stretch, ...],
) -> Reason:
    parts = tuple(
        Reason(
            "refund_interest.part",
            ARTICLE,
            (part.start, part.end - DAY, part.base_yen, percent(part.permille), part.days),
        )
        for part in stretches
    )
    if not how.base(facts.yen):
        return Reason("refund_interest.small_base", ARTICLE, (facts.yen, how.minimum_base))
    if not yen:
        return Reason("refund_interest.small", ARTICLE, (exact, how.minimum, starts_on), parts)
    return Reason("refund_interest.added", ARTICLE, (yen, exact, starts_on, facts.decided_on), parts)
