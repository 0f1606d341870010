"""保険料の減免(法142条・条例)。どの訳で、どこまでの人に、どの期の、いくらを減らすかは、日付のある保険者の値 `remission.grounds`。

減らし方は二つある。cut: 期ごとに額の何分の一かを減らす。stage: 一年の額を別の段階の額にする。令和8年度の特例減免は
`special_remission`。
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

from kaigo.law.dates import fiscal_span
from kaigo.law.income import of_year
from kaigo.law.premium import annual
from kaigo.law.premium_facts import AnnualFacts
from kaigo.law.reasons import Finding, Missing, Reason, Unclear, unclear
from kaigo.law.remission_values import Ground
from kaigo.law.rule import rule
from kaigo.law.values import NoValue, ValueMissing, Values

ARTICLE = "法142条・条例"


class Term(NamedTuple):
    """一つの期。key: 呼ぶ側の番号。yen: 減らす前の額(円)。特別徴収の期の due_on は徴収の翌月十日。"""

    key: str
    due_on: date
    yen: int


class RemissionFacts(NamedTuple):
    """減免を見る事実。額は円。

    ground: 申請の訳。terms: その年度の期のすべて。annual_yen: 減らす前の年額。stages: 四月からの月ごとの段階(0 は資格なし)。
    event_on: 訳の始まった日(災害の日、収入の減った日、拘禁された日)。event_end: 続かない最初の日。
    lost_yen / of_yen: 損害の額と財産の価額、または減る収入と前年の収入(補填される額を除く)。
    household_size: 本人を含む世帯の人数。income_yen / savings_yen: 世帯の収入と預貯金など。arrears: 滞納があるか。
    """

    fiscal_year: int
    ground: str
    applied_on: date
    annual_yen: int
    terms: tuple[Term, ...] = ()
    stages: tuple[int, ...] = ()
    event_on: date | None = None
    event_end: date | None = None
    lost_yen: int | None = None
    of_yen: int | None = None
    household_size: int = 1
    income_yen: int | None = None
    savings_yen: int | None = None
    arrears: bool = False


class Cut(NamedTuple):
    """一つの期で減らす額(円)。"""

    key: str
    yen: int


class Remission(NamedTuple):
    """granted: 承認か。yen: 減らす額。after_yen: 減らした後の年額(零より小さくならない)。

    cuts: 期ごとの減らす額。段階を下げる減免では空で、期別は減らした後の年額から決め直す。
    """

    granted: bool
    yen: int
    after_yen: int
    cuts: tuple[Cut, ...] = ()


@rule("remission.decide", facts=RemissionFacts, article=ARTICLE)
def decide(facts: RemissionFacts, values: Values) -> Finding[Remission] | Unclear:
    """申請された訳で、いくら減らすか。定めの分からない年度、足りない事実は、分からない。"""
    try:
        grounds: Mapping[str, Ground] = of_year(values, facts.fiscal_year).get("remission.grounds")
    except ValueMissing as error:
        return Unclear((Missing(error.what, error.blocks),))
    except NoValue as error:
        return Unclear((Missing(str(error), "減免の決定"),))
    ground = grounds.get(facts.ground)
    if ground is None:
        return _refused(facts, Reason("remission.no_ground", ARTICLE, (facts.ground,)))
    if ground.no_arrears and facts.arrears:
        return _refused(facts, Reason("remission.arrears", ARTICLE, (facts.ground,)))
    if facts.applied_on >= fiscal_span(facts.fiscal_year)[1] and ground.extent == "year":
        return _refused(facts, Reason("remission.late", ARTICLE, (facts.applied_on, facts.fiscal_year)))
    return _by_stage(facts, ground, values) if ground.to_stage else _by_cut(facts, ground)


def _refused(facts: RemissionFacts, why: Reason) -> Finding[Remission]:
    return Finding(Remission(False, 0, facts.annual_yen), (why,))


def _by_cut(facts: RemissionFacts, ground: Ground) -> Finding[Remission] | Unclear:
    """期ごとに何分の一かを減らす。"""
    step = ground.steps[0]
    if ground.steps[0].at_least:
        if facts.lost_yen is None or not facts.of_yen:
            return unclear("lost_yen", "損害または減る収入の額と、元の額が要ります")
        fits = [one for one in ground.steps if facts.lost_yen >= one.at_least * facts.of_yen]
        if not fits:
            short = (facts.lost_yen, facts.of_yen, str(step.at_least))
            return _refused(facts, Reason("remission.too_little", ARTICLE, short))
        step = fits[-1]
    if ground.extent in ("from_event", "within_event") and facts.event_on is None:
        return unclear("event_on", "訳の始まった日が分からないと、どの期からかを決められません")
    terms = [term for term in facts.terms if _in_extent(term, facts, ground)]
    cuts = tuple(Cut(term.key, min(term.yen, ground.rounding(term.yen * step.cut))) for term in terms)
    cuts = tuple(cut for cut in cuts if cut.yen)
    yen = min(facts.annual_yen, sum(cut.yen for cut in cuts))
    if not yen:
        return _refused(facts, Reason("remission.nothing_due", ARTICLE, (facts.applied_on,)))
    args = (facts.ground, str(step.cut), len(cuts), yen, facts.annual_yen - yen)
    return Finding(
        Remission(True, yen, facts.annual_yen - yen, cuts), (Reason("remission.cut", ARTICLE, args),)
    )


def _in_extent(term: Term, facts: RemissionFacts, ground: Ground) -> bool:
    """減らす期か。申請の日、または訳の始まった日から後に納期限の来る期。"""
    if ground.extent == "year":
        return True
    if ground.extent == "from_application":
        return term.due_on >= facts.applied_on
    assert facts.event_on is not None
    ended = ground.extent == "within_event" and facts.event_end is not None and term.due_on >= facts.event_end
    return term.due_on >= facts.event_on and not ended


def _by_stage(facts: RemissionFacts, ground: Ground, values: Values) -> Finding[Remission] | Unclear:
    """一年の額を別の段階の額にする。段階、収入、預貯金のどれもが定めに合う人。"""
    months = [stage for stage in facts.stages if stage]
    if not months:
        return unclear("stages", "月ごとの段階が要ります")
    if not set(months) & set(ground.stages):
        return _refused(facts, Reason("remission.stage", ARTICLE, (facts.ground, max(months))))
    for which, yen, bound in (
        ("income", facts.income_yen, ground.income), ("savings", facts.savings_yen, ground.savings),
    ):  # fmt: skip
        if bound is None:
            continue
        if yen is None:
            return unclear(f"{which}_yen", "世帯の収入と預貯金などの額が要ります")
        most = bound.of(facts.household_size)
        if yen > most:
            return _refused(facts, Reason(f"remission.{which}", ARTICLE, (yen, most, facts.household_size)))
    stages = tuple(ground.to_stage if stage in ground.stages else stage for stage in facts.stages)
    found = annual(AnnualFacts(facts.fiscal_year, stages), values)
    if isinstance(found, Unclear):
        return found
    return lowered(
        facts.annual_yen, found, Reason("remission.lowered", ARTICLE, (facts.ground, ground.to_stage))
    )


def lowered(annual_yen: int, found: Finding[int], why: Reason) -> Finding[Remission]:
    """年額を found の額にする減免。額が下がらなければ減免しない。why に、額と年額の理由を添える。"""
    yen = max(0, annual_yen - found.value)
    if not yen:
        return Finding(
            Remission(False, 0, annual_yen),
            (Reason("remission.not_lower", ARTICLE, (annual_yen, found.value), found.reasons),),
        )
    told = why._replace(args=(*why.args, yen, found.value), parts=found.reasons)
    return Finding(Remission(True, yen, found.value), (told,))
