"""みなし2号(生保): 被保険者でない40歳以上65歳未満の被保護者に、登録が当てはまるか(生活保護法15条の2第1項)。"""

from __future__ import annotations

from datetime import date
from typing import Literal, NamedTuple

from kaigo.law.dates import attained_on
from kaigo.law.premium_facts import Span
from kaigo.law.reasons import Finding, Missing, Reason, Unclear
from kaigo.law.rule import rule
from kaigo.law.values import Values

ARTICLE = "法9条2号・生活保護法15条の2第1項"
# 特定疾病(法7条3項2号)。符号は認定の様式のもの。
DISEASES = {
    "01": "筋萎縮性側索硬化症", "02": "後縦靭帯骨化症", "03": "骨折を伴う骨粗鬆症", "04": "多系統萎縮症", "05": "初老期における認知症",
    "06": "脊髄小脳変性症", "07": "脊柱管狭窄症", "08": "早老症", "09": "糖尿病性神経障害、糖尿病性腎症及び糖尿病性網膜症",
    "10": "脳血管疾患", "11": "パーキンソン病関連疾患", "12": "閉塞性動脈硬化症", "13": "関節リウマチ", "14": "慢性閉塞性肺疾患",
    "15": "両側の膝関節又は股関節に著しい変形を伴う変形性関節症", "16": "がん（末期）",
}  # fmt: skip


class DeemedFacts(NamedTuple):
    """entered: 登録の期間。assistance: 生活保護の期間。medical: 医療保険の期間。on: いつ現在か。"""

    birth_date: date | None
    entered: Span
    assistance: tuple[Span, ...]
    medical: tuple[Span, ...]
    on: date


class Deemed(NamedTuple):
    """state: valid 当てはまる・waiting これから・over 終わり。becomes_65: 第1号被保険者になる日。"""

    state: Literal["valid", "waiting", "over"]
    becomes_65: date


@rule("qualification.deemed", facts=DeemedFacts, article=ARTICLE)
def deemed(facts: DeemedFacts, values: Values) -> Finding[Deemed] | Unclear:
    """登録は事実が続く間だけ当てはまる。65歳に達すれば第1号被保険者になり、医療保険に入れば第2号被保険者になる。"""
    if facts.birth_date is None:
        return Unclear((Missing("birth_date", "生年月日が分からないと40歳以上65歳未満かを決められません"),))
    old = attained_on(facts.birth_date, 65)
    on = facts.on
    if on < facts.entered.start:
        return _found("waiting", old, Reason("deemed.waiting", ARTICLE, (facts.entered.start,)))
    for state, reason in (
        (on < attained_on(facts.birth_date, 40), Reason("deemed.young", "法7条3項2号", (attained_on(facts.birth_date, 40),))),
        (on >= old, Reason("deemed.old", "法9条1号", (old,))),
        (facts.entered.end is not None and on >= facts.entered.end, Reason("deemed.ended", ARTICLE, (facts.entered.end,))),
        (not _covers(facts.assistance, on), Reason("deemed.no_assistance", "生活保護法15条の2第1項", ())),
        (_covers(facts.medical, on), Reason("deemed.insured", "法9条2号", ())),
    ):  # fmt: skip
        if state:
            return _found("over", old, reason)
    return _found("valid", old, Reason("deemed.valid", ARTICLE, (old,)))


def _found(state: Literal["valid", "waiting", "over"], old: date, reason: Reason) -> Finding[Deemed]:
    return Finding(Deemed(state, old), (reason,))


def _covers(spans: tuple[Span, ...], on: date) -> bool:
    return any(span.start <= on and (span.end is None or on < span.end) for span in spans)
