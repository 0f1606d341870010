"""年のない月日(全銀の引落日・振込指定日、MMDD)。"""

from __future__ import annotations

from datetime import date

# 2月29日は、ある年がある。
_LEAP_YEAR = 2024


def is_month_day(text: str) -> bool:
    """どこかの年に実在する月日か。"""
    return len(text) == 4 and text.isascii() and text.isdigit() and _day(_LEAP_YEAR, text) is not None


def nearest(text: str, to: date) -> date:
    """その月日のうち、日付 to にいちばん近い日(同じ近さなら先の日)。実在しない月日は ValueError。

    12月に作ったファイルの1月の引落日は翌年である。2月29日は、ある年まで探す。
    """
    if not is_month_day(text):
        raise ValueError(f"{text} は月日(MMDD)ではありません")
    around = (_day(year, text) for year in range(max(1, to.year - 8), to.year + 9))
    return min((day for day in around if day), key=lambda day: (abs((day - to).days), day < to))


def _day(year: int, text: str) -> date | None:
    try:
        return date(year, int(text[:2]), int(text[2:]))
    except ValueError:
        return None
