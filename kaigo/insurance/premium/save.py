"""Saving assessments in bulk: decision and finding rows by COPY, in the caller's transaction."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple

from kaigo.base.records.bulk import copy_rows, reserve_ids
from kaigo.base.records.context import Context
from kaigo.insurance.premium.models import Assessment

_DECISION = (
    "id", "person_id", "fiscal_year", "sort", "assessment_day", "annual_yen", "months", "stage", "stages",
    "tax_status", "change_reason", "interim", "batch_id", "supersedes_id", "decided_on", "actor",
)  # fmt: skip
_FINDING = ("decision_id", "facts", "reasons", "law")
_STAGES = "-123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


class Judged(NamedTuple):
    """One person-year as the law judged it. facts and reasons are packed; yen; supersedes: id of the decision before."""

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


def stage_word(by_month: Sequence[int]) -> str:
    """Twelve stages from April (0 = not insured) as twelve characters: "-", "1"–"9", "A" = 10 …"""
    return "".join(_STAGES[stage] for stage in by_month)


def stage_numbers(word: str) -> tuple[int, ...]:
    """The reverse of stage_word."""
    return tuple(_STAGES.index(character) for character in word)


def save(
    ctx: Context, fiscal_year: int, sort: str, batch: int | None, judged: Sequence[Judged], law: str
) -> list[int]:
    """COPY the decisions and their findings; returns the ids in the order given."""
    ids = reserve_ids(Assessment, len(judged))
    on, actor = ctx.on, ctx.actor
    copy_rows(
        "premium_assessment",
        _DECISION,
        (
            (number, j.person, fiscal_year, sort, j.assessment_day, j.annual_yen, j.months, j.stage, j.stages,
             j.tax_status, j.change_reason, j.interim, batch, j.supersedes, on, actor)
            for number, j in zip(ids, judged, strict=True)
        ),
    )  # fmt: skip
    dump = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=str).encode
    copy_rows(
        "premium_finding",
        _FINDING,
        ((number, dump(j.facts), dump(j.reasons), law) for number, j in zip(ids, judged, strict=True)),
    )
    return ids
