"""Saving qualifications in bulk: decisions and findings by COPY, insured numbers once for life."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from django.db import connection

from kaigo.base.records.bulk import copy_rows, reserve_ids
from kaigo.base.records.context import Context
from kaigo.insurance.qualification.models import Qualification
from kaigo.insurance.qualification.numbers import next_numbers
from kaigo.law.codec import encode
from kaigo.law.qualification import LifeFacts, Period
from kaigo.law.reasons import Reason, pack


class Row(NamedTuple):
    """A qualification to be saved. supersedes: id of the decision that it replaces."""

    person: int
    period: int
    judged: Period
    acquired_notified: date | None
    lost_notified: date | None
    cancelled: bool
    supersedes: int | None
    facts: LifeFacts
    reasons: tuple[Reason, ...]


_DECISION = (
    "id", "person_id", "period", "category", "acquired_on", "acquired_reason", "acquired_notified_on", "lost_on",
    "lost_reason", "lost_notified_on", "provisional", "cancelled", "supersedes_id", "decided_on", "actor",
)  # fmt: skip


def save_rows(ctx: Context, rows: Sequence[Row], law: str) -> list[int]:
    """COPY the decisions and their findings; returns the ids in the order given."""
    if not rows:
        return []
    ids = reserve_ids(Qualification, len(rows))
    copy_rows(
        "qualification_decision",
        _DECISION,
        (
            (number, r.person, r.period, 1, r.judged.acquired_on, r.judged.acquired_code, r.acquired_notified,
             r.judged.lost_on, r.judged.lost_code, r.lost_notified, r.judged.provisional, r.cancelled, r.supersedes,
             ctx.on, ctx.actor)
            for number, r in zip(ids, rows, strict=True)
        ),
    )  # fmt: skip
    dump = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
    copy_rows(
        "qualification_finding",
        ("decision_id", "facts", "reasons", "law"),
        (
            (number, dump(encode(r.facts)), dump(pack(r.reasons)), law)
            for number, r in zip(ids, rows, strict=True)
        ),
    )
    return ids


def assign_numbers(insurer: str, persons: Sequence[int]) -> None:
    """An insured number for everybody who has none yet; it stays for life. Concurrent runs number one after another."""
    if not persons:
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('qualification_number'))")
        cursor.execute(
            "SELECT person_id FROM qualification_number WHERE person_id = ANY(%s)", [list(persons)]
        )
        known = {row[0] for row in cursor.fetchall()}
    fresh = list(dict.fromkeys(p for p in persons if p not in known))
    numbers = next_numbers(insurer, len(fresh))
    copy_rows("qualification_number", ("person_id", "number"), zip(fresh, numbers, strict=True))
