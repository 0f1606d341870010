"""Saving drafts in bulk: draft and content rows by COPY, in the caller's transaction."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple

from kaigo.base.records.bulk import copy_csv, reserve_ids
from kaigo.insurance.notices.holds import Hold
from kaigo.insurance.notices.models import Draft

_DRAFT = (
    "id", "person_id", "letter", "fiscal_year", "assessment_id", "plan_id", "certificate_id", "annual_yen", "dated",
    "state", "held", "held_why", "lifted_reason", "withdrawn_reason",
)  # fmt: skip
_CONTENT = ("draft_id", "data", "common")
_dump = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class Drafted(NamedTuple):
    """One letter to be kept. data: what the page says; common: digest of the shared words."""

    person: int
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


def save(drafted: Sequence[Drafted]) -> list[int]:
    """COPY them; returns the ids in the order given."""
    ids = reserve_ids(Draft, len(drafted))
    copy_csv(
        "notices_draft",
        _DRAFT,
        "".join(
            f"{i},{d.person},{d.letter},{d.fiscal_year},{_id(d.assessment)},{_id(d.plan)},{_id(d.certificate)},"
            f'{d.annual_yen},{d.dated},draft,"{d.hold.code}",{_quoted(d.hold.why)},"",""\n'
            for i, d in zip(ids, drafted, strict=True)
        ).encode(),
    )
    copy_csv(
        "notices_content",
        _CONTENT,
        "".join(
            f"{i},{_quoted(_dump(d.data))},{d.common}\n" for i, d in zip(ids, drafted, strict=True)
        ).encode(),
    )
    return ids


def _id(number: int | None) -> str:
    return "" if number is None else str(number)


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'
