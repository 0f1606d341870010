"""暦: 年度、年齢、和暦、休日。日付はすべて引数であり、時計を見ない。"""

from __future__ import annotations

import calendar
import re
import unicodedata
from datetime import date, timedelta
from functools import lru_cache
from typing import NamedTuple

from kaigo.law.reasons import Finding, Reason
from kaigo.law.rule import rule
from kaigo.law.values import Values

# 元号の始まり。終わりは次の元号の始まり。
ERAS = (
    ("明治", "M", date(1868, 1, 25)),
    ("大正", "T", date(1912, 7, 30)),
    ("昭和", "S", date(1926, 12, 25)),
    ("平成", "H", date(1989, 1, 8)),
    ("令和", "R", date(2019, 5, 1)),
)
_ERA_DATE = re.compile(r"(明治|大正|昭和|平成|令和|[MTSHR])(\d{1,2}|元)[.\-/年](\d{1,2})[.\-/月](\d{1,2})日?")
_WESTERN = re.compile(r"(\d{4})[.\-/年](\d{1,2})[.\-/月](\d{1,2})日?")


class AgeFacts(NamedTuple):
    """生年月日と、年齢を見る日。"""

    birth_date: date
    on: date


class AttainedFacts(NamedTuple):
    """生年月日と年齢。"""

    birth_date: date
    age: int


@rule("dates.attained_on", facts=AttainedFacts, article="年齢計算ニ関スル法律・民法143条")
def attained_on_rule(facts: AttainedFacts, values: Values) -> Finding[date]:
    """その年齢に達する日: 誕生日の前日。二月二十九日生まれは平年も二月二十八日。"""
    day = attained_on(facts.birth_date, facts.age)
    return Finding(
        day,
        (Reason("dates.attained", "年齢計算ニ関スル法律・民法143条", (facts.birth_date, facts.age, day)),),
    )


@rule("dates.age", facts=AgeFacts, article="年齢計算ニ関スル法律・民法143条")
def age_rule(facts: AgeFacts, values: Values) -> Finding[int]:
    """その日の満年齢。誕生日の前日の終わりに一つ加わるので、前日にはもう達している。"""
    years = age(facts.birth_date, facts.on)
    return Finding(
        years, (Reason("dates.age", "年齢計算ニ関スル法律・民法143条", (facts.birth_date, facts.on, years)),)
    )


def attained_on(birth: date, years: int) -> date:
    """誕生日の前日。三月一日生まれは二月の末日、二月二十九日生まれは二月二十八日。"""
    if (birth.month, birth.day) == (2, 29):
        return date(birth.year + years, 2, 28)
    return date(birth.year + years, birth.month, birth.day) - timedelta(days=1)


def age(birth: date, on: date) -> int:
    """年齢に達する日で数えた満年齢。"""
    years = on.year - birth.year + 1
    while attained_on(birth, years) > on:
        years -= 1
    return max(0, years)


def fiscal_year(on: date) -> int:
    """四月から三月まで。"""
    return on.year if on.month >= 4 else on.year - 1


def fiscal_span(year: int) -> tuple[date, date]:
    """年度の半開期間。"""
    return date(year, 4, 1), date(year + 1, 4, 1)


def add_years(on: date, years: int) -> date:
    """応当日。なければその月の末日(民法143条2項)。"""
    last = calendar.monthrange(on.year + years, on.month)[1]
    return date(on.year + years, on.month, min(on.day, last))


def add_months(on: date, months: int) -> date:
    """月を足した応当日。なければ末日。"""
    total = on.year * 12 + on.month - 1 + months
    year, month = total // 12, total % 12 + 1
    return date(year, month, min(on.day, calendar.monthrange(year, month)[1]))


def last_day(start: date, *, years: int = 0, months: int = 0) -> date:
    """start を初日とする期間の末日(民法143条2項): 応当日の前日。応当日がなければその月の末日。

    二月二十八日の翌日から数える二年は、終わりの年がうるう年なら二月二十九日までである。
    """
    counterpart = add_months(start, 12 * years + months)
    return counterpart - timedelta(days=1) if counterpart.day == start.day else counterpart


def month_end(on: date) -> date:
    """その月の末日。"""
    return date(on.year, on.month, calendar.monthrange(on.year, on.month)[1])


@lru_cache(maxsize=4096)
def is_holiday(on: date) -> bool:
    """土曜、日曜、国民の祝日、年末年始(十二月二十九日から一月三日)。"""
    import jpholiday

    return (
        on.weekday() >= 5
        or jpholiday.is_holiday(on)
        or (on.month, on.day) >= (12, 29)
        or (on.month, on.day) <= (1, 3)
    )


@lru_cache(maxsize=4096)
def business_day(on: date) -> date:
    """その日、休日なら次の開庁日。"""
    while is_holiday(on):
        on += timedelta(days=1)
    return on


@lru_cache(maxsize=65536)
def wareki(on: date) -> str:
    """令和8年4月1日。明治より前は西暦。"""
    for name, _, start in reversed(ERAS):
        if on >= start:
            year = on.year - start.year + 1
            return f"{name}{'元' if year == 1 else year}年{on.month}月{on.day}日"
    return f"{on.year}年{on.month}月{on.day}日"


def wareki_month(on: date) -> str:
    """令和8年7月。"""
    return wareki(on).rpartition("月")[0] + "月"


def fiscal_year_name(year: int) -> str:
    """令和8年度。"""
    return wareki(date(year, 5, 1)).split("年")[0] + "年度"


def parse_date(text: str) -> date:
    """和暦・西暦のよくある書き方を読む。S33.4.1、昭和33年4月1日、1958-04-01、19580401、全角。読めなければ ValueError。

    九九九九年のような埋め草は日付として読まない。
    """
    found = _parsed(text)
    if not 1800 <= found.year < 2200:
        raise ValueError(f"「{text}」は、この制度で使う年の範囲(1800年から2199年)にありません")
    return found


def _parsed(text: str) -> date:
    plain = unicodedata.normalize("NFKC", text).strip().replace(" ", "").upper()
    if re.fullmatch(r"\d{8}", plain):
        return date(int(plain[:4]), int(plain[4:6]), int(plain[6:]))
    found = _WESTERN.fullmatch(plain)
    if found:
        return date(*(int(part) for part in found.groups()))
    found = _ERA_DATE.fullmatch(plain)
    if not found:
        raise ValueError(
            f"「{text}」は日付として読めません。昭和33年4月1日、S33.4.1、1958-04-01 のように書いてください"
        )
    return _era_date(text, *found.groups())


def _era_date(text: str, era: str, year: str, month: str, day: str) -> date:
    place = next(i for i, (name, letter, _) in enumerate(ERAS) if era in (name, letter))
    start = ERAS[place][2]
    on = date(start.year + (0 if year == "元" else int(year) - 1), int(month), int(day))
    following = ERAS[place + 1][2] if place + 1 < len(ERAS) else None
    if on < start or (following and on >= following):
        raise ValueError(f"「{text}」は {ERAS[place][0]} にはない日付です")
    return on
