"""届出の期限(施行規則23条から32条): 何日以内に届け出ることになっていて、間に合ったか。"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Literal, NamedTuple

from kaigo.law.reasons import Finding, Reason
from kaigo.law.rule import rule
from kaigo.law.values import Values, value

Form = Literal["acquired", "lost", "exception_start", "exception_change", "exception_end", "changed"]
# 条文を確かめた届出は取得だけ。ほかは条の番号だけが市の細則から分かる。
ARTICLES = {
    "acquired": "規則23条",
    "lost": "規則32条",
    "exception_start": "規則25条",
    "exception_change": "規則25条",
    "exception_end": "規則25条",
    "changed": "規則29条から31条",
}


class NotificationFacts(NamedTuple):
    """event_on: 届け出る事の起きた日。filed_on: 届出年月日。"""

    form: Form
    event_on: date
    filed_on: date


class Timely(NamedTuple):
    """last_on: 期限の日。days_late: 過ぎた日数(間に合えば 0)。"""

    last_on: date
    days_late: int


@value("qualification.acquisition_notification_days")
def _acquisition(raw) -> int:
    return int(raw)


@value("qualification.other_notification_days")
def _other(raw) -> int:
    return int(raw)


@rule("qualification.notification", facts=NotificationFacts, article="規則23条から32条")
def notification(facts: NotificationFacts, values: Values) -> Finding[Timely]:
    """起きた日の翌日から数える(民法140条)。"""
    which = "acquisition" if facts.form == "acquired" else "other"
    days = values.get(f"qualification.{which}_notification_days")
    last = facts.event_on + timedelta(days=days)
    late = max(0, (facts.filed_on - last).days)
    reason = Reason(
        "notification.late" if late else "notification.in_time",
        ARTICLES[facts.form],
        (facts.event_on, days, last, late),
    )
    return Finding(Timely(last, late), (reason,))
