"""徴収猶予: 減免と同じような事情のある人の徴収を、六か月までの間、待つ(条例、法142条)。

猶予の初めは申請の日とする。長さの上限は国の値、認める訳は保険者の値。
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import NamedTuple

from kaigo.law.dates import last_day
from kaigo.law.reasons import Finding, Missing, Reason, Unclear
from kaigo.law.rule import rule
from kaigo.law.values import ValueMissing, Values, value

ARTICLE = "法142条・条例"
DAY = timedelta(days=1)


class DueTerm(NamedTuple):
    """一つの期。key: 呼ぶ側の番号。"""

    key: str
    due_on: date


class DeferralFacts(NamedTuple):
    """猶予を見る事実。ground: 申請の訳。months: 望む月数(一以上)。terms: 納められていない期。"""

    ground: str
    applied_on: date
    months: int
    terms: tuple[DueTerm, ...] = ()


class Deferral(NamedTuple):
    """granted: 猶予するか。猶予の期間は半開 [start, end)。keys: 猶予する期。"""

    granted: bool
    start: date | None = None
    end: date | None = None
    keys: tuple[str, ...] = ()


@value("deferral.months")
def _months(raw) -> int:
    return int(raw)


@value("deferral.grounds")
def _grounds(raw) -> tuple[str, ...]:
    return tuple(raw)


@rule("deferral.decide", facts=DeferralFacts, article=ARTICLE)
def decide(facts: DeferralFacts, values: Values) -> Finding[Deferral] | Unclear:
    """猶予する期間と期。申請の日からその期間の終わりまでに納期限の来る期だけを猶予する。"""
    if facts.months < 1:
        raise ValueError("months は 1 以上")
    of_day = values.at(facts.applied_on)
    try:
        most: int = of_day.get("deferral.months")
        grounds: tuple[str, ...] = of_day.get("deferral.grounds")
    except ValueMissing as error:
        return Unclear((Missing(error.what, error.blocks),))
    if facts.ground not in grounds:
        return Finding(Deferral(False), (Reason("deferral.no_ground", ARTICLE, (facts.ground,)),))
    months = min(facts.months, most)
    last = last_day(facts.applied_on + DAY, months=months)
    keys = tuple(term.key for term in facts.terms if facts.applied_on <= term.due_on <= last)
    if not keys:
        return Finding(Deferral(False), (Reason("deferral.nothing_due", ARTICLE, (facts.applied_on, last)),))
    which = "deferral.limited" if facts.months > most else "deferral.granted"
    args = (facts.ground, facts.applied_on, last, len(keys), most)
    return Finding(Deferral(True, facts.applied_on, last + DAY, keys), (Reason(which, ARTICLE, args),))
