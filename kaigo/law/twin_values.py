"""双子が使う値: 表の索引も端数処理も、規則とは別に、整数だけで作る。"""

from __future__ import annotations

from datetime import date
from typing import Any, NamedTuple

from kaigo.law.values import ValueMissing, Values

PENDING = ("undeclared", "investigating", "inquiring", "cancelled")


class TwinValues(NamedTuple):
    """一年度の値。分からない値は None。"""

    low: tuple[tuple[int | None, int], ...]
    middle: tuple[tuple[int | None, int], ...]
    taxed: tuple[tuple[int | None, int], ...]
    amounts: dict[int, int]
    proration: str | None
    only_broken: bool
    special_end: str | None
    income: Any
    old_salary: Any
    limit: int | None
    pending: dict[str, Any]


def whole_unit(numerator: Any, denominator: int, name: str) -> Any:
    """numerator ÷ denominator を名前の端数処理で円の整数に。int にも Polars の式にも使う。"""
    how, _, digits = name.rpartition("_")
    unit = int(digits)
    if how == "floor":
        return numerator // (denominator * unit) * unit
    if how == "ceil":
        return -(-numerator // (denominator * unit)) * unit
    return (2 * numerator + denominator * unit) // (2 * denominator * unit) * unit


def twin_values(values: Values, fiscal_year: int) -> TwinValues:
    """年度の値。境と額と所得の見方がなければ ValueMissing。"""
    begin, finish = date(fiscal_year, 4, 1), date(fiscal_year + 1, 4, 1)
    told = values if begin <= values.on < finish else values.at(begin)
    stages, threshold = told.get("premium.stages"), told.get("premium.threshold")

    def lines(rows) -> tuple[tuple[int | None, int], ...]:
        return tuple((threshold if row.threshold else row.upto, row.stage) for row in rows)

    proration = _or_none(told, "premium.proration")
    return TwinValues(
        lines(stages.low),
        lines(stages.middle),
        tuple((row.below, row.stage) for row in stages.taxed),
        _amounts(told),
        proration.name if proration else None,
        bool(proration and proration.only_broken),
        _or_none(told, "premium.special_end"),
        told.get("income.premium"),
        told.get("income.old_salary_deduction"),
        _or_none(told, "tax.nontaxable_limit"),
        {status: _or_none(told, f"premium.interim.{status}") for status in PENDING},
    )


def _amounts(told: Values) -> dict[int, int]:
    """条例の額。なければ基準額に率を掛けて端数を処理した額(月額なら十二倍)。"""
    fixed, rates = _or_none(told, "premium.amounts"), _or_none(told, "premium.rates")
    base = _or_none(told, "premium.base")
    found = {}
    if base and rates:
        for stage, rate in rates.items():
            each = whole_unit(base.yen * rate.numerator, rate.denominator, base.name)
            found[stage] = each * (12 if base.per == "month" else 1)
    return found | (fixed or {})


def _or_none(told: Values, name: str) -> Any:
    try:
        return told.get(name)
    except ValueMissing:
        return None
