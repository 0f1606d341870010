"""平準化の四つの方法と、端数の単位。"""

from __future__ import annotations

from datetime import date

import pytest

from kaigo.law.instalment_facts import Deduction
from kaigo.law.instalments import Split, split
from kaigo.law.levelling import level
from kaigo.law.values import load


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
