"""双子: 資格のある月と、特別な事情のある人の月ごとの段階。"""

from __future__ import annotations

import polars as pl

# 四月から翌年三月まで。m13 は翌年一月。
PLACES = tuple(f"m{month:02}" for month in range(4, 16))
# 月の番号 0..12 → それより前の月だけが立った印。
_BEFORE = pl.Series([(1 << count) - 1 for count in range(13)], dtype=pl.Int64)
_UNKNOWN = pl.lit(None, dtype=pl.Int64)


def in_months(spans: pl.DataFrame) -> pl.DataFrame:
    """person, start, end(日)を、始まりの月 begun、終わりの日の月 ended、その前日の月の次 over に。月は西暦からの通し番号。"""

    def month(day: pl.Expr) -> pl.Expr:
        return day.dt.year().cast(pl.Int64) * 12 + day.dt.month().cast(pl.Int64)

    return spans.select(
        "person",
        begun=month(pl.col("start")),
        ended=month(pl.col("end")),
        over=month(pl.col("end").dt.offset_by("-1d")) + 1,
    )


def insured_mask(insured: pl.DataFrame, people: int, fiscal_year: int) -> pl.Series:
    """人ごとの、資格のある月の印(四月が最下位の位)。取得の月を数え、喪失の月を数えない。"""
    april = fiscal_year * 12 + 4
    spans = insured.select(
        "person",
        begun=(pl.col("begun") - april).clip(0, 12),
        ended=(pl.col("ended") - april).clip(0, 12).fill_null(12),
    ).filter(pl.col("begun") < pl.col("ended"))
    return _marks(spans, people)


def _marks(spans: pl.DataFrame, people: int) -> pl.Series:
    """person, begun, ended(月の番号 0..12、半開)を、人ごとの月の印に。"""
    bits = _BEFORE.gather(spans["ended"]) - _BEFORE.gather(spans["begun"])
    masks = spans.select("person", bits=bits)
    if masks["person"].is_duplicated().any():
        masks = masks.group_by("person").agg(pl.col("bits").bitwise_or())
    return pl.zeros(people, dtype=pl.Int64, eager=True).scatter(masks["person"], masks["bits"])


def special_stages(
    special: pl.DataFrame, people: pl.DataFrame, fiscal_year: int, special_end: str | None
) -> pl.DataFrame:
    """特別な事情のある人の person, base_stage, m04 … m15。段階の分からない月は null、資格のない月は 0。"""
    rows = _numbered(special, fiscal_year)
    found = people[special["person"].unique().sort()]
    for kind in ("aid", "old_age"):
        for name, marks in _now_and_ended(rows.filter(pl.col("kind") == kind), people.height).items():
            found = found.with_columns(marks.gather(found["person"]).alias(f"{kind}_{name}"))
    lines = _borderlines(rows.filter(pl.col("kind") == "borderline"))
    found = found.join(lines, on="person", how="left", maintain_order="left")
    columns = []
    for place, name in enumerate(PLACES):
        insured = _on("mask", place)
        columns.append(pl.when(insured).then(_stage(place, special_end)).otherwise(0).alias(name))
    # 段階を一度も問わない人(資格のある月がないか、どの月も第1段階と決まる人)の base_stage は 0。
    asked = pl.any_horizontal(
        _on("mask", place) & _aid(place, special_end).eq_missing(False) for place in range(12)
    )
    return found.select(
        "person", pl.when(asked).then(pl.col("base_stage")).otherwise(0).alias("base_stage"), *columns
    )


def _on(marks: str, place: int) -> pl.Expr:
    return pl.col(marks) & (1 << place) != 0


def _numbered(special: pl.DataFrame, fiscal_year: int) -> pl.DataFrame:
    """効いている月 [begun, over)、この年度に終わった後の月 [over, 12)。終わりの日の前日の月までは効いている。"""
    april = fiscal_year * 12 + 4
    # 年度の初日までに終わった期間は、どの月にも残らない。
    return special.with_columns(
        begun=(pl.col("begun") - april).clip(0, 12), over=(pl.col("over") - april).fill_null(12)
    ).filter(pl.col("over") > 0)


def _now_and_ended(rows: pl.DataFrame, people: int) -> dict[str, pl.Series]:
    over = pl.col("over").clip(0, 12)
    now = rows.select("person", "begun", ended=over).filter(pl.col("begun") < pl.col("ended"))
    after = rows.select("person", begun=pl.max_horizontal("begun", over), ended=pl.lit(12)).filter(
        pl.col("begun") < 12
    )
    return {"now": _marks(now, people), "ended": _marks(after, people)}


def _borderlines(rows: pl.DataFrame) -> pl.DataFrame:
    """境界層の人ごと、月ごとの、いまの段階 now_<月> と終わった段階 ended_<月>(なければ null)。"""
    begun, over, stage = pl.col("begun"), pl.col("over"), pl.col("stage")
    return rows.group_by("person").agg(
        *(stage.filter((begun <= p) & (p < over)).min().alias(f"now_{p}") for p in range(12)),
        *(stage.filter((begun <= p) & (over <= p)).min().alias(f"ended_{p}") for p in range(12)),
    )


def _after(now: pl.Expr, ended: pl.Expr, special_end: str | None) -> pl.Expr:
    """効いているか。終わった後は保険者の定め、なければ null。"""
    if special_end == "rejudge":
        return now
    kept = pl.lit(True) if special_end == "keep" else pl.lit(None, dtype=pl.Boolean)
    return pl.when(now).then(True).when(ended).then(kept).otherwise(False)


def _aid(place: int, special_end: str | None) -> pl.Expr:
    return _after(_on("aid_now", place), _on("aid_ended", place), special_end)


def _stage(place: int, special_end: str | None) -> pl.Expr:
    """その月の段階: 生活保護・支援給付 → 老齢福祉年金(世帯非課税) → 境界層 → もとの段階。"""
    base = pl.col("base_stage")
    aid = _aid(place, special_end)
    old = _after(_on("old_age_now", place), _on("old_age_ended", place), special_end)
    can_be_old = (base > 1) & pl.col("household_taxed").not_()
    return (
        pl.when(aid.is_null())
        .then(_UNKNOWN)
        .when(aid)
        .then(1)
        .when(base.is_null())
        .then(_UNKNOWN)
        .when(can_be_old & old.is_null())
        .then(_UNKNOWN)
        .when(can_be_old & old)
        .then(1)
        .otherwise(_line(place, special_end))
    )


def _line(place: int, special_end: str | None) -> pl.Expr:
    """境界層の段階。もとの段階より低いときだけ。"""
    base = pl.col("base_stage")
    now, ended = pl.col(f"now_{place}"), pl.col(f"ended_{place}")
    found = pl.when(now < base).then(now)
    if special_end != "rejudge":
        found = found.when(ended < base).then(ended if special_end == "keep" else _UNKNOWN)
    return found.otherwise(base)
