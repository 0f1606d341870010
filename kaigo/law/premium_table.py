"""保険者の段階表。段階の数も境も額も値であり、ここには一つも書かない。"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from fractions import Fraction
from typing import NamedTuple

from kaigo.law.household import TaxView, tax_view
from kaigo.law.reasons import Missing
from kaigo.law.values import ValueMissing, Values, value
from kaigo.law.yen import Amount, rounding


class Line(NamedTuple):
    """年金収入等 upto 円以下の段階。upto が None なら上限なし。threshold は年度で動く額(値 premium.threshold)。"""

    stage: int
    upto: int | None
    threshold: bool = False


class Taxed(NamedTuple):
    """合計所得 below 円未満の段階。below が None なら上限なし。"""

    stage: int
    below: int | None


class Stages(NamedTuple):
    """段階表の境。low: 世帯非課税、middle: 本人非課税・世帯課税、taxed: 本人課税。unknown: 境の分からない段階。"""

    low: tuple[Line, ...]
    middle: tuple[Line, ...]
    taxed: tuple[Taxed, ...]
    base_stage: int
    count: int
    unknown: tuple[int, ...]


@value("premium.stages")
def _stages(raw) -> Stages:
    def lines(rows) -> tuple[Line, ...]:
        return tuple(
            Line(
                row["stage"], None if row["upto"] == "threshold" else row["upto"], row["upto"] == "threshold"
            )
            for row in rows
        )

    taxed = tuple(Taxed(row["stage"], row["below"]) for row in raw["taxed"])
    known = [row.below for row in taxed if row.below is not None]
    if known != sorted(known):
        raise ValueError("本人課税の境が小さい順でない")
    low, middle = lines(raw["low"]), lines(raw["middle"])
    unknown = tuple(raw.get("unknown", ()))
    numbers = sorted({row.stage for row in (*low, *middle, *taxed)} | set(unknown))
    if numbers != list(range(1, raw["count"] + 1)):
        raise ValueError(f"段階が 1 から {raw['count']} まで揃っていない: {numbers}")
    return Stages(low, middle, taxed, raw["base_stage"], raw["count"], unknown)


@value("premium.threshold")
def _threshold(raw) -> int:
    return int(raw)


@value("premium.rates")
def _rates(raw) -> dict[int, Fraction]:
    return {int(stage): Fraction(rate) for stage, rate in raw.items()}


@value("premium.amounts")
def _amounts(raw) -> dict[int, int]:
    return {int(stage): int(yen) for stage, yen in raw.items()}


class Base(NamedTuple):
    """基準額(円)。per は year か month、rounding は段階の額の端数処理、name はその名前。"""

    yen: int
    per: str
    rounding: Callable[[Amount], int]
    name: str


@value("premium.base")
def _base(raw) -> Base:
    if raw["per"] not in ("year", "month"):
        raise ValueError("per は year か month")
    return Base(int(raw["yen"]), raw["per"], rounding(raw["rounding"]), raw["rounding"])


class Proration(NamedTuple):
    """月割の端数処理。only_broken: 一年を通して同じ段階なら条例の額をそのまま使う。"""

    rounding: Callable[[Amount], int]
    only_broken: bool
    name: str


@value("premium.proration")
def _proration(raw) -> Proration:
    return Proration(rounding(raw["rounding"]), bool(raw["only_broken"]), raw["rounding"])


@value("premium.special_end")
def _special_end(raw) -> str:
    if raw not in ("keep", "rejudge"):
        raise ValueError("keep か rejudge")
    return raw


class Money(NamedTuple):
    """額だけ。段階の境が分からない年度でも、知っている段階の年額は答えられる。"""

    amounts: dict[int, int]
    proration: Proration | None


def money(values: Values) -> Money:
    """値から(Values.view で一度だけ)。"""
    return Money(amounts(values), _optional(values, "premium.proration"))


class Table(NamedTuple):
    """一年度の賦課に要る値を一度だけ引いたもの。"""

    stages: Stages
    low: tuple[tuple[int | None, int], ...]  # (上限の円, 段階)
    middle: tuple[tuple[int | None, int], ...]
    bounds: tuple[int, ...]
    taxed: tuple[int | None, ...]
    threshold: int
    money: Money
    special_end: str | None
    tax: TaxView


def table(values: Values) -> Table:
    """値から表を作る(Values.view で一度だけ)。"""
    stages: Stages = values.get("premium.stages")
    threshold: int = values.get("premium.threshold")

    def resolved(lines: tuple[Line, ...]) -> tuple[tuple[int | None, int], ...]:
        return tuple((threshold if line.threshold else line.upto, line.stage) for line in lines)

    return Table(
        stages,
        resolved(stages.low),
        resolved(stages.middle),
        tuple(row.below for row in stages.taxed if row.below is not None),
        tuple(row.stage for row in stages.taxed),
        threshold,
        values.view(money),
        _optional(values, "premium.special_end"),
        values.view(tax_view),
    )


def amounts(values: Values) -> dict[int, int]:
    """段階 → 年額(円)。条例が額を定めていればその額、なければ基準額×率を条例の端数処理で。"""
    found = dict(_optional(values, "premium.amounts") or {})
    rates = _optional(values, "premium.rates") or {}
    base = _optional(values, "premium.base")
    if base:
        for stage, rate in rates.items():
            if stage not in found:
                yen = base.rounding(base.yen * rate)
                found[stage] = yen * 12 if base.per == "month" else yen
    return found


def batch_blockers(values: Values) -> tuple[Missing, ...]:
    """この値では一括の賦課を始められない理由。空なら始められる。"""
    lacks: list[Missing] = []
    try:
        rows = values.view(table)
    except ValueMissing as error:
        return (Missing(error.what, f"{error.blocks} を始められません"),)
    if rows.money.proration is None:
        lacks.append(Missing("premium.proration", "月割の端数処理が値に入っていません"))
    for stage in range(1, rows.stages.count + 1):
        if stage in rows.stages.unknown:
            lacks.append(Missing(f"premium.stages.{stage}", f"第{stage}段階の境が分かりません"))
        if stage not in rows.money.amounts:
            lacks.append(Missing(f"premium.amounts.{stage}", f"第{stage}段階の額が分かりません"))
    return tuple(lacks)


def taxed_stage(rows: Table, income: int) -> int | None:
    """本人課税の段階(以上・未満)。境の分からない所得は None。"""
    place = bisect_right(rows.bounds, income)
    return rows.taxed[place] if place < len(rows.taxed) else None


def _optional(values: Values, name: str):
    try:
        return values.get(name)
    except ValueMissing:
        return None
