"""平準化の四つの方法と、端数の単位。"""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kaigo.law.instalment_facts import Deduction, DeductionFacts, DirectFacts, Levied, Paid, PlanFacts
from kaigo.law.instalments import Split, direct_payment, pension_deduction, plan, split
from kaigo.law.levelling import level
from kaigo.law.values import load
from kaigo.law.words import tell

VALUES = load().values("131997", date(2026, 4, 1))


def same(yen: int) -> tuple[Deduction, ...]:
    return tuple(Deduction(month, yen, True) for month in (4, 6, 8))


@pytest.mark.parametrize(
    "method,unit,expected",
    [
        ("none", 10, (13_750, 13_750, 13_750)),
        # (53,700 − 13,750 − 13,750) ÷ 4 = 6,550: 八月と本徴収の三回が同じになる(W10)。
        ("august_4", 10, (13_750, 13_750, 6_550)),
        ("august_4", 100, (13_750, 13_750, 6_500)),
        # 26,850 − 27,500 < 0: 変えない。
        ("august_1_1", 10, (13_750, 13_750, 13_750)),
        # (53,700 − 13,750) ÷ 5 = 7,990
        ("june_5", 10, (13_750, 7_990, 7_990)),
        # (26,850 − 13,750) ÷ 2 = 6,550
        ("june_1_1", 10, (13_750, 6_550, 6_550)),
    ],
)
def test_each_published_method(method, unit, expected):
    assert tuple(part.yen for part in level(same(13_750), 53_700, method, unit)) == expected


def test_august_one_to_one_makes_both_halves_equal():
    parts = level(same(4_000), 40_000, "august_1_1", 100)
    assert sum(part.yen for part in parts) == 20_000


@pytest.mark.parametrize(
    "remainder,expected", [("first", (8_600, *[8_200] * 7)), ("last", (*[8_200] * 7, 8_600))]
)
def test_the_remainder_goes_where_the_ordinance_says(remainder, expected):
    assert split(66_000, 8, Split(100, remainder)) == expected


def test_less_than_a_unit_each_goes_into_one_instalment():
    assert split(700, 8, Split(100, "first")) == (700, 0, 0, 0, 0, 0, 0, 0)


def test_six_captures_a_year_and_their_first_deductions():
    """四月に捕捉された人は十月から、…二月に捕捉された人は八月から(14 は翌年二月)。"""
    for day in (date(2015, 4, 1), date(2026, 4, 1), date(2030, 3, 1)):
        assert load().values("standard", day).get("collection.capture") == {
            4: 10,
            6: 12,
            8: 14,
            10: 4,
            12: 6,
            2: 8,
        }


def told(found) -> list[tuple[str, str]]:
    return [(reason.id, tell(reason, "person").text) for reason in found.reasons]


@pytest.mark.parametrize(
    ("annual", "start", "early", "reason", "said"),
    [
        (30_000, 4, ((4, 10_000), (6, 10_000), (8, 10_000)), "deduction.even", "もう引いた額は 30,000 円です。これからは"),
        (29_999, 4, ((4, 10_000), (6, 10_000), (8, 10_000)), "deduction.over", "1 円をお返しします"),
        # 返す額は、普通徴収の分から引いた残りである(12,001 − 12,000)。
        (12_000, 8, ((8, 12_001),), "deduction.over", "一年分の 12,000 円より多いため、10月からは引かず、1 円をお返しします"),
        (12_000, 8, ((8, 12_000),), "deduction.even", "12,000 円"),
        (12_000, 8, ((8, 9_000),), "deduction.enough", "残り 3,000 円は納付書などで"),
        (0, 10, (), "deduction.even", "今年度の保険料は 0 円"),
    ],
)  # fmt: skip
def test_the_person_is_told_of_a_refund_only_if_there_is_one(annual, start, early, reason, said):
    facts = DeductionFacts(2026, annual, start, provisional=tuple(Paid(*paid) for paid in early))
    found = pension_deduction(facts, VALUES)
    ((name, text),) = told(found)
    assert name == reason and said in text
    assert ("お返し" in text) == (found.value.refund_yen > 0)


@pytest.mark.parametrize(("yen", "count", "first", "last"), [(700, 1, 700, 700), (66_000, 8, 8_600, 8_200)])
def test_the_number_of_instalments_told_is_the_number_asked_for(yen, count, first, last):
    found = direct_payment(DirectFacts(2026, yen, date(2026, 7, 10)), VALUES)
    assert found.reasons[0].args == (yen, count, first, last)
    assert len(found.value.instalments) == count


yens = st.integers(0, 30_000)
days = st.dates(date(2026, 4, 1), date(2027, 3, 31))
some = st.sampled_from


@st.composite
def years(draw) -> PlanFacts:
    """一年度のどんな途中でも: 始まる月、決めた額、依頼、中止、資格の喪失、過ぎた期。"""
    annual, on = draw(st.integers(0, 200_000)), draw(days)
    deduction = None
    if draw(st.booleans()):
        start = draw(some([4, 6, 8, 10, 12, 14, 16]))
        early = tuple(Paid(month, draw(yens)) for month in (4, 6, 8) if month >= start)
        late = tuple(Paid(month, draw(yens)) for month in (10, 12, 14) if month >= start)
        requested, stopped = draw(st.booleans()), draw(st.booleans())
        deduction = DeductionFacts(
            2026, annual, start, draw(yens), early if draw(st.booleans()) else (), requested,
            late if requested or stopped else (), on, draw(st.booleans()), draw(st.none() | days), stopped,
            draw(st.booleans()),
        )  # fmt: skip
    due = ((1, date(2026, 7, 31)), (2, date(2026, 8, 31)))
    levied = tuple(Levied(number, day, draw(yens)) for number, day in due if day <= on)
    return PlanFacts(2026, annual, on, deduction, levied)


@given(years())
def test_what_is_taken_less_what_is_given_back_is_always_the_annual_amount(facts):
    found = plan(facts, VALUES).value
    asked = [*(part.yen for part in found.deductions), *(part.yen for part in found.instalments)]
    assert sum(asked) - found.refund_yen == facts.annual_yen
    assert found.refund_yen >= 0 and min(asked, default=0) >= 0
    assert {(p.number, p.yen) for p in facts.levied} <= {(p.number, p.yen) for p in found.instalments}
