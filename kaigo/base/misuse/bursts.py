"""Rules about a day: its hours (R9), its people (R10, R11), its searches (R12), and what comes after it (R14)."""

from __future__ import annotations

import polars as pl

from kaigo.base.misuse.frames import Frames
from kaigo.base.misuse.looks import HIT
from kaigo.base.misuse.values import Values
from kaigo.law.dates import is_holiday

CASES = ["own", "queue", "list", "other"]


def bursts(
    accesses: pl.DataFrame, frames: Frames, values: Values, asked: frozenset[str]
) -> list[pl.DataFrame]:
    """Hits like those of looks.py, each with the figures that its words need."""
    rules = {"R9": _hours, "R10": _many, "R11": _in_order, "R12": _fishing, "R14": _leaving}
    return [rule(accesses, frames, values) for name, rule in rules.items() if name in asked]


def _hit(rows: pl.DataFrame, rule: str, points: pl.Expr, *facts: str) -> pl.DataFrame:
    marked = rows.with_columns(subject_of=pl.col("subject"), rule=pl.lit(rule), points=points.cast(pl.Int64))
    return marked.select(*HIT, *(pl.col(name).cast(pl.Int64) for name in facts))


def _weight(rule: str, values: Values) -> pl.Expr:
    one = values.rules[rule]
    percent = pl.col("cause").replace_strict(one.stays, default=100, return_dtype=pl.Int64)
    return pl.lit(one.points, pl.Int64) * percent // 100


def _hours(accesses: pl.DataFrame, frames: Frames, values: Values) -> pl.DataFrame:
    """Outside office hours or on a holiday, by somebody whose duty is not at night."""
    days = accesses.get_column("day").unique()
    closed = [day for day in days if is_holiday(day)]
    hour = pl.col("at").dt.hour()
    out = pl.col("day").is_in(closed) | (hour < values["office_begins"]) | (hour >= values["office_ends"])
    late = accesses.filter(out & (pl.col("what") != "search")).join(frames.night, "member", "anti")
    shown = late.filter(pl.col("what") == "list")
    # A list beside case work of the same hour is overtime.
    worked = late.filter(pl.col("cause").is_in(CASES)).select("member", "at").sort("at")
    near = shown.sort("at").with_columns(mine=pl.col("at")).join_asof(
        worked.with_columns(work=pl.col("at")), on="at", by="member", strategy="nearest",
        tolerance=f"{values['nearby_minutes']}m", check_sortedness=False,
    ).filter(pl.col("work").is_null())  # fmt: skip
    rows = pl.concat([late.filter(pl.col("what") != "list"), near.select(late.columns)])
    return _hit(rows, "R9", _weight("R9", values))


def persons_a_day(accesses: pl.DataFrame) -> pl.DataFrame:
    """(member, day, persons): how many people somebody opened; those of an approved work list are not counted."""
    opened = accesses.filter(pl.col("subject").is_not_null() & (pl.col("cause") != "list"))
    return opened.group_by("member", "day").agg(persons=pl.col("subject").n_unique().cast(pl.Int64))


def _usual(daily: pl.DataFrame, frames: Frames, values: Values) -> pl.DataFrame:
    """(member, day, persons, usual): the median of the days before on which he worked; of too few days, that of all."""
    before = frames.habits.join(daily, ["member", "day"], "anti").select("member", "day", "persons")
    known = pl.concat([before, daily.select("member", "day", "persons")])
    span = pl.duration(days=values["habit_days"])
    of_days = known.rename({"day": "then", "persons": "count"})
    earlier = (pl.col("then") < pl.col("day")) & (pl.col("then") >= pl.col("day") - span)
    own = (
        daily.join(of_days, "member", "inner").filter(earlier).group_by("member", "day")
        .agg(usual=pl.col("count").median(), worked=pl.len())
    )  # fmt: skip
    days = daily.select("day").unique()
    everybody = (
        days.join(of_days, how="cross").filter(earlier).group_by("day").agg(all=pl.col("count").median())
    )
    few = pl.col("worked").fill_null(0) < values["habit_least_days"]
    usual = pl.when(few).then("all").otherwise("usual")
    return daily.join(own, ["member", "day"], "left").join(everybody, "day", "left").with_columns(usual=usual)


