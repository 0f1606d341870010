"""賦課に使う事実。番号も氏名もない。一人の一年度分が AssessFacts 一つ。"""

from __future__ import annotations

from datetime import date
from typing import Literal, NamedTuple

TaxStatus = Literal["taxed", "untaxed", "undeclared", "investigating", "inquiring", "cancelled", "unknown"]


class Span(NamedTuple):
    """半開の期間 [start, end)。end が None なら続いている。"""

    start: date
    end: date | None = None


class StageSpan(NamedTuple):
    """段階の付いた半開の期間(境界層)。"""

    start: date
    end: date | None
    stage: int


class PersonTax(NamedTuple):
    """ある年度の市民税の事実(円)。所得は前年のもの。

    special_deduction: 長期・短期譲渡所得の特別控除額の合計。income_adjustment: 所得金額調整控除額。
    salary_income は所得金額調整控除を引いた後の額、total_income はそれを含む合計所得金額。
    deemed_taxed: 令和8年度のみなし課税について税の部署が示した課税(True)・非課税(False)、示しがなければ None。
    deemed_applies: 令和8年度のみなしの対象になる人(賦課期日と市民税の賦課期日にこの市町村に住む)か。
    dependants: 扶養の数(0 なら非課税限度は単身のもの)、分からなければ None。
    """

    status: TaxStatus
    total_income: int = 0
    pension_revenue: int = 0
    pension_income: int = 0
    salary_revenue: int = 0
    salary_income: int = 0
    income_adjustment: int = 0
    special_deduction: int = 0
    deemed_taxed: bool | None = None
    dependants: int | None = None
    deemed_applies: bool = True


class HouseholdFacts(NamedTuple):
    """世帯の課税を見る事実。members は賦課期日の世帯員(本人を除く)。"""

    fiscal_year: int
    person: PersonTax
    members: tuple[PersonTax, ...] = ()


class IncomeFacts(NamedTuple):
    """所得を見る事実。purpose: premium | copay_share | high_cost | meals_limit。"""

    purpose: Literal["premium", "copay_share", "high_cost", "meals_limit"]
    year: int  # premium は年度、ほかは所得を使う期間の始まる年
    person: PersonTax


class StageFacts(NamedTuple):
    """一つの月の段階を見る事実。"""

    fiscal_year: int
    person: PersonTax
    members: tuple[PersonTax, ...] = ()
    public_assistance: bool = False
    support_benefit: bool = False
    old_age_pension: bool = False
    borderline_stage: int | None = None


class AnnualFacts(NamedTuple):
    """月ごとの段階から年額を見る事実。stages は四月から三月までの段階、0 は資格のない月。"""

    fiscal_year: int
    stages: tuple[int, ...]


class AssessFacts(NamedTuple):
    """一人の一年度の賦課に要る事実のすべて。

    assessment_day: 賦課期日(4月1日、後の取得は取得日)。insured: 年度に重なる資格の期間。ほかの期間は年度の外に
    はみ出してよい。members は賦課期日の世帯員(本人を除く)。
    """

    fiscal_year: int
    assessment_day: date
    person: PersonTax
    members: tuple[PersonTax, ...] = ()
    insured: tuple[Span, ...] = ()
    public_assistance: tuple[Span, ...] = ()
    support_benefit: tuple[Span, ...] = ()
    old_age_pension: tuple[Span, ...] = ()
    borderline: tuple[StageSpan, ...] = ()


class Assessment(NamedTuple):
    """賦課の結果。stages は四月から十二か月の段階(0 は資格なし)、base_stage は特別な事情のない段階。

    base_stage を見るまでもない人(一年を通して生活保護など、または資格のある月がない)の base_stage は 0。
    """

    annual_yen: int
    months: int
    stages: tuple[int, ...]
    base_stage: int
    household_taxed: bool
    person_taxed: bool
