"""不納欠損: 徴収する権利が消えた日と、その訳。時効の完成、滞納処分の執行停止から三年、即時の消滅のうち早いもの。"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Literal, NamedTuple

from kaigo.law.dates import last_day
from kaigo.law.reasons import Finding, Reason
from kaigo.law.rule import rule
from kaigo.law.values import Values

ARTICLE = "法200条1項・地方税法15条の7の例"
DAY = timedelta(days=1)
# 執行停止が続いて徴収金が消える年数(地方税法15条の7第4項)。
STOP_YEARS = 3
Ground = Literal["prescription", "stopped", "at_once", "none"]


class WriteOffFacts(NamedTuple):
    """last_on: 時効の規則の答え(徴収できる最後の日。決まらなければ None)。stopped_on: 続いている執行停止の日。

    at_once: 徴収できないことが明らかなので直ちに消滅させると決めた(地方税法15条の7第5項)。on: いつ見るか。
    """

    on: date
    last_on: date | None = None
    stopped_on: date | None = None
    at_once: bool = False


class WriteOff(NamedTuple):
    """ground: 消えた訳(消えていなければ none)。extinct_on: 消えた、または消える最初の日(決まらなければ None)。"""

    ground: Ground
    extinct_on: date | None


@rule("write_offs.ground", facts=WriteOffFacts, article=ARTICLE)
def ground(facts: WriteOffFacts, values: Values) -> Finding[WriteOff]:
    """不納欠損にする訳。時効と執行停止の両方が満ちるときは早い方、同じ日なら時効。"""
    days: list[tuple[date, Ground, str]] = []
    if facts.last_on is not None:
        days.append((facts.last_on + DAY, "prescription", "法200条1項"))
    if facts.stopped_on is not None:
        if facts.at_once:
            days.append((facts.stopped_on, "at_once", "地方税法15条の7第5項の例"))
        else:
            end = last_day(facts.stopped_on + DAY, years=STOP_YEARS)
            days.append((end + DAY, "stopped", "地方税法15条の7第4項の例"))
    if not days:
        return Finding(WriteOff("none", None), (Reason("write_off.open", ARTICLE, (facts.on,)),))
    extinct_on, which, article = min(days, key=lambda one: one[0])
    if facts.on < extinct_on:
        return Finding(
            WriteOff("none", extinct_on), (Reason("write_off.later", article, (which, extinct_on)),)
        )
    return Finding(WriteOff(which, extinct_on), (Reason("write_off.extinct", article, (which, extinct_on)),))
