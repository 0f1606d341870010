"""前住所地の要介護認定の引継ぎ(法36条): 受給資格証明書を添えた申請の期限。認定そのものは認定の課題。"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Literal, NamedTuple

from kaigo.law.dates import business_day
from kaigo.law.reasons import Finding, Reason
from kaigo.law.rule import rule
from kaigo.law.values import Values, value

LAW, HOLIDAY = "法36条", "地方自治法4条の2第4項"


@value("qualification.handover_days")
def _days(raw) -> int:
    return int(raw)


class HandoverFacts(NamedTuple):
    """acquired_on: 資格を取得した日。on: いつ見るか。handed_in_on: 受給資格証明書を添えて申請した日(まだなら None)。"""

    acquired_on: date
    on: date
    handed_in_on: date | None = None


class Handover(NamedTuple):
    """last_on: 申請できる最後の日。days_left: on から最後の日までの日数(過ぎたら負)。

    state: open(まだ間に合う)| in_time(期限内に出た)| late(期限の後に出た)| over(出ないまま過ぎた)。
    """

    last_on: date
    days_left: int
    state: Literal["open", "in_time", "late", "over"]


@rule("qualification.handover", facts=HandoverFacts, article=f"{LAW}・民法140条・{HOLIDAY}")
def handover(facts: HandoverFacts, values: Values) -> Finding[Handover]:
    """取得の日から十四日。初日は数えない(民法140条)。最後の日が閉庁日なら次の開庁日まで。"""
    days = values.get("qualification.handover_days")
    fourteenth = facts.acquired_on + timedelta(days=days)
    last = business_day(fourteenth)
    if facts.handed_in_on is None:
        state = "open" if facts.on <= last else "over"
    else:
        state = "in_time" if facts.handed_in_on <= last else "late"
    parts = []
    if last != fourteenth:
        parts.append(Reason("handover.holiday", HOLIDAY, (fourteenth, last)))
    parts.append(Reason(f"handover.{state}", LAW, (facts.handed_in_on or facts.on, last)))
    return Finding(
        Handover(last, (last - facts.on).days, state),
        (Reason("handover.last", LAW, (facts.acquired_on, days, last), tuple(parts)),),
    )
