"""督促: 納期限までに納めない人に、期限を指定して督促する(自治法231条の3第1項)。最初の督促は時効を更新する。

いつまでに発するかは条例による(多くは納期限後二十日以内)。過ぎて発した督促も督促である。
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Literal, NamedTuple

from kaigo.law.dates import business_day
from kaigo.law.premium_facts import Span
from kaigo.law.reasons import Finding, Missing, Reason, Unclear
from kaigo.law.rule import rule
from kaigo.law.values import ValueMissing, Values, value

ARTICLE = "自治法231条の3第1項・条例"
Why = Literal["due", "late", "paid", "not_due", "deferred", "reported", "dunned", "prescribed"]


class DunningFacts(NamedTuple):
    """一つの期を督促するかを見る事実。

    unpaid_yen: 納められていない額(円)。reported_yen: 速報で届き確報を待つ額。deferrals: 徴収猶予の期間。
    dunned_on: すでに督促した日。last_on: 時効の規則の答え(徴収できる最後の日。決まらなければ None)。on: 発する日。
    """

    due_on: date
    unpaid_yen: int
    on: date
    reported_yen: int = 0
    deferrals: tuple[Span, ...] = ()
    dunned_on: date | None = None
    last_on: date | None = None


class Dunning(NamedTuple):
    """send: 発するか。why: その訳(late は定めの日を過ぎて発する)。send_by: 定めの最後の日。

    deadline_on: 督促状に指定する期限。fee_yen: 督促手数料(円)。発しないときは None。
    """

    send: bool
    why: Why
    send_by: date
    deadline_on: date | None
    fee_yen: int | None


class Deadline(NamedTuple):
    """督促状の指定期限。days: 発した日から何日の後か。holiday: next なら休日の次の開庁日、none なら動かさない。"""

    days: int
    holiday: str


@value("dunning.within_days")
def _within(raw) -> int:
    return int(raw)


@value("dunning.deadline")
def _deadline(raw) -> Deadline:
    if raw["holiday"] not in ("next", "none"):
        raise ValueError("holiday は next か none")
    return Deadline(int(raw["days"]), raw["holiday"])


@value("dunning.fee")
def _fee(raw) -> int:
    return int(raw)


@rule("dunning.instalment", facts=DunningFacts, article=ARTICLE)
def instalment(facts: DunningFacts, values: Values) -> Finding[Dunning] | Unclear:
    """一つの期に督促状を発するか、いつを期限とし、手数料をいくらとするか。"""
    of_day = values.at(facts.on)
    try:
        send_by = facts.due_on + timedelta(days=of_day.get("dunning.within_days"))
        held = _held_back(facts)
        if held is not None:
            return Finding(Dunning(False, held[0], send_by, None, None), (held[1],))
        deadline: Deadline = of_day.get("dunning.deadline")
        fee: int = of_day.get("dunning.fee")
    except ValueMissing as error:
        return Unclear((Missing(error.what, error.blocks),))
    until = facts.on + timedelta(days=deadline.days)
    if deadline.holiday == "next":
        until = business_day(until)
    why: Why = "late" if facts.on > send_by else "due"
    reason = Reason(f"dunning.{why}", ARTICLE, (facts.due_on, facts.unpaid_yen, send_by, until, fee))
    return Finding(Dunning(True, why, send_by, until, fee), (reason,))


def _held_back(facts: DunningFacts) -> tuple[Why, Reason] | None:
    """発してはならない訳。なければ None。"""
    if facts.unpaid_yen <= 0:
        return "paid", Reason("dunning.paid", ARTICLE, (facts.due_on,))
    if facts.on <= facts.due_on:
        return "not_due", Reason("dunning.not_due", ARTICLE, (facts.due_on,))
    if facts.last_on is not None and facts.on > facts.last_on:
        return "prescribed", Reason("dunning.prescribed", "自治法236条2項", (facts.due_on, facts.last_on))
    if facts.dunned_on is not None:
        return "dunned", Reason("dunning.dunned", ARTICLE, (facts.due_on, facts.dunned_on))
    for span in facts.deferrals:
        if span.start <= facts.on and (span.end is None or facts.on < span.end):
            last = span.end and span.end - timedelta(days=1)
            return "deferred", Reason("dunning.deferred", "条例(徴収猶予)", (facts.due_on, last))
    if facts.reported_yen >= facts.unpaid_yen:
        return "reported", Reason("dunning.reported", ARTICLE, (facts.due_on, facts.reported_yen))
    return None
