"""試験のための作りものの人々: 境の前後、途中の得喪、生活保護、境界層、済まない申告。番号も氏名もない。"""

from __future__ import annotations

import random
from datetime import date, timedelta

from kaigo.law.premium_facts import AssessFacts, PersonTax, Span, StageSpan

STATUSES = (
    *("taxed",) * 6, *("untaxed",) * 12, "undeclared", "investigating", "inquiring", "cancelled", "unknown",
)  # fmt: skip
EDGES = (
    800_000, 809_000, 826_500, 900_000, 1_200_000, 1_900_000, 2_000_000, 2_100_000, 2_900_000, 3_000_000, 3_200_000,
    4_200_000, 5_200_000, 6_200_000, 7_200_000, 10_000_000,
)  # fmt: skip


class People:
    """種から作る人々。edges は、その保険者の表の境。"""

    def __init__(self, seed: int, fiscal_year: int) -> None:
        self.random = random.Random(seed)
        self.year = fiscal_year

    def happens(self, percent: int) -> bool:
        """百回に percent 回。"""
        return self.random.randrange(100) < percent

    def tax(self) -> PersonTax:
        """一人の市民税の事実。合計所得は境のちょうど、その前後の一円、そのほか。"""
        pick = self.random.choice
        salary = pick((0, 0, 550_999, 551_000, 700_000, 1_100_000, 1_625_000, 1_625_001, 1_800_000, 1_899_999,
                       1_900_000, 5_000_000))  # fmt: skip
        salary_income = max(0, salary - pick((550_000, 650_000)))
        pension = pick((0, 700_000, *EDGES, *EDGES)) + pick((-1, 0, 1))
        pension_income = max(0, pension - 1_100_000)
        adjustment = pick((0, 0, 0, min(100_000, salary_income)))
        special = pick((0, 0, 0, 0, 1_000_000, 30_000_000))
        salary_income -= adjustment
        other = pick((0, 0, 350_000, 5_000_000, 31_000_000))
        total = salary_income + pension_income + other
        if self.happens(40):
            total = pick(EDGES) + pick((-1, 0, 1)) + special
        return PersonTax(
            pick(STATUSES), total, max(0, pension), pension_income, salary, salary_income, adjustment, special,
            pick((None, None, True, False)), pick((None, 0, 0, 1)), self.happens(90),
        )  # fmt: skip

    def day(self) -> date:
        """年度とその前後の日。月の初めと終わりが多い。"""
        first = date(self.year - 1, 10, 1) + timedelta(days=self.random.randrange(730))
        return self.random.choice(
            (first, first.replace(day=1), first.replace(day=1) - timedelta(days=1), date(self.year, 4, 1))
        )

    def span(self) -> Span:
        """始まりが終わりより前の期間。"""
        start, end = self.day(), self.day()
        if self.happens(40) or end <= start:
            return Span(start)
        return Span(start, end)

    def insured(self) -> tuple[Span, ...]:
        """資格の期間。多くは一年を通して、少しは途中から、途中まで、二つ。"""
        chance = self.random.randrange(100)
        if chance < 60:
            return (Span(date(self.year - 8, 5, 1)),)
        if chance < 90:
            return (self.span(),)
        return tuple(sorted((self.span(), self.span()), key=lambda span: span.start)) if chance < 97 else ()

    def spans(self, percent: int) -> tuple[Span, ...]:
        """あれば一つか二つ。"""
        if not self.happens(percent):
            return ()
        return tuple(self.span() for _ in range(self.random.choice((1, 1, 2))))

    def one(self) -> AssessFacts:
        """一人の一年度の事実。"""
        insured = self.insured()
        begin = date(self.year, 4, 1)
        day = max(begin, insured[0].start) if insured else begin
        lines = tuple(StageSpan(s.start, s.end, self.random.randrange(1, 6)) for s in self.spans(15))
        return AssessFacts(
            self.year, day, self.tax(), tuple(self.tax() for _ in range(self.random.choice((0, 0, 1, 1, 2, 4)))),
            insured, self.spans(15), self.spans(5), self.spans(8), lines,
        )  # fmt: skip

    def many(self, count: int) -> list[AssessFacts]:
        """count 人。"""
        return [self.one() for _ in range(count)]
