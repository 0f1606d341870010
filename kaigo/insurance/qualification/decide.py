"""Facts of a life → law → qualifications. What is already decided is not decided again."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from django.db import connection

from kaigo.base.jobs.registry import Progress
from kaigo.base.records.context import Context
from kaigo.insurance.qualification import opening
from kaigo.insurance.qualification.gather import Gathered, gather
from kaigo.insurance.qualification.read import in_force_sql
from kaigo.insurance.qualification.save import Row, assign_numbers, save_rows
from kaigo.insurance.qualification.tasks import Found, file_tasks
from kaigo.law.codec import encode
from kaigo.law.dates import wareki
from kaigo.law.digest import law_version
from kaigo.law.qualification import Life, Period, periods
from kaigo.law.reasons import Finding, Unclear
from kaigo.law.rulings import cancelled, corrected
from kaigo.law.values import load


class Outcome(NamedTuple):
    """What a run decided (counts)."""

    looked_at: int
    acquired: int
    changed: int
    cancelled: int
    unclear: int
    holds: int


class Judgement(NamedTuple):
    """What the law (and the section's rulings) say of the people looked at: new rows, tasks; nothing saved yet."""

    looked_at: list[int]
    rows: list[Row]
    tasks: list[Found]


def decide_all(ctx: Context, insurer: str, progress: Progress | None = None) -> Outcome:
    """Everybody who is 65 by ctx.on. One transaction of the caller."""
    return record(ctx, insurer, judge(ctx, insurer, None, progress))


def decide_persons(ctx: Context, insurer: str, persons: list[int]) -> Outcome:
    """The named persons: after a correction, from the counter, in the daily run."""
    return record(ctx, insurer, judge(ctx, insurer, persons)) if persons else Outcome(0, 0, 0, 0, 0, 0)


def judge(
    ctx: Context, insurer: str, persons: list[int] | None, progress: Progress | None = None
) -> Judgement:
    """Judge everybody (or `persons`) without saving: the preview of an act and the act are the same call."""
    values = load().values(insurer, ctx.on)
    current = current_periods(ctx, persons)
    opened = opening.opened(ctx, persons)
    step = (progress or Progress()).step
    looked_at: list[int] = []
    rows: list[Row] = []
    tasks: list[Found] = []
    for gathered in gather(ctx, persons):
        looked_at.append(gathered.person)
        if len(looked_at) % 5000 == 0:
            step(len(looked_at), 0, "資格")
        found = periods(gathered.facts, values)
        taken_over = opened.get(gathered.person)
        if isinstance(found, Unclear):
            if taken_over and not taken_over.changed:
                continue
            tasks += [Found(gathered.person, "unclear", m.what, m.why) for m in found.missing]
            continue
        tasks += _holds(gathered, found.value, taken_over)
        ruled = _ruled(gathered, found)
        if isinstance(ruled, Found):
            tasks.append(ruled)
            continue
        known = current.get(gathered.person, [])
        if taken_over and gathered.ruling is None:
            ruled = _continued(gathered.person, ruled, known, taken_over)
            if isinstance(ruled, Found):
                tasks += [ruled] if taken_over.changed else []
                continue
        decided = _changes(ctx, gathered, ruled, known)
        stopped = _held_back(gathered, decided)
        tasks += stopped
        rows += [row for row in decided if row.supersedes is not None] if stopped else decided
    return Judgement(looked_at, rows, tasks)


def record(ctx: Context, insurer: str, found: Judgement) -> Outcome:
    """Save what was judged in the caller's transaction."""
    law = law_version(load().values(insurer, ctx.on).digest)
    new = [row for row in found.rows if row.supersedes is None]
    gone = sum(1 for row in found.rows if row.cancelled)
    save_rows(ctx, found.rows, law)
    assign_numbers(insurer, [row.person for row in new])
    file_tasks(found.looked_at, found.tasks)
    return Outcome(
        len(found.looked_at),
        len(new),
        len(found.rows) - len(new) - gone,
        gone,
        sum(1 for task in found.tasks if task.sort == "unclear"),
        sum(1 for task in found.tasks if task.sort == "hold"),
    )


def _continued(
    person: int, found: Finding[Life], known: list[tuple], taken_over: opening.Opened
) -> Finding[Life] | Found:
    """The past of somebody taken over from the former system stays as it was decided; a clerk is asked if it differs."""
    judged = found.value.periods
    held = opening.continued(judged, [Period(*row[2:7]) for row in known], taken_over.on)
    if held is None:
        days = ",".join(f"{p.acquired_on}-{p.lost_on or ''}" for p in judged)
        return Found(person, "mismatch", f"opening:{days}"[:80], opening.DIFFERS)
    return found._replace(value=Life(held, found.value.holds))


def _holds(gathered: Gathered, life: Life, taken_over: opening.Opened | None) -> list[Found]:
    """Holds as tasks; the key names the day of the event, so that a settled one stays settled and a new one is new.

    What the former system has settled already is not asked again.
    """
    moved = [(s.end or s.planned_on) for s in gathered.facts.stays if s.to_facility]
    entered = [e.entered for e in gathered.facts.exclusions]
    found = []
    for hold in life.holds:
        days = [day for day in (moved if hold.what == "facility" else entered) if day]
        if taken_over and not taken_over.changed and all(day < taken_over.on for day in days):
            continue
        named = ",".join(day.isoformat() for day in days)
        found.append(Found(gathered.person, "hold", f"{hold.what}:{named}"[:80], hold.why))
    return found


def _held_back(gathered: Gathered, decided: list[Row]) -> list[Found]:
    """資格取得除外者: what would be acquired waits for a clerk, with the section's reason; a correction by hand does not."""
    days = [row.judged.acquired_on for row in decided if row.supersedes is None]
    if gathered.held_back is None or gathered.ruling is not None or not days:
        return []
    named = "、".join(wareki(day) for day in days)
    return [
        Found(
            gathered.person,
            "hold",
            f"held_back:{','.join(day.isoformat() for day in days)}"[:80],
            f"資格取得除外者のため、{named}の取得を止めています(理由: {gathered.held_back})",
        )
    ]


def _ruled(gathered: Gathered, found: Finding[Life]) -> Finding[Life] | Found:
    """The section's correction takes the place of the law's periods while the facts are those it was made for."""
    if gathered.ruling is None:
        return found
    judged, decided = gathered.ruling
    if encode(found.value.periods) != judged:
        return Found(
            gathered.person,
            "mismatch",
            "ruling",
            "訂正した資格の元の事実が変わりました。訂正をやめるか、改めて訂正するまで資格を動かしません",
        )
    decided_by_us = tuple(
        Period(
            date.fromisoformat(p["acquired_on"]),
            p["acquired_code"],
            date.fromisoformat(p["lost_on"]) if p["lost_on"] else None,
            p["lost_code"],
            p["provisional"],
        )
        for p in decided
    )
    return Finding(Life(decided_by_us, found.value.holds), corrected(found.reasons))


def _changes(ctx: Context, gathered: Gathered, found: Finding[Life], current: list[tuple]) -> list[Row]:
    """Compare the judged periods with those in force, in order of life. Periods that begin later are not yet due."""
    due = [p for p in found.value.periods if p.acquired_on <= ctx.on]
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
                gathered.facts,
                found.reasons,
            )
        )
    for before in current[len(due) :]:
        judged = Period(*before[2:7])
        rows.append(
            Row(
                gathered.person, before[1], judged, None, None, True, before[0], gathered.facts,
                cancelled(judged.acquired_on, found.reasons),
            )
        )  # fmt: skip
    return rows


def current_periods(ctx: Context, persons: list[int] | None) -> dict[int, list[tuple]]:
    """person → [(id, period, acquired_on, code, lost_on, code, provisional)] of the qualifications in force."""
    found: dict[int, list[tuple]] = {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT person_id, decision_id, period, acquired_on, acquired_reason, lost_on, lost_reason, provisional "
            f"FROM ({in_force_sql(ctx)}) c "
            "WHERE %(persons)s::bigint[] IS NULL OR person_id = ANY(%(persons)s::bigint[]) ORDER BY person_id, period",
            {"persons": persons, "known_at": ctx.known_at},
        )
        for person, *rest in cursor.fetchall():
            found.setdefault(person, []).append(tuple(rest))
    return found
