"""What the engine is given and what it answers: columns, no names, people and staff as numbers of the run."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

import polars as pl

# What an access was. look: a page named the person; act, print, reveal: something was done with him; search: somebody
# was looked for; list: people were shown whom nothing named.
WHATS = ("look", "act", "print", "reveal", "search", "list")
# Why, as the log tells. own: a case that the member handled himself; queue: work that waited; list: an approved work
# list; other: an open contact that somebody else took; reason: only words that he typed; "": nobody was named.
CAUSES = ("own", "queue", "list", "other", "reason", "")

ACCESSES = {
    "event": pl.Int64, "at": pl.Datetime("us"), "member": pl.Int64, "subject": pl.Int64, "what": pl.String,
    "cause": pl.String, "hits": pl.Int64,
}  # fmt: skip
# tie: own | family | declared | address (of `member` himself), staff (of `member`, for his colleagues).
TIES = {"subject": pl.Int64, "member": pl.Int64, "tie": pl.String}
COLLEAGUES = {"member": pl.Int64, "other": pl.Int64}
LISTED = {"subject": pl.Int64, "list": pl.String}  # watched (R6) | guarded (R7)
ORDER = {"subject": pl.Int64, "place": pl.Int64}  # insured people in the order of their numbers
# From when a member had no post in a section any more; from when the end of a permission was asked for, and when it came.
LEAVING = {"member": pl.Int64, "leaves": pl.Date, "revoked": pl.Date, "ended": pl.Date}
NIGHT = {"member": pl.Int64}
HABITS = {"member": pl.Int64, "day": pl.Date, "persons": pl.Int64}


class Frames(NamedTuple):
    """Everything that a verdict needs. at: time of day in Tokyo, without a zone. habits: of days before the log."""

    accesses: pl.DataFrame
    ties: pl.DataFrame = pl.DataFrame(schema=TIES)
    colleagues: pl.DataFrame = pl.DataFrame(schema=COLLEAGUES)
    listed: pl.DataFrame = pl.DataFrame(schema=LISTED)
    order: pl.DataFrame = pl.DataFrame(schema=ORDER)
    leaving: pl.DataFrame = pl.DataFrame(schema=LEAVING)
    night: pl.DataFrame = pl.DataFrame(schema=NIGHT)
    habits: pl.DataFrame = pl.DataFrame(schema=HABITS)


class Reason(NamedTuple):
    """A rule that fits, with what it gave and the figures that its words need."""

    rule: str
    points: int
    facts: dict[str, int]


class Alert(NamedTuple):
    """A question about a member's day. subject None: about all that he did, not about one person.

    reasons: the strongest first. causes: cause → how many of the accesses it stands behind.
    """

    member: int
    day: date
    subject: int | None
    score: int
    critical: bool
    reasons: tuple[Reason, ...]
    events: tuple[int, ...]
    causes: dict[str, int]
