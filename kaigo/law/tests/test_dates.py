"""暦: 年度、応当日、和暦、休日。"""

from __future__ import annotations

from datetime import date

import pytest

from kaigo.law.dates import (
    add_months,
    add_years,
    business_day,
    fiscal_span,
    fiscal_year,
    fiscal_year_name,
    last_day,
    parse_date,
    wareki,
    wareki_month,
)


def test_the_fiscal_year_turns_on_the_first_of_april():
    assert fiscal_year(date(2026, 3, 31)) == 2025
    assert fiscal_year(date(2026, 4, 1)) == 2026
    assert fiscal_span(2026) == (date(2026, 4, 1), date(2027, 4, 1))
    assert fiscal_year_name(2019) == "令和元年度"


def test_a_day_that_does_not_exist_becomes_the_last_of_the_month():
    assert add_years(date(2024, 2, 29), 2) == date(2026, 2, 28)
    assert add_months(date(2026, 1, 31), 1) == date(2026, 2, 28)
    assert add_months(date(2026, 10, 31), 4) == date(2027, 2, 28)


@pytest.mark.parametrize(
    ("start", "span", "last"),
    [
        (date(2024, 8, 1), {"years": 2}, date(2026, 7, 31)),
        # 応当日のある三月一日は、その前日まで: うるう年には二月二十九日。
        (date(2022, 3, 1), {"years": 2}, date(2024, 2, 29)),
        (date(2023, 3, 1), {"years": 2}, date(2025, 2, 28)),
        # 応当日のない日は、その月の末日まで。
        (date(2024, 2, 29), {"years": 2}, date(2026, 2, 28)),
        (date(2025, 11, 30), {"months": 3}, date(2026, 2, 28)),
        (date(2025, 12, 1), {"months": 3}, date(2026, 2, 28)),
        (date(2023, 12, 1), {"months": 3}, date(2024, 2, 29)),
        (date(2024, 7, 2), {"months": 3}, date(2024, 10, 1)),
        (date(2026, 1, 31), {"months": 1}, date(2026, 2, 28)),
        (date(2026, 4, 10), {"years": 1, "months": 6}, date(2027, 10, 9)),
    ],
)
def test_a_period_ends_on_the_day_before_its_counterpart(start, span, last):
    assert last_day(start, **span) == last


def test_eras_begin_on_their_day():
    assert wareki(date(2019, 4, 30)) == "平成31年4月30日"
    assert wareki(date(2019, 5, 1)) == "令和元年5月1日"
    assert wareki(date(1868, 1, 24)) == "1868年1月24日"


def test_a_month_is_named_by_the_era_of_its_first_day():
    assert wareki_month(date(2019, 5, 1)) == "令和元年5月"
    assert wareki_month(date(2026, 10, 1)) == "令和8年10月"
    assert parse_date("令和元年5月1日") == date(2019, 5, 1)


@pytest.mark.parametrize(
    "text", ["", "きのう", "昭和64年1月8日", "令和元年4月30日", "2026-13-01", "9999-12-31", "0001-01-01"]
)
def test_what_is_no_date_is_refused_in_words(text):
    with pytest.raises(ValueError):
        parse_date(text)


def test_due_days_skip_weekends_holidays_and_the_turn_of_the_year():
    assert business_day(date(2026, 10, 31)) == date(2026, 11, 2)
    assert business_day(date(2026, 11, 3)) == date(2026, 11, 4)
    assert business_day(date(2026, 12, 29)) == date(2027, 1, 4)
