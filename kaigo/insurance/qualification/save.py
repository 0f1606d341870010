"""Saving qualifications in bulk: decisions and findings by COPY, insured numbers once for life."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import NamedTuple

from django.db import connection

from kaigo.base.records.bulk import NULL, copy_lines, copy_rows, line_text, reserve_ids, to_json
from kaigo.base.records.context import Context
from kaigo.insurance.qualification.models import Qualification
from kaigo.insurance.qualification.numbers import next_numbers
from kaigo.law.qualification import LifeFacts, Period
from kaigo.law.reasons import Reason


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
    copy_lines("qualification_decision", _DECISION, _decisions(ctx, ids, rows))
    copy_lines(
        "qualification_finding",
        ("decision_id", "facts", "reasons", "law"),
        (
            f"{number}\t{line_text(to_json(r.facts))}\t{line_text(to_json(r.reasons))}\t{law}"
            for number, r in zip(ids, rows, strict=True)
        ),
    )
    return ids


def _decisions(ctx: Context, ids: Sequence[int], rows: Sequence[Row]) -> Iterator[str]:
    tail = f"{ctx.on}\t{line_text(ctx.actor)}"
    for number, r in zip(ids, rows, strict=True):
        p = r.judged
        yield (
            f"{number}\t{r.person}\t{r.period}\t1\t{p.acquired_on}\t{p.acquired_code}\t{r.acquired_notified or NULL}\t"
            f"{p.lost_on or NULL}\t{p.lost_code}\t{r.lost_notified or NULL}\t{'t' if p.provisional else 'f'}\t"
            f"{'t' if r.cancelled else 'f'}\t{r.supersedes or NULL}\t{tail}"
        )


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
