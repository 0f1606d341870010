"""充当: 過誤納の額を、納期限の過ぎた未納に先に充て、残りを返す(地方税法17条の2の例、自治法231条の3第4項)。

本人の未納が先、その中では保険料が延滞金より先、納期限の古いものが先。まだ徴収できるものだけに充てる。順序は記憶による。
時効が完成した後の納付(時効後収入)は収入にできず、何にも充てずに返す(`prescription`)。
"""

from __future__ import annotations

from datetime import date
from typing import Literal, NamedTuple

from kaigo.law.reasons import Finding, Reason
from kaigo.law.rule import rule
from kaigo.law.values import Values

ARTICLE = "自治法231条の3第4項・地方税法17条の2の例"


class Claim(NamedTuple):
    """一つの未納。key: 呼ぶ側の番号。kind: premium 保険料・late_charge 延滞金。yen: 未納の額(円)。

    own: 本人のものか(False は連帯納付義務者として負うもの)。last_on: 時効の規則の答え(徴収できる最後の日、決まらなければ None)。
    """

    key: str
    due_on: date
    yen: int
    kind: Literal["premium", "late_charge"] = "premium"
    own: bool = True
    last_on: date | None = None


class OffsetFacts(NamedTuple):
    """充当を見る事実。yen: 過誤納の額(円)。on: 充当する日。others_agreed: 本人でない人の未納に充てることに同意したか。

    late_yen: yen のうち、徴収する権利が時効などで消えた後に納められた額(円)。
    """

    yen: int
    on: date
    claims: tuple[Claim, ...] = ()
    others_agreed: bool = False
    late_yen: int = 0


class Use(NamedTuple):
    """一つの未納に充てる額(円)。"""

    key: str
    yen: int


class Offset(NamedTuple):
    """uses: 充てる順の額。refund_yen: 残って返す額(円)。足すと過誤納の額になる。"""

    uses: tuple[Use, ...]
    refund_yen: int


@rule("offset.order", facts=OffsetFacts, article=ARTICLE)
def order(facts: OffsetFacts, values: Values) -> Finding[Offset]:
    """どの未納にいくら充て、いくら返すか。"""
    left, uses = facts.yen - facts.late_yen, []
    parts: list[Reason] = []
    if facts.late_yen:
        parts.append(Reason("offset.late", "自治法236条2項", (facts.late_yen,)))
    for claim in sorted(facts.claims, key=_rank):
        barred = _barred(claim, facts)
        if barred is not None:
            parts.append(barred)
            continue
        yen = min(left, claim.yen)
        if yen > 0:
            uses.append(Use(claim.key, yen))
            left -= yen
            parts.append(Reason("offset.used", ARTICLE, (claim.kind, claim.due_on, claim.yen, yen)))
    left += facts.late_yen
    which = "offset.all_refunded" if not uses else "offset.some_refunded" if left else "offset.all_used"
    return Finding(
        Offset(tuple(uses), left),
        (Reason(which, ARTICLE, (facts.yen, facts.yen - left, left), tuple(parts)),),
    )


def _rank(claim: Claim) -> tuple[bool, bool, date, str]:
    return not claim.own, claim.kind != "premium", claim.due_on, claim.key


def _barred(claim: Claim, facts: OffsetFacts) -> Reason | None:
    """充てられない訳。"""
    if claim.due_on >= facts.on:
        return Reason("offset.not_due", ARTICLE, (claim.kind, claim.due_on))
    if claim.last_on is not None and facts.on > claim.last_on:
        return Reason("offset.prescribed", "自治法236条2項", (claim.kind, claim.due_on, claim.last_on))
    if not claim.own and not facts.others_agreed:
        return Reason("offset.not_agreed", "法132条", (claim.kind, claim.due_on))
    return None
