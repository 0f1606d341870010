"""Saving drafts in bulk: draft and content rows by COPY, in the caller's transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple

from kaigo.base.records.bulk import NULL, copy_lines, line_text, reserve_ids, to_json
from kaigo.insurance.notices.holds import Hold
from kaigo.insurance.notices.models import Draft

_DRAFT = (
    "id", "person_id", "letter", "fiscal_year", "assessment_id", "plan_id", "certificate_id", "annual_yen", "dated",
    "state", "held", "held_why", "lifted_reason", "withdrawn_reason",
)  # fmt: skip
_CONTENT = ("draft_id", "data", "common")


class Drafted(NamedTuple):
    """One letter to be kept. data: what the page says; common: digest of the shared words.

    parts: the parts of data as JSON already, for those who made them once for many people; data then has none.
    """

    person: int | None
    letter: str
    fiscal_year: int
    assessment: int | None
    plan: int | None
    certificate: int | None
    annual_yen: int
    dated: date
    hold: Hold
    data: dict[str, Any]
    common: str
    parts: str = ""


def save(drafted: Sequence[Drafted]) -> list[int]:
    """COPY them; returns the ids in the order given."""
    ids = reserve_ids(Draft, len(drafted))
    copy_lines(
        "notices_draft",
        _DRAFT,
        (
            f"{i}\t{_id(d.person)}\t{d.letter}\t{d.fiscal_year}\t{_id(d.assessment)}\t{_id(d.plan)}\t{_id(d.certificate)}\t"
            f"{d.annual_yen}\t{d.dated}\tdraft\t{d.hold.code}\t{line_text(d.hold.why)}\t\t"
            for i, d in zip(ids, drafted, strict=True)
        ),
    )
    copy_lines(
        "notices_content",
        _CONTENT,
        (f"{i}\t{line_text(_said(d))}\t{d.common}" for i, d in zip(ids, drafted, strict=True)),
    )
    return ids


def _said(drafted: Drafted) -> str:
    text = to_json(drafted.data)
    return f'{text[:-1]},"parts":{drafted.parts}}}' if drafted.parts else text


def _id(number: int | None) -> str:
    return NULL if number is None else str(number)
