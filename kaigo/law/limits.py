"""賦課決定の期間制限(法200条の2)と、還付を請求できる期間(法200条1項)。どちらも二年。"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Literal, NamedTuple

from kaigo.law.dates import last_day
from kaigo.law.instalments import due_dates
from kaigo.law.reasons import Finding, Missing, Reason, Unclear
from kaigo.law.rule import rule
from kaigo.law.values import ValueMissing, Values


def two_years_after(on: date) -> date:
    """on の翌日から数える二年の末日(法200条、民法140条・143条)。"""
    return last_day(on + timedelta(days=1), years=2)


class LimitFacts(NamedTuple):
    """first_way: その年度のその人の最初の納期の徴収方法。first_deduction_month: 特別徴収の最初の月(4 から 14)。

    first_due: 普通徴収の最初の納期限(None なら条例の第一期)。
    """

    fiscal_year: int
    first_way: Literal["deduction", "direct"]
    decided_on: date
    acquired_on: date | None = None
    first_deduction_month: int = 4
    first_due: date | None = None


class Limit(NamedTuple):
    """first_due_on: 最初の納期。last_valid_on: 決定できる最後の日。allowed: decided_on に決定できるか。"""

    first_due_on: date
    last_valid_on: date
    allowed: bool


@rule("limits.assessment", facts=LimitFacts, article="法200条の2")
def assessment(facts: LimitFacts, values: Values) -> Finding[Limit] | Unclear:
    """特別徴収の最初の納期は最初に引いた月の翌月十日、普通徴収は条例の第一期。取得がその後なら取得日。"""
    if facts.first_way == "deduction":
        month = facts.first_deduction_month + 1
        first = date(facts.fiscal_year + (month > 12), (month - 1) % 12 + 1, 10)
        reason_id = "limit.deduction"
    else:
        try:
            first = (
                facts.first_due
                or due_dates(facts.fiscal_year, values.get("collection.direct_schedule"))[0][1]
            )
        except ValueMissing as error:
            return Unclear((Missing(error.what, error.blocks),))
        reason_id = "limit.direct"
        if facts.acquired_on and facts.acquired_on > first:
            first, reason_id = facts.acquired_on, "limit.acquired"
    last = two_years_after(first)
    allowed = facts.decided_on <= last
    parts = (Reason("limit.allowed" if allowed else "limit.barred", "法200条の2", (facts.decided_on, last)),)
    return Finding(Limit(first, last, allowed), (Reason(reason_id, "法200条の2", (first, last), parts),))


class RefundFacts(NamedTuple):
    """claimable_on: 還付を請求できるようになった日(減額の決定の日など)。on: いつ見るか。"""

    claimable_on: date
    on: date


class RefundLimit(NamedTuple):
    """last_claim_on: 請求できる最後の日。open: on にまだ請求できるか。"""

    last_claim_on: date
    open: bool


@rule("limits.refund", facts=RefundFacts, article="法200条1項")
def refund(facts: RefundFacts, values: Values) -> Finding[RefundLimit]:
    """還付を受ける権利は、行使できる時から二年で時効により消える。初日は数えない(民法140条)。"""
    last = two_years_after(facts.claimable_on)
    still = facts.on <= last
    parts = (Reason("limit.refund_open" if still else "limit.refund_over", "法200条1項", (facts.on, last)),)
    return Finding(
        RefundLimit(last, still), (Reason("limit.refund", "法200条1項", (facts.claimable_on, last), parts),)
    )
