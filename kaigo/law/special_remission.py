"""令和8年度だけの特例減免(法142条、介護保険最新情報Vol.1459)。

令和7年度に世帯の全員が住民税非課税だった人が、給与所得控除の引上げの範囲で働いて令和8年度も非課税のままなのに、みなし課税で段階が
上がるとき、令和7年度の段階まで減らせる。申請によらず一括でもできる。行うか、どう行うかは保険者の値 `remission.special`。
"""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from kaigo.law.income import of_year
from kaigo.law.premium import annual
from kaigo.law.premium_facts import AnnualFacts
from kaigo.law.reasons import Finding, Missing, Reason, Unclear, unclear
from kaigo.law.remission import Remission, lowered
from kaigo.law.rule import rule
from kaigo.law.values import ValueMissing, Values, value

ARTICLE = "法142条・介護保険最新情報Vol.1459"


class SpecialFacts(NamedTuple):
    """特例減免を見る事実。

    annual_yen: 減らす前の年額(円)。stages: 四月からの月ごとの段階。previous_stage: 前の年度の段階(分からなければ None)。
    previous_untaxed / now_untaxed: 前の年度とその年度に、本人・世帯主・すべての世帯員が実際に住民税非課税か(みなし課税を見ない)。
    applied_on: 申請した日(一括なら None)。
    """

    fiscal_year: int
    annual_yen: int
    stages: tuple[int, ...]
    previous_stage: int | None
    previous_untaxed: bool | None
    now_untaxed: bool | None
    applied_on: date | None = None


@value("remission.special")
def _special(raw) -> str:
    """none: その年度にはない。application: 申請による。bulk: 申請によらず一括でもする。"""
    if raw not in ("none", "application", "bulk"):
        raise ValueError("none か application か bulk")
    return raw


@rule("remission.special", facts=SpecialFacts, article=ARTICLE)
def special(facts: SpecialFacts, values: Values) -> Finding[Remission] | Unclear:
    """前の年度の段階まで減らす額。月ごとに、前の年度の段階より高い月だけを下げる。"""
    try:
        way: str = of_year(values, facts.fiscal_year).get("remission.special")
    except ValueMissing as error:
        return Unclear((Missing(error.what, error.blocks),))
    if way == "none":
        return _refused(facts, Reason("special.none", ARTICLE, (facts.fiscal_year,)))
    if way == "application" and facts.applied_on is None:
        return _refused(facts, Reason("special.not_applied", ARTICLE))
    if facts.previous_untaxed is None or facts.now_untaxed is None or facts.previous_stage is None:
        return unclear("previous_stage", "前の年度の段階と、二つの年度の世帯全員の課税が要ります")
    if not (facts.previous_untaxed and facts.now_untaxed):
        return _refused(facts, Reason("special.taxed", ARTICLE, (facts.previous_untaxed, facts.now_untaxed)))
    stages = tuple(min(stage, facts.previous_stage) for stage in facts.stages)
    if stages == facts.stages:
        return _refused(facts, Reason("special.not_higher", ARTICLE, (facts.previous_stage,)))
    found = annual(AnnualFacts(facts.fiscal_year, stages), values)
    if isinstance(found, Unclear):
        return found
    return lowered(
        facts.annual_yen, found, Reason("special.lowered", ARTICLE, (facts.fiscal_year, facts.previous_stage))
    )


def _refused(facts: SpecialFacts, why: Reason) -> Finding[Remission]:
    return Finding(Remission(False, 0, facts.annual_yen), (why,))
