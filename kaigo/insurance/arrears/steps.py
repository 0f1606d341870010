"""The next step of a case, as the desk proposes it: what runs out first comes first. Nothing is done by it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from kaigo.insurance.arrears.agreements import Standing
from kaigo.insurance.arrears.chain import Judged
from kaigo.insurance.arrears.models import Contact, Inquiry, Visit
from kaigo.law.dates import add_months, wareki
from kaigo.law.reasons import Unclear

_SOON, _SILENT, _ANSWER = 3, 3, 1


class Step(NamedTuple):
    """tone: danger | warn | info."""

    tone: str
    text: str


def steps(
    on: date, judged: Sequence[Judged], agreements: Sequence[Standing], contacts: Sequence[Contact],
    visits: Sequence[Visit], inquiries: Sequence[Inquiry],
) -> list[Step]:  # fmt: skip
    """At most one line for each kind of thing that waits."""
    open_terms = [one for one in judged if one.term.balance > 0]
    found = [*_rights(on, open_terms), *_promises(on, open_terms, agreements, contacts)]
    if any(visit.on < on and not visit.result for visit in visits):
        found.append(Step("warn", "訪問の結果が書かれていません。"))
    late = [one for one in inquiries if one.answered_on is None and add_months(one.asked_on, _ANSWER) < on]
    if late:
        found.append(Step("info", f"財産調査の回答が{_ANSWER}か月を過ぎても届いていません({len(late)}件)。"))
    if open_terms and not found:
        last = max((contact.on for contact in contacts if contact.on <= on), default=None)
        if last is None or add_months(last, _SILENT) < on:
            found.append(Step("info", f"{_SILENT}か月より長く連絡がありません。電話か訪問をしてください。"))
    return found


def _rights(on: date, terms: Sequence[Judged]) -> list[Step]:
    found = []
    days = [one.last_on for one in terms if one.last_on is not None and not one.complete]
    if days and min(days) < add_months(on, _SOON):
        first = min(days)
        count = sum(day < add_months(on, _SOON) for day in days)
        found.append(
            Step(
                "danger",
                f"{wareki(first)}を過ぎると時効が完成する期があります({_SOON}か月のうちに{count}件)。"
                "承認・分納の誓約・差押などを検討してください(法200条)。",
            )
        )
    if any(one.complete for one in terms):
        found.append(
            Step(
                "warn",
                "時効の完成した期があります。請求も受領もせず、不納欠損の依頼に載せてください(自治法236条)。",
            )
        )
    if any(one.finding is None for one in terms):
        found.append(
            Step("warn", "納期限の分からない期があります(前のシステムの年度計)。元の資料で確かめてください。")
        )
    return found


def _promises(
    on: date, terms: Sequence[Judged], agreements: Sequence[Standing], contacts: Sequence[Contact]
) -> list[Step]:
    found = []
    standing = next((one for one in agreements if one.state == "made"), None)
    if standing is not None:
        if isinstance(standing.found, Unclear):
            found.append(
                Step("warn", "分納が破れたとする回数が保険者の値にありません。履行を目で確かめてください。")
            )
        elif standing.found.value.missed:
            behind = standing.found.value
            found.append(
                Step(
                    "warn",
                    f"分納が{behind.missed}回、{behind.behind_yen:,}円遅れています。連絡してください。",
                )
            )
        return found
    past = [c.promise_on for c in contacts if c.promise_on is not None and c.promise_on < on]
    if terms and past:
        found.append(
            Step("warn", f"{wareki(max(past))}に納める約束の日を過ぎています。納付を確かめてください。")
        )
    return found
