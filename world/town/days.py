"""Days as ordinals (cheap to keep and compare) and their eight digits; the days on which the ward's office is open."""

from __future__ import annotations

from datetime import date
from functools import cache

import jpholiday

_FIRST, _LAST = date(1890, 1, 1).toordinal(), date(2100, 1, 1).toordinal()
# ordinal → eight digits; no day (0) is empty. A plain dict: nothing is asked for more often.
TEXT = {day: date.fromordinal(day).isoformat().replace("-", "") for day in range(_FIRST, _LAST)} | {0: ""}


@cache
def day(year: int, month: int, dom: int) -> int:
    """The ordinal of a date."""
    return date(year, month, dom).toordinal()


def text(ordinal: int) -> str:
    """Eight digits; empty for 0 (no day)."""
    return TEXT[ordinal]


def iso(ordinal: int) -> str:
    """2026-04-01."""
    return date.fromordinal(ordinal).isoformat()


def birth_date(fiscal_year: int, age: int, r: float) -> int:
    """A birth date of somebody whose age is `age` on 1 April of the fiscal year (that day included)."""
    last = day(fiscal_year - age, 4, 1)
    return last - int(r * (last - day(fiscal_year - age - 1, 4, 1)))


def attained(birth: int, age: int) -> int:
    """The day on which an age is attained: the day before the birthday; 29 February attains on the 28th."""
    born = date.fromordinal(birth)
    year = born.year + age
    if (born.month, born.day) == (2, 29):
        return day(year, 2, 28)
    return day(year, born.month, born.day) - 1


def is_attained(birth: int, age: int, on: int) -> bool:
    """attained(...) <= on, without a calendar for those who are far from it."""
    lived = on - birth - age * 365
    return lived > 40 or (lived > -5 and attained(birth, age) <= on)


def offices(fiscal_year: int) -> list[int]:
    """The days of a fiscal year on which files are made."""
    found = []
    for ordinal in range(day(fiscal_year, 4, 1), day(fiscal_year + 1, 4, 1)):
        on = date.fromordinal(ordinal)
        if is_open(on):
            found.append(ordinal)
    return found


def is_open(on: date) -> bool:
    """Whether the office is open."""
    closed = on.weekday() >= 5 or jpholiday.is_holiday(on)
    return not closed and not (on.month == 12 and on.day >= 29) and not (on.month == 1 and on.day <= 3)


def month_end(year: int, month: int) -> int:
    """The last day of a month."""
    return day(year + month // 12, month % 12 + 1, 1) - 1
