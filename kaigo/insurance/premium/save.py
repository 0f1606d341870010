"""Saving assessments in bulk: decision and finding rows by COPY, in the caller's transaction."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any, NamedTuple

from kaigo.base.records.bulk import NULL, copy_lines, line_text, reserve_ids, to_json
from kaigo.base.records.context import Context
from kaigo.insurance.premium.models import Assessment

_DECISION = (
    "id", "person_id", "fiscal_year", "sort", "assessment_day", "annual_yen", "months", "stage", "stages",
    "tax_status", "change_reason", "interim", "batch_id", "supersedes_id", "decided_on", "actor",
)  # fmt: skip
_FINDING = ("decision_id", "facts", "reasons", "law")
STAGES = "-123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


class Judged(NamedTuple):
    """One person-year as the law judged it. facts and reasons as the law has them (or packed); yen.

    supersedes: id of the decision before; sort: main | revision | provisional, "" = as the caller of `save` says.
    """

    person: int
    assessment_day: date
    annual_yen: int
    months: int
    stage: int
    stages: str
    tax_status: str
    interim: bool
    facts: Any
    reasons: Any
    supersedes: int | None
    change_reason: str
    sort: str = ""


def stage_word(by_month: Sequence[int]) -> str:
    """Twelve stages from April (0 = not insured) as twelve characters: "-", "1"–"9", "A" = 10 …"""
    return "".join([STAGES[stage] for stage in by_month])


def stage_numbers(word: str) -> tuple[int, ...]:
    """The reverse of stage_word."""
    return tuple(STAGES.index(character) for character in word)


def save(
    ctx: Context, fiscal_year: int, sort: str, batch: int | None, judged: Sequence[Judged], law: str
) -> list[int]:
    """COPY the decisions and their findings; returns the ids in the order given."""
    if not judged:
        return []
    ids = reserve_ids(Assessment, len(judged))
    copy_lines("premium_assessment", _DECISION, _decisions(ctx, fiscal_year, sort, batch, ids, judged))
    copy_lines("premium_finding", _FINDING, _findings(ids, judged, law))
    return ids


def _decisions(ctx: Context, fiscal_year: int, sort: str, batch: int | None, ids, judged) -> Iterator[str]:
    tail = f"{ctx.on.isoformat()}\t{line_text(ctx.actor)}"
    for number, j in zip(ids, judged, strict=True):
        yield (
            f"{number}\t{j.person}\t{fiscal_year}\t{j.sort or sort}\t{j.assessment_day}\t{j.annual_yen}\t{j.months}\t"
            f"{j.stage}\t{j.stages}\t{j.tax_status}\t{j.change_reason}\t{'t' if j.interim else 'f'}\t{batch or NULL}\t"
            f"{j.supersedes or NULL}\t{tail}"
        )


def _findings(ids, judged, law: str) -> Iterator[str]:
    for number, j in zip(ids, judged, strict=True):
        yield f"{number}\t{line_text(to_json(j.facts))}\t{line_text(to_json(j.reasons))}\t{law}"
