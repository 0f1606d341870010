"""Rules about looking at one person: whose record it is (R1–R7), without a cause (R8), a number only shown (R13)."""

from __future__ import annotations

import polars as pl

from kaigo.base.misuse.frames import Frames
from kaigo.base.misuse.values import Values

OF_TIE = {"own": "R1", "family": "R2", "declared": "R3", "address": "R5"}
OF_LIST = {"watched": "R6", "guarded": "R7"}
# What every hit carries on, for the engine to put together.
HIT = ("event", "member", "day", "subject", "subject_of", "rule", "points")


def looks(
    accesses: pl.DataFrame, frames: Frames, values: Values, asked: frozenset[str]
) -> list[pl.DataFrame]:
    """(event, member, day, subject, rule, points) of each rule that fits; points after the explanation."""
    named = accesses.filter(pl.col("subject").is_not_null() & (pl.col("what") != "search"))
    found = [
        _weighed(hits, rule, values)
        for rule, hits in (*_tied(named, frames), ("R4", _colleagues(named, frames)), *_listed(named, frames))
        if rule in asked
    ]
    if "R8" in asked:
        found.append(_weighed(named.filter(pl.col("cause") == "reason"), "R8", values))
    if "R13" in asked:
        found.append(_weighed(_only_shown(named, values), "R13", values))
    return found


def _tied(named: pl.DataFrame, frames: Frames):
    mine = named.join(frames.ties, ["subject", "member"], "inner")
    for tie, rule in OF_TIE.items():
        yield rule, mine.filter(pl.col("tie") == tie)


def _colleagues(named: pl.DataFrame, frames: Frames) -> pl.DataFrame:
    """Staff and their households, looked at by those who work or worked with them; nobody is his own colleague."""
    of_staff = (
        frames.ties.filter(pl.col("tie").is_in(["own", "staff"])).select("subject", other="member").unique()
    )
    mine = (
        frames.ties.filter(pl.col("tie").is_in(["own", "family", "staff"]))
        .select("subject", "member")
        .unique()
    )
    return (
        named.join(of_staff, "subject", "inner")
        .join(frames.colleagues, ["member", "other"], "semi")
        # His own household is asked for by R1 and R2.
        .join(mine, ["subject", "member"], "anti")
    )


def _listed(named: pl.DataFrame, frames: Frames):
    on = named.join(frames.listed, "subject", "inner")
    for name, rule in OF_LIST.items():
        yield rule, on.filter(pl.col("list") == name)


def _only_shown(named: pl.DataFrame, values: Values) -> pl.DataFrame:
    """Numbers that were shown and not used: nothing was written or printed for the person soon after."""
    shown = named.filter(pl.col("what") == "reveal")
    used = named.filter(pl.col("what").is_in(["act", "print"])).select("member", "subject", used="at")
    within = pl.duration(minutes=values["reveal_minutes"])
    served = (
        shown.join(used, ["member", "subject"], "inner")
        .filter((pl.col("used") >= pl.col("at")) & (pl.col("used") <= pl.col("at") + within))
        .select("event")
        .unique()
    )
    return shown.join(served, "event", "anti")


def _weighed(hits: pl.DataFrame, rule: str, values: Values) -> pl.DataFrame:
    one = values.rules[rule]
    # What he did for the person afterwards he did himself: it explains no look that the critical rules ask about.
    cause = pl.col("told" if one.critical else "cause")
    percent = cause.replace_strict(one.stays, default=100, return_dtype=pl.Int64)
    points = pl.lit(one.points, pl.Int64) * percent // 100
    if one.always:
        # Whatever the figures say: unexplained, it is a question.
        bare = cause.is_in(["reason", ""])
        points = pl.when(bare).then(pl.max_horizontal(points, values["threshold"])).otherwise(points)
    return hits.with_columns(subject_of=pl.col("subject"), rule=pl.lit(rule), points=points).select(HIT)
