"""双子: 一年度の賦課(月ごとの段階と年額)を、規則を呼ばずに列の式でもう一度言う。

規則(premium.assess)は一人ずつ理由つきで判定する。双子は同じ条文から別に書いた整数の式であり、一括の賦課を承認する前に
二つを比べる。食い違いが一人でもあれば、その一括処理は止まる。分からない人(規則の Unclear)の額は双子でも null になる。
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import polars as pl

from kaigo.law.premium_facts import AssessFacts, Assessment
from kaigo.law.reasons import Finding, Unclear
from kaigo.law.twin_base import STATUS, base_stages
from kaigo.law.twin_months import PLACES, in_months, insured_mask, special_stages
from kaigo.law.twin_values import TwinValues, twin_values, whole_unit
from kaigo.law.values import Values

FULL_YEAR = (1 << 12) - 1
_TAX = (
    ("status", pl.UInt8), ("total_income", pl.Int64), ("pension_revenue", pl.Int64), ("pension_income", pl.Int64),
    ("salary_revenue", pl.Int64), ("salary_income", pl.Int64), ("income_adjustment", pl.Int64),
    ("special_deduction", pl.Int64), ("deemed_taxed", pl.Boolean), ("dependants", pl.Int64),
    ("deemed_applies", pl.Boolean),
)  # fmt: skip


class Facts(NamedTuple):
    """列にした事実。people は一人一行で person の順、ほかは person(行の番号)で結ばれる。期間は月の番号で持つ。"""

    people: pl.DataFrame
    members: pl.DataFrame
    insured: pl.DataFrame
    special: pl.DataFrame


class Disagreement(NamedTuple):
    """規則と双子の食い違い。place は渡した並びの中の位置、額は分からなければ None。"""

    place: int
    rule_yen: int | None
    twin_yen: int | None
    rule_stages: tuple[int, ...]
    twin_stages: tuple[int, ...]


def frame_of(facts: Sequence[AssessFacts]) -> Facts:
    """事実を列にする。"""
    members = [(place, tax) for place, one in enumerate(facts) for tax in one.members]
    insured = [(place, span) for place, one in enumerate(facts) for span in one.insured]
    special = [
        (place, kind, span)
        for place, one in enumerate(facts)
        if one.public_assistance or one.support_benefit or one.old_age_pension or one.borderline
        for kind, spans in (("aid", one.public_assistance), ("aid", one.support_benefit),
                            ("old_age", one.old_age_pension), ("borderline", one.borderline))
        for span in spans
    ]  # fmt: skip
    return Facts(
        _taxes(range(len(facts)), [one.person for one in facts]),
        _taxes([place for place, _ in members], [tax for _, tax in members]),
        in_months(_spans([place for place, _ in insured], [span for _, span in insured])),
        in_months(_spans([place for place, _, _ in special], [span for _, _, span in special])).with_columns(
            kind=pl.Series([kind for _, kind, _ in special], dtype=pl.String),
            stage=pl.Series([getattr(span, "stage", 1) for _, _, span in special], dtype=pl.Int64),
        ),
    )


def _taxes(places: Iterable[int], taxes: Sequence) -> pl.DataFrame:
    found = [pl.Series("person", places, dtype=pl.Int64)]
    for place, (name, kind) in enumerate(_TAX):
        column = [STATUS[tax.status] for tax in taxes] if name == "status" else [tax[place] for tax in taxes]
        found.append(pl.Series(name, column, dtype=kind))
    return pl.DataFrame(found)


def _spans(places: list[int], spans: list) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "person": pl.Series(places, dtype=pl.Int64),
            "start": pl.Series([span.start for span in spans], dtype=pl.Date),
            "end": pl.Series([span.end for span in spans], dtype=pl.Date),
        }
    )


def assess_frame(frame: Facts, values: Values, fiscal_year: int) -> pl.DataFrame:
    """person, annual_yen, months, base_stage, m04 … m15(月ごとの段階、資格のない月は 0)。分からない人は null。"""
    told = twin_values(values, fiscal_year)
    mask = insured_mask(frame.insured, frame.people.height, fiscal_year)
    people = base_stages(frame.people.with_columns(mask=mask), frame.members, told)
    plain = _plain(people, told)
    if frame.special.is_empty():
        return plain
    monthly = _yearly(special_stages(frame.special, people, fiscal_year, told.special_end), told)
    where = monthly["person"]
    return plain.with_columns(plain[name].scatter(where, monthly[name]) for name in plain.columns[1:])


def _table(column: pl.Series, told: TwinValues) -> pl.Series:
    """段階 → 条例の年額。表にない段階と null は null。"""
    yens = [told.amounts.get(stage) for stage in range(max(told.amounts, default=0) + 2)]
    return pl.Series(yens, dtype=pl.Int64).gather(column.clip(0, len(yens) - 1))


def _plain(people: pl.DataFrame, told: TwinValues) -> pl.DataFrame:
    """特別な事情のない人: どの月も同じ段階。"""
    mask, stage = pl.col("mask"), pl.col("base_stage")
    months = mask.bitwise_count_ones().cast(pl.Int64)
    yearly = pl.col("yearly")
    if told.proration is None:
        broken, whole = pl.lit(None, dtype=pl.Int64), yearly
    else:
        broken = whole_unit(yearly * months, 12, told.proration)
        whole = yearly if told.only_broken else broken
    yen = pl.when(mask == 0).then(0).when(mask == FULL_YEAR).then(whole).otherwise(broken)
    return people.with_columns(yearly=_table(people["base_stage"], told)).select(
        "person",
        yen.alias("annual_yen"),
        months.cast(pl.Int8).alias("months"),
        pl.when(mask == 0).then(0).otherwise(stage).alias("base_stage"),
        *(
            pl.when(mask & (1 << place) != 0).then(stage).otherwise(0).alias(name)
            for place, name in enumerate(PLACES)
        ),
    )


def _yearly(monthly: pl.DataFrame, told: TwinValues) -> pl.DataFrame:
    """月ごとの段階から年額: 途中で変わらない一年は条例の額、変わる年は十二分の一ずつの和。"""
    columns = [pl.col(name) for name in PLACES]
    # 資格のない月(0)は 0 円、段階の分からない月は null のまま。
    yens = monthly.select(
        pl.when(monthly[name] == 0).then(0).otherwise(_table(monthly[name], told)).alias(name)
        for name in PLACES
    )
    twelfths = yens.select(pl.sum_horizontal(PLACES, ignore_nulls=False)).to_series()
    highest, lowest = pl.max_horizontal(columns), pl.min_horizontal(columns)
    same = (highest == lowest) & (lowest > 0)
    if told.proration is None:
        broken = pl.when(highest == 0).then(0).otherwise(pl.lit(None, dtype=pl.Int64))
        whole = pl.col("whole")
    else:
        broken = whole_unit(pl.col("twelfths"), 12, told.proration)
        whole = pl.col("whole") if told.only_broken else broken
    # 一月でも段階が分からなければ、その人の年額は分からない。
    known = pl.all_horizontal([c.is_not_null() for c in columns])
    return monthly.with_columns(whole=yens[PLACES[0]], twelfths=twelfths).select(
        "person",
        pl.when(known).then(pl.when(same).then(whole).otherwise(broken)).alias("annual_yen"),
        pl.sum_horizontal([(c > 0) for c in columns]).cast(pl.Int8).alias("months"),
        "base_stage",
        *PLACES,
    )


def compare(
    facts: Sequence[AssessFacts], results: Sequence[Finding[Assessment] | Unclear], values: Values
) -> list[Disagreement]:
    """規則の答え(facts と同じ順)を双子と比べ、食い違いをすべて返す。空なら一致。"""
    found: list[Disagreement] = []
    for year in sorted({one.fiscal_year for one in facts}):
        places = [place for place, one in enumerate(facts) if one.fiscal_year == year]
        frame = assess_frame(frame_of([facts[place] for place in places]), values, year)
        found += _differences(frame, [results[place] for place in places], places)
    return found


def _differences(frame: pl.DataFrame, results: list, places: list[int]) -> list[Disagreement]:
    yens = frame["annual_yen"].to_list()
    stages = list(zip(*(frame[name].to_list() for name in PLACES), strict=True))
    found = []
    for place, result, yen, months in zip(places, results, yens, stages, strict=True):
        unclear = isinstance(result, Unclear)
        rule_yen = None if unclear else result.value.annual_yen
        rule_stages = () if unclear else result.value.stages
        if rule_yen != yen or (not unclear and rule_stages != months):
            found.append(Disagreement(place, rule_yen, yen, rule_stages, () if unclear else months))
    return found
