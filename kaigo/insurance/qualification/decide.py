"""Facts of a life → law → qualifications. What is already decided is not decided again."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from django.db import connection

from kaigo.base.jobs.registry import Progress
from kaigo.base.records.bulk import copy_rows, reserve_ids
from kaigo.base.records.context import Context
from kaigo.insurance.qualification.gather import Gathered, gather
from kaigo.insurance.qualification.models import Qualification, Task
from kaigo.insurance.qualification.numbers import next_numbers
from kaigo.law.codec import encode
from kaigo.law.digest import law_version
from kaigo.law.qualification import Life, Period, periods
from kaigo.law.reasons import Finding, Unclear, pack
from kaigo.law.values import Values, load


class Row(NamedTuple):
    """A qualification to be saved."""

    person: int
    period: int
    judged: Period
    acquired_notified: date | None
    lost_notified: date | None
    cancelled: bool
    supersedes: int | None
    facts: object
    reasons: object


class Outcome(NamedTuple):
    """What a run decided (counts)."""

    looked_at: int
    acquired: int
    changed: int
    cancelled: int
    unclear: int
    holds: int


def decide_all(ctx: Context, insurer: str, progress: Progress | None = None) -> Outcome:
    """Everybody who is 65 by ctx.on. One transaction of the caller."""
    return _decide(ctx, insurer, gather(ctx), progress or Progress())


def decide_persons(ctx: Context, insurer: str, persons: list[int]) -> Outcome:
    """The named persons: after a correction, from the counter, in the daily run."""
    return _decide(ctx, insurer, gather(ctx, persons), Progress()) if persons else Outcome(0, 0, 0, 0, 0, 0)


def _decide(ctx: Context, insurer: str, people: Iterable[Gathered], progress: Progress) -> Outcome:
    values = load().values(insurer, ctx.on)
    current = _current()
    rows: list[Row] = []
    tasks: list[tuple[int, str, str, str]] = []
    looked_at = unclear = 0
    for gathered in people:
        looked_at += 1
        if looked_at % 5000 == 0:
            progress.step(looked_at, 0, "資格")
        found = periods(gathered.facts, values)
        if isinstance(found, Unclear):
            unclear += 1
            tasks += [(gathered.person, "unclear", m.what, m.why) for m in found.missing]
            continue
        tasks += [(gathered.person, "hold", m.what, m.why) for m in found.value.holds]
        rows += _changes(ctx, gathered, found, current.get(gathered.person, []))
    new = sum(1 for row in rows if row.supersedes is None)
    cancelled = sum(1 for row in rows if row.cancelled)
    _save(ctx, rows, values)
    _number(ctx, insurer, [row.person for row in rows if row.supersedes is None])
    _file_tasks(tasks)
    return Outcome(
        looked_at,
        new,
        len(rows) - new - cancelled,
        cancelled,
        unclear,
        sum(1 for t in tasks if t[1] == "hold"),
    )


def _changes(ctx: Context, gathered: Gathered, found: Finding[Life], current: list[tuple]) -> list[Row]:
    """Compare the judged periods with those in force, in order of life. Periods that begin later are not yet due."""
    due = [p for p in found.value.periods if p.acquired_on <= ctx.on]
    facts, reasons = encode(gathered.facts), pack(found.reasons)
    rows = []
    for place, judged in enumerate(due):
        before = current[place] if place < len(current) else None
        if before and tuple(before[2:7]) == tuple(judged):
            continue
        rows.append(
            Row(
                gathered.person,
                before[1] if before else (current[-1][1] if current else 0) + place - len(current) + 1,
                judged,
                gathered.notified.get(judged.acquired_on),
                gathered.notified.get(judged.lost_on) if judged.lost_on else None,
                False,
                before[0] if before else None,
                facts,
                reasons,
            )
        )
    for before in current[len(due) :]:
        judged = Period(*before[2:7])
        rows.append(Row(gathered.person, before[1], judged, None, None, True, before[0], facts, reasons))
    return rows


def _current() -> dict[int, list[tuple]]:
    """person → [(id, period, acquired_on, code, lost_on, code, provisional)] of the qualifications in force."""
    found: dict[int, list[tuple]] = {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT q.person_id, q.id, q.period, q.acquired_on, q.acquired_reason, q.lost_on, q.lost_reason, q.provisional "
            "FROM qualification_decision q WHERE NOT q.cancelled AND NOT EXISTS "
            "(SELECT 1 FROM qualification_decision n WHERE n.supersedes_id = q.id) ORDER BY q.person_id, q.period"
        )
        for person, *rest in cursor.fetchall():
            found.setdefault(person, []).append(tuple(rest))
    return found


_COLUMNS = (
    "id", "person_id", "period", "category", "acquired_on", "acquired_reason", "acquired_notified_on", "lost_on",
    "lost_reason", "lost_notified_on", "provisional", "cancelled", "supersedes_id", "decided_on", "actor",
)  # fmt: skip


def _save(ctx: Context, rows: list[Row], values: Values) -> None:
    if not rows:
        return
    ids = reserve_ids(Qualification, len(rows))
    law = law_version(values.digest)
    copy_rows(
        "qualification_decision",
        _COLUMNS,
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
        ((number, dump(r.facts), dump(r.reasons), law) for number, r in zip(ids, rows, strict=True)),
    )


def _number(ctx: Context, insurer: str, persons: list[int]) -> None:
    """An insured number for everybody who has none yet; it stays for life."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('qualification_number'))")
        cursor.execute("SELECT person_id FROM qualification_number WHERE person_id = ANY(%s)", [persons])
        known = {row[0] for row in cursor.fetchall()}
    fresh = list(dict.fromkeys(p for p in persons if p not in known))
    numbers = next_numbers(insurer, len(fresh))
    copy_rows("qualification_number", ("person_id", "number"), zip(fresh, numbers, strict=True))


def _file_tasks(tasks: list[tuple[int, str, str, str]]) -> None:
    """Open tasks, once each."""
    Task.objects.bulk_create(
        [
            Task(person_id=p, sort=sort, what=what, message=why, state="open")
            for p, sort, what, why in dict.fromkeys(tasks)
        ],
        ignore_conflicts=True,
    )
