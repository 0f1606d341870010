"""会計年度: 調定と収入の属する年度、過誤納を戻出にするか歳出にするか。

会計年度は四月一日から三月三十一日まで(自治法208条)、出納は翌年度の五月三十一日に閉鎖する(同235条の5)。収入の年度は施行令142条、
戻出は165条の7、閉鎖の後は160条・165条の8。142条1項1号が休日の繰下げをしない納期の末日によることは記憶による。
"""

from __future__ import annotations

from datetime import date
from typing import Literal, NamedTuple

from kaigo.law.dates import fiscal_span, fiscal_year
from kaigo.law.reasons import Finding, Missing, Reason, Unclear, unclear
from kaigo.law.rule import rule
from kaigo.law.values import ValueMissing, Values, value


class LevyFacts(NamedTuple):
    """一つの期の調定の年度を見る事実。

    premium_year: 何年度の保険料か。noticed_on: 納入通知書を発した日(特別徴収は通知の日)。
    term_end_on: 納期の末日(休日で繰り下げる前の日)。条例の納期でない随時の期は None。
    """

    premium_year: int
    noticed_on: date
    term_end_on: date | None = None


class Levy(NamedTuple):
    """year: 調定の会計年度。kind: current 現年度分・prior 過年度分(前の年度の保険料を調定した)。"""

    year: int
    kind: Literal["current", "prior"]


class ReceiptFacts(NamedTuple):
    """収入の年度を見る事実。levied_year: 調定の会計年度。received_on: 領収した日。"""

    levied_year: int
    received_on: date


class Receipt(NamedTuple):
    """year: 収入の会計年度。kind: current その年度の調定の収入・carried 滞納繰越分。closing: 出納整理期間の収入か。"""

    year: int
    kind: Literal["current", "carried"]
    closing: bool


class RefundFacts(NamedTuple):
    """返し方を見る事実。booked_year: 過誤納を収入した会計年度。paid_on: 還付の支払いの日。"""

    booked_year: int
    paid_on: date


class Refund(NamedTuple):
    """way: income 戻出(その年度の歳入から払い戻す)・expenditure 歳出(支払いの年度の歳出から)。year: どの年度か。"""

    way: Literal["income", "expenditure"]
    year: int


class Closing(NamedTuple):
    """出納を閉鎖する月と日。"""

    month: int
    day: int

    def of(self, year: int) -> date:
        """year 年度の出納を閉鎖する日。"""
        return date(year + 1, self.month, self.day)


@value("accounting.closing")
def _closing(raw) -> Closing:
    return Closing(int(raw["month"]), int(raw["day"]))


@value("accounting.carried_receipts")
def _carried(raw) -> str:
    """滞納繰越分の四月・五月の収入: new 納めた日の属する年度・open 繰り越している前の年度。"""
    if raw not in ("new", "open"):
        raise ValueError("new か open")
    return raw


@rule("accounting.levy", facts=LevyFacts, article="自治令142条1項・2項")
def levy(facts: LevyFacts, values: Values) -> Finding[Levy]:
    """調定の会計年度。条例の納期は納期の末日、随時の期は通知の日による。通知が年度を越えれば通知の日の年度。"""
    noticed = fiscal_year(facts.noticed_on)
    if facts.term_end_on is None:
        year, reason_id, article = noticed, "accounting.levy_notice", "自治令142条1項2号"
    elif noticed > fiscal_year(facts.term_end_on):
        year, reason_id, article = noticed, "accounting.levy_late_notice", "自治令142条2項"
    else:
        year, reason_id, article = fiscal_year(facts.term_end_on), "accounting.levy_term", "自治令142条1項1号"
    kind: Literal["current", "prior"] = "prior" if facts.premium_year < year else "current"
    parts = (Reason("accounting.prior", "法200条の2", (facts.premium_year, year)),) if kind == "prior" else ()
    day = facts.noticed_on if reason_id != "accounting.levy_term" else facts.term_end_on
    return Finding(Levy(year, kind), (Reason(reason_id, article, (day, year), parts),))


@rule("accounting.receipt", facts=ReceiptFacts, article="自治法208条・235条の5、自治令142条・160条")
def receipt(facts: ReceiptFacts, values: Values) -> Finding[Receipt] | Unclear:
    """収入の会計年度。出納の閉鎖までは調定の年度、その後は滞納繰越分として納めた日の年度。"""
    begin, end = fiscal_span(facts.levied_year)
    received = facts.received_on
    if received < begin:
        return unclear("received_on", "調定の年度の始まる前の収入は、会計年度を決められません")
    try:
        closing: Closing = values.get("accounting.closing")
        if received <= closing.of(facts.levied_year):
            late = received >= end
            which = "accounting.closing" if late else "accounting.in_year"
            args = (received, facts.levied_year)
            return Finding(
                Receipt(facts.levied_year, "current", late), (Reason(which, "自治法235条の5", args),)
            )
        year = fiscal_year(received)
        in_closing = received <= closing.of(year - 1)
        if in_closing and values.get("accounting.carried_receipts") == "open":
            year -= 1
    except ValueMissing as error:
        return Unclear((Missing(error.what, error.blocks),))
    reason = Reason("accounting.carried", "自治令160条", (received, facts.levied_year, year))
    return Finding(Receipt(year, "carried", in_closing and year < fiscal_year(received)), (reason,))


@rule("accounting.refund", facts=RefundFacts, article="自治令165条の7・165条の8")
def refund(facts: RefundFacts, values: Values) -> Finding[Refund] | Unclear:
    """過誤納の返し方。収入した年度の出納の閉鎖までは戻出、その後は支払いの年度の歳出。"""
    try:
        closing: Closing = values.get("accounting.closing")
    except ValueMissing as error:
        return Unclear((Missing(error.what, error.blocks),))
    last = closing.of(facts.booked_year)
    if facts.paid_on <= last:
        why = Reason("accounting.from_income", "自治令165条の7", (facts.booked_year, last))
        return Finding(Refund("income", facts.booked_year), (why,))
    year = fiscal_year(facts.paid_on)
    why = Reason("accounting.from_expenditure", "自治令165条の8", (facts.booked_year, last, year))
    return Finding(Refund("expenditure", year), (why,))
