"""年の割合を日数に応じて掛ける計算。延滞金と還付加算金に共通のもの。

割合は千分率の整数(2.4% は 24)。うるう年の日も含めて一年は 365 日。期間ごとの円未満の端数は捨てず、合計してから端数を切り捨てる。
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any, NamedTuple

from kaigo.law.reasons import Missing
from kaigo.law.values import NoValue, ValueMissing, Values

# 閏年の日を含む期間も、365 日当たりの割合とする(利率等の表示の年利建て移行に関する法律の例)。
YEAR_DAYS = 365


class Fractions(NamedTuple):
    """円の端数。minimum_base: 元の額がこれに満たなければ掛けない。base_unit: 元の額をこの単位に切り捨てる。

    minimum: 出た額がこれに満たなければ零。unit: 出た額をこの単位に切り捨てる。
    """

    minimum_base: int
    base_unit: int
    minimum: int
    unit: int

    def base(self, yen: int) -> int:
        """割合を掛ける元の額。零なら掛けない。"""
        return 0 if yen < self.minimum_base else yen // self.base_unit * self.base_unit

    def settled(self, yen: int) -> int:
        """出た額の端数を切り捨てる。"""
        return 0 if yen < self.minimum else yen // self.unit * self.unit


def fractions(raw: Any) -> Fractions:
    """値のファイルの {minimum_base, base_unit, minimum, unit} から。"""
    return Fractions(int(raw["minimum_base"]), int(raw["base_unit"]), int(raw["minimum"]), int(raw["unit"]))


class Stretch(NamedTuple):
    """割合の変わらない半開の期間 [start, end) と、その元の額(円)、割合(千分率)。"""

    start: date
    end: date
    base_yen: int
    permille: int

    @property
    def days(self) -> int:
        """日数。"""
        return (self.end - self.start).days


def total(stretches: Iterable[Stretch]) -> int:
    """期間ごとの額の合計(円)。円未満は、合計してから切り捨てる。"""
    return sum(one.base_yen * one.permille * one.days for one in stretches) // (1000 * YEAR_DAYS)


def permille(raw: Any) -> int:
    """値のファイルの割合("2.4")を千分率の整数に。十分の一パーセントより細かい割合は誤り。"""
    whole, _, tenth = str(raw).partition(".")
    if not whole.isdigit() or len(tenth) > 1 or (tenth and not tenth.isdigit()):
        raise ValueError(f'割合 {raw} は "2.4" のように書く')
    return int(whole) * 10 + int(tenth or 0)


def percent(rate: int) -> str:
    """千分率を、文に書く形に。24 は 2.4。"""
    return f"{rate // 10}.{rate % 10}"


def cut(start: date, end: date, marks: Iterable[date]) -> list[tuple[date, date]]:
    """半開の期間 [start, end) を、marks の日と一月一日で切る。空の期間は空の並び。"""
    years = {date(year, 1, 1) for year in range(start.year + 1, end.year + 1)}
    days = sorted({start, end} | {day for day in years.union(marks) if start < day < end})
    return list(zip(days, days[1:], strict=False)) if start < end else []


def rates_of(
    values: Values, name: str, years: Iterable[int], why: str
) -> tuple[dict[int, Any], tuple[Missing, ...]]:
    """(年 → その年の割合, 足りない値)。割合は一月一日の値。why: 何に要るか。"""
    found: dict[int, Any] = {}
    lacks: dict[Missing, None] = {}
    for year in sorted(set(years)):
        try:
            found[year] = values.at(date(year, 1, 1)).get(name)
        except ValueMissing as error:
            lacks[Missing(error.what, error.blocks)] = None
        except NoValue:
            lacks[Missing(f"{name} の {year} 年の割合", why)] = None
    return found, tuple(lacks)