def _explained_most(rows: pl.DataFrame, key: list[str], values: Values) -> pl.DataFrame:
    """Those keys of which most people are explained by a case of the member or by work that waited."""
    covered = pl.col("subject").filter(pl.col("cause").is_in(["own", "queue"])).n_unique()
    share = rows.group_by(key).agg(share=covered * 100 // pl.col("subject").n_unique())
    return share.filter(pl.col("share") >= values["explained_percent"]).select(key)


def _many(accesses: pl.DataFrame, frames: Frames, values: Values) -> pl.DataFrame:
    """More than three times one's own usual day, or more than sixty in any sixty minutes."""
    opened = accesses.filter(pl.col("subject").is_not_null() & (pl.col("cause") != "list"))
    daily = _usual(persons_a_day(accesses), frames, values)
    much = daily.filter(
        (pl.col("persons") > pl.col("usual") * values["habit_times"])
        & (pl.col("persons") >= values["habit_least_persons"])
    ).select("member", "day", "persons", "usual")
    possible = daily.filter(pl.col("persons") > values["hour_persons"]).select("member", "day")
    fast = (
        opened.join(possible, ["member", "day"], "semi").sort("member", "day", "at")
        .rolling("at", period="60m", group_by=["member", "day"]).agg(hour=pl.col("subject").n_unique())
        .group_by("member", "day").agg(pl.col("hour").max().cast(pl.Int64))
        .filter(pl.col("hour") > values["hour_persons"])
    )  # fmt: skip
    both = much.join(fast, ["member", "day"], "full", coalesce=True)
    rows = opened.join(both, ["member", "day"], "inner", suffix="_much")
    rows = rows.join(_explained_most(rows, ["member", "day"], values), ["member", "day"], "anti")
    return _hit(rows, "R10", pl.lit(values.rules["R10"].points), "persons", "usual", "hour")


def _in_order(accesses: pl.DataFrame, frames: Frames, values: Values) -> pl.DataFrame:
    """People one after the other in the order of their numbers: whoever walks through a register."""
    opened = accesses.filter(pl.col("subject").is_not_null() & (pl.col("cause") != "list"))
    first = opened.sort("at", "event").unique(["member", "day", "subject"], keep="first", maintain_order=True)
    placed = first.join(frames.order, "subject", "inner", maintain_order="left")
    over = ["member", "day"]
    step = (pl.col("place") - pl.col("place").shift(1)).over(over)
    placed = placed.with_columns(step=step)
    turned = pl.col("step").sign() != pl.col("step").sign().shift(1).over(over)
    broken = pl.col("step").is_null() | (pl.col("step").abs() > values["run_step"]) | (pl.col("step") == 0)
    # A run that turns back begins anew at the turn; the first step after a break may go either way.
    after_break = broken.shift(1).over(over).fill_null(True)
    placed = placed.with_columns(new=broken | (turned & ~after_break))
    placed = placed.with_columns(number=pl.col("new").cum_sum().over(over))
    key = ["member", "day", "number"]
    runs = placed.group_by(key).agg(run=pl.len().cast(pl.Int64)).filter(pl.col("run") >= values["run_length"])
    rows = placed.join(runs, key, "inner")
    rows = rows.join(_explained_most(rows, key, values), key, "anti")
    return _hit(rows, "R11", pl.lit(values.rules["R11"].points), "run")


def _fishing(accesses: pl.DataFrame, frames: Frames, values: Values) -> pl.DataFrame:
    """Searches that find nobody, over a day or in any sixty minutes: somebody tries out names or numbers."""
    searched = accesses.filter(pl.col("what") == "search")
    counts = {"searches": pl.len().cast(pl.Int64), "misses": (pl.col("hits") == 0).sum().cast(pl.Int64)}
    key = ["member", "day"]
    whole = searched.group_by(key).agg(**counts).filter(pl.col("searches") >= values["search_least"])
    hour = searched.sort(*key, "at").rolling("at", period="60m", group_by=key).agg(**counts)
    hour = hour.filter(pl.col("searches") >= values["search_hour_least"]).select(whole.columns)
    missed = pl.col("misses") * 100 > pl.col("searches") * values["miss_percent"]
    many = pl.concat([whole, hour]).filter(missed).sort("misses").unique(key, keep="last")
    rows = searched.join(many, key, "inner")
    return _hit(rows, "R12", pl.lit(values.rules["R12"].points), "searches", "misses")


def _leaving(accesses: pl.DataFrame, frames: Frames, values: Values) -> pl.DataFrame:
    """Unexplained looks of who is about to leave, or whose permissions somebody has asked to end: until they have ended
    and somewhat longer. Whoever changed his role years ago is leaving nowhere."""
    bare = accesses.filter(pl.col("subject").is_not_null()).join(frames.leaving, "member", "inner")
    days = (pl.col("leaves") - pl.col("day")).dt.total_days()
    soon = (days >= 1) & (days <= values["leaving_days"])
    late = pl.col("ended") + pl.duration(days=values["leaving_days"])
    after = (pl.col("day") >= pl.col("revoked")) & (pl.col("day") <= late).fill_null(True)
    rows = bare.with_columns(days=pl.when(soon).then(days)).filter(
        soon.fill_null(False) | after.fill_null(False)
    )
    return _hit(rows, "R14", _weight("R14", values), "days")
