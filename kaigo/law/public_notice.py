"""公示送達: 掲示を始めた日から起算して定めの日数を経過したときに、書類が届いたものとみなす(地方税法20条の2の例)。"""

from __future__ import annotations

from datetime import date, timedelta
from typing import NamedTuple

from kaigo.law.reasons import Finding, Missing, Reason, Unclear
from kaigo.law.rule import rule
from kaigo.law.values import ValueMissing, Values, value

ARTICLE = "法143条・地方税法20条の2の例"


class PublicNoticeFacts(NamedTuple):
    """posted_on: 掲示を始めた日。"""

    posted_on: date


@value("public_notice.days")
def _days(raw) -> int:
    return int(raw)


@rule("public_notice.effective", facts=PublicNoticeFacts, article=ARTICLE)
def effective(facts: PublicNoticeFacts, values: Values) -> Finding[date] | Unclear:
    """届いたものとみなす日。掲示の日を一日目と数え、最後の日の終わった次の日。"""
    try:
        days: int = values.at(facts.posted_on).get("public_notice.days")
    except ValueMissing as error:
        return Unclear((Missing(error.what, error.blocks),))
    last = facts.posted_on + timedelta(days=days - 1)
    on = last + timedelta(days=1)
    return Finding(on, (Reason("public_notice.effective", ARTICLE, (facts.posted_on, days, last, on)),))
