"""Which looks are a question: pure, in columns. Explanation first, then the rules (security.md C-9).

Rules about a person (R1–R7, R13) make one alert for a member, a person and a day; all other rules together make one for
a member and a day, so that fifty looks of one afternoon are one question and not fifty.
"""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from kaigo.base.misuse.bursts import bursts
from kaigo.base.misuse.frames import Alert, Frames, Reason
from kaigo.base.misuse.looks import looks
from kaigo.base.misuse.values import RULES, Values

# Rules that ask about one person; the others ask about a day.
ABOUT_ONE = ("R1", "R2", "R3", "R4", "R5", "R6", "R7", "R13")
MOST = 100
FACTS = ("persons", "usual", "hour", "run", "searches", "misses", "days")


def judge(frames: Frames, values: Values, only: Iterable[str] = RULES) -> list[Alert]:
    """The questions of all days of `frames.accesses`, by day, the highest score first. only: the rules asked."""
    asked = frozenset(only)
    accesses = explained(frames.accesses)
    found = [*looks(accesses, frames, values, asked), *bursts(accesses, frames, values, asked)]
    if not found:
        return []
    hits = pl.concat(found, how="diagonal_relaxed").filter(pl.col("points") > 0)
    for name in FACTS:
        if name not in hits.columns:
            hits = hits.with_columns(pl.lit(None, pl.Int64).alias(name))
    about_one = _of_people(hits, values)
    rest = hits.join(
        about_one.select("member", "day", "subject").unique(), ["member", "day", "subject"], "anti"
    )
    alerts = pl.concat([about_one, _of_days(rest, values)], how="diagonal_relaxed")
    return _alerts(alerts, accesses, values)


def explained(accesses: pl.DataFrame) -> pl.DataFrame:
    """The accesses with their day, and what came of them: whoever did something for the person that day had a case.

    told: the cause as the log has it. Paper alone is no work for him: where only words were typed, it explains nothing.
    """
    found = accesses.with_columns(day=pl.col("at").dt.date(), told="cause")
    for what in ("act", "print"):
        done = found.filter((pl.col("what") == what) & pl.col("subject").is_not_null())
        done = done.select("member", "day", "subject").unique().with_columns(pl.lit(True).alias(f"{what}s"))
        found = found.join(done, ["member", "day", "subject"], "left", maintain_order="left")
    acted = pl.col("acts").fill_null(False) & pl.col("told").is_in(["reason", "other"])
    printed = pl.col("prints").fill_null(False) & (pl.col("told") == "other")
    worked = pl.when(acted | printed).then(pl.lit("own")).otherwise("told")
    return found.with_columns(cause=worked).drop("acts", "prints")


def _of_people(hits: pl.DataFrame, values: Values) -> pl.DataFrame:
    """Rows of the questions about one person: everything that fits him, when a rule about people is among it."""
    with_one = hits.filter(pl.col("rule").is_in(ABOUT_ONE)).select("member", "day", "subject").unique()
    rows = hits.join(with_one, ["member", "day", "subject"], "semi").filter(pl.col("subject").is_not_null())
    return _enough(rows, ["member", "day", "subject"], values)


def _of_days(hits: pl.DataFrame, values: Values) -> pl.DataFrame:
    rows = hits.filter(~pl.col("rule").is_in(ABOUT_ONE))
    alone = _enough(rows, ["member", "day"], values)
    return alone.with_columns(subject=pl.lit(None, pl.Int64))


def _enough(rows: pl.DataFrame, key: list[str], values: Values) -> pl.DataFrame:
    """Those whose rules together reach the threshold; each rule counts once, by its strongest access."""
    best = rows.group_by([*key, "rule"]).agg(pl.col("points").max())
    totals = best.group_by(key).agg(score=pl.col("points").sum().clip(0, MOST))
    wanted = totals.filter(pl.col("score") >= values["threshold"])
    return rows.join(wanted, key, "inner", nulls_equal=True)


def _alerts(rows: pl.DataFrame, accesses: pl.DataFrame, values: Values) -> list[Alert]:
    key = ["member", "day", "subject"]
    reasons = (
        rows.with_columns(person=pl.col("subject_of"))
        .group_by([*key, "rule"])
        .agg(
            pl.col("points").max(),
            pl.col("score").first(),
            *(pl.col(name).max() for name in FACTS),
            looked=pl.col("person").n_unique(),
        )
    )
    cause = dict(
        accesses.join(rows.select("event").unique(), "event", "semi").select("event", "cause").iter_rows()
    )
    events: dict[tuple, list[int]] = {}
    for *of, found in rows.group_by(key).agg(pl.col("event").unique().sort()).iter_rows():
        events[tuple(of)] = found
    made: dict[tuple, list[Reason]] = {}
    score: dict[tuple, int] = {}
    for row in reasons.iter_rows(named=True):
        of = tuple(row[name] for name in key)
        facts = {name: row[name] for name in FACTS if row[name] is not None}
        facts.setdefault("persons", row["looked"])
        made.setdefault(of, []).append(Reason(row["rule"], row["points"], facts))
        score[of] = row["score"]
    return sorted(
        (_alert(of, score[of], reasons, events[of], cause, values) for of, reasons in made.items()),
        key=lambda alert: (alert.day, -alert.score, alert.member, alert.subject or 0),
    )


def _alert(
    of: tuple, score: int, reasons: list[Reason], events: list[int], cause: dict, values: Values
) -> Alert:
    member, day, subject = of
    causes: dict[str, int] = {}
    for event in events:
        causes[cause[event]] = causes.get(cause[event], 0) + 1
    strongest = tuple(sorted(reasons, key=lambda one: (-one.points, RULES.index(one.rule))))
    critical = any(values.rules[one.rule].critical for one in reasons)
    return Alert(member, day, subject, score, critical, strongest, tuple(events), causes)
