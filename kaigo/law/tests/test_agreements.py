"""分納の誓約: 各回の合計は約束の額に一円も違わず、遅れは期日の翌日から数える。"""

from __future__ import annotations

import os
import random
from datetime import date, timedelta

import pytest

from kaigo.law.agreements import Part, PerformanceFacts, ScheduleFacts, performance, schedule
from kaigo.law.reasons import Unclear
from kaigo.law.values import load

VALUES = load().values("131997", date(2026, 4, 1))
DAY = timedelta(days=1)
PARTS = (Part(date(2026, 5, 31), 3_000), Part(date(2026, 6, 30), 3_000), Part(date(2026, 7, 31), 1_001))


def test_any_schedule_sums_to_the_debt_and_no_part_is_more_than_the_monthly_yen():
    seed = int(os.environ.get("KAIGO_SEED", "20261130"))
    print(f"KAIGO_SEED={seed}")
    dice = random.Random(seed)
    for _ in range(2_000):
        debt, monthly = dice.randint(1, 400_000), dice.randint(1, 60_000)
        first = date(2020, 1, 1) + timedelta(days=dice.randint(0, 4_000))
        if debt // monthly > 600:
            continue
        parts = schedule(ScheduleFacts(debt, monthly, first), VALUES).value
        assert sum(part.yen for part in parts) == debt, (debt, monthly, first)
        assert all(0 < part.yen <= monthly for part in parts)
        assert [part.due_on for part in parts] == sorted({part.due_on for part in parts})
        months = [(part.due_on.year, part.due_on.month) for part in parts]
        assert len(set(months)) == len(parts)


def test_the_last_day_of_a_short_month_stands_for_the_day():
    parts = schedule(ScheduleFacts(9_000, 3_000, date(2026, 1, 31)), VALUES).value
    assert [part.due_on for part in parts] == [date(2026, 1, 31), date(2026, 2, 28), date(2026, 3, 31)]


@pytest.mark.parametrize("debt, monthly", [(0, 1_000), (1_000, 0), (-1, 1_000)])
def test_nothing_to_divide_is_refused(debt, monthly):
    with pytest.raises(ValueError):
        schedule(ScheduleFacts(debt, monthly, date(2026, 1, 31)), VALUES)


@pytest.mark.parametrize(
    "paid, on, expected",
    [
        (0, date(2026, 5, 31), (0, 0, False, False, 0, date(2026, 5, 31))),
        (0, date(2026, 6, 1), (0, 1, False, False, 3_000, date(2026, 5, 31))),
        (2_999, date(2026, 6, 1), (0, 1, False, False, 1, date(2026, 5, 31))),
        (3_000, date(2026, 6, 1), (1, 0, False, False, 0, date(2026, 6, 30))),
        (2_999, date(2026, 6, 30), (0, 1, False, False, 1, date(2026, 5, 31))),
        (2_999, date(2026, 7, 1), (0, 2, True, False, 3_001, date(2026, 5, 31))),
        (7_001, date(2026, 6, 1), (3, 0, False, True, 0, None)),
    ],
)
def test_a_part_is_missed_from_the_day_after_and_two_break_the_promise(paid, on, expected):
    assert tuple(performance(PerformanceFacts(PARTS, paid, on), VALUES).value) == expected


def test_an_insurer_whose_practice_is_not_known_gets_no_answer():
    nerima = load().values("131202", date(2026, 4, 1))
    assert isinstance(performance(PerformanceFacts(PARTS, 0, date(2026, 9, 1)), nerima), Unclear)
