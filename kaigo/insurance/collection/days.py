"""On which day a pension is paid and the premium taken from it."""

from __future__ import annotations

from datetime import date
from functools import lru_cache

from kaigo.law.dates import business_day


@lru_cache(maxsize=16)
def deduction_days(fiscal_year: int) -> dict[int, date]:
    """Pensions are paid on the 15th of even months, on the business day before when that is a holiday."""
    found = {}
    for month in (4, 6, 8, 10, 12, 14):
        day = date(fiscal_year + (month > 12), (month - 1) % 12 + 1, 15)
        while business_day(day) != day:
            day = date.fromordinal(day.toordinal() - 1)
        found[month] = day
    return found
