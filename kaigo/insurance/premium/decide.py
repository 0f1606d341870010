"""Facts of a year → law → assessments. One function per decision; nothing here computes a premium."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date
from typing import NamedTuple

from django.db import connection

from kaigo.base.jobs.registry import NotReady, Progress
from kaigo.base.records.bulk import quiet_collector
from kaigo.base.records.context import Context
from kaigo.insurance.premium import opening
from kaigo.insurance.premium.gather import gather
from kaigo.insurance.premium.limits import Barred, within_limit
from kaigo.insurance.premium.near import Near, near
from kaigo.insurance.premium.save import Judged, save, stage_word
from kaigo.insurance.premium.tasks import Found, file_tasks
from kaigo.insurance.premium.twins import Twins
from kaigo.law.dates import fiscal_year as fiscal_year_of
from kaigo.law.digest import law_version
from kaigo.law.premium import assess
from kaigo.law.premium_table import batch_blockers
from kaigo.law.reasons import Missing, Reason, Unclear
from kaigo.law.values import Values, load


class Judgement(NamedTuple):
    """What the law says of everybody: changed and new decisions, unclear and barred cases, and what did not change.

    near: everybody near a boundary, changed or not. looked_at: everybody who was judged, so that open questions about them can be closed.
    """

    judged: list[Judged]
    unclear: list[tuple[int, tuple[Missing, ...]]]
    barred: list[Barred]
    unchanged: int
    near: list[Near]
    looked_at: list[int]
    totals: dict


class Before(NamedTuple):
    """The decision in force until now."""

    id: int
    annual_yen: int
    stages: str
    interim: bool
    sort: str


_NOBODY = "-" * 12
_NOT_INSURED = (Reason("annual.none", "法130条"),)


def values_for(insurer: str, fiscal_year: int) -> Values:
    """The values in force on the first day of the fiscal year."""
    return load().values(insurer, date(fiscal_year, 4, 1))


def require_complete(values: Values) -> None:
    """A batch on a table with missing rows is refused, and says which are missing."""
    lacks = batch_blockers(values)
    if lacks:
        raise NotReady([f"{missing.what}: {missing.why}" for missing in lacks])


def judge(
    ctx: Context,
    insurer: str,
    fiscal_year: int,
    reason: str,
    persons: list[int] | None = None,
    progress: Progress | None = None,
    twins: Twins | None = None,
) -> Judgement:
    """Judge everybody (or `persons`) without saving: the shadow of a batch and its work are the same call.

    twins: sees every judgement beside this one.
    """
    values = values_for(insurer, fiscal_year)
    current = current_assessments(ctx, fiscal_year, persons)
    judged: list[Judged] = []
    unclear: list[tuple[int, tuple[Missing, ...]]] = []
    by_stage: Counter[int] = Counter()
    close: list[Near] = []
    looked_at: list[int] = []
    # What was taken over from a former system and stands on the same facts as then is not judged again.
    kept = opening.untouched(ctx, fiscal_year) if persons is None else set()
    unchanged, yen = len(kept), 0
    step = (progress or Progress()).step
    with quiet_collector():
        for person, facts in gather(ctx, fiscal_year, persons):
            if person in kept:
                continue
            looked_at.append(person)
            if len(looked_at) % 10000 == 0:
                step(len(looked_at), max(len(current), len(looked_at)), "判定")
            found = assess(facts, values)
            if twins:
                twins.see(person, facts, found)
            if isinstance(found, Unclear):
                unclear.append((person, found.missing))
                continue
            result = found.value
            last = _last(result.stages)
            by_stage[last] += 1
            yen += result.annual_yen
            close += near(person, last, found.reasons)
            word = stage_word(result.stages)
            before = current.get(person)
            if before and _same(before, result.annual_yen, word, found.interim):
                unchanged += 1
                continue
            judged.append(
                Judged(
                    person, facts.assessment_day, result.annual_yen, result.months, last, word, facts.person.status,
                    found.interim, facts, found.reasons, before.id if before else None, reason, _sort(before),
                )
            )  # fmt: skip
        judged += _ended(current, kept.union(looked_at), fiscal_year, reason)
    barred: list[Barred] = []
    if fiscal_year < fiscal_year_of(ctx.on):
        judged, barred = within_limit(ctx, values, fiscal_year, judged, current)
    totals = {
        "people": len(looked_at),
        "yen": yen,
        "by_stage": {str(k): v for k, v in sorted(by_stage.items())},
        "decisions": len(judged),
        "unclear": len(unclear),
        "barred": len(barred),
        "unchanged": unchanged,
        "digest": _digest(judged),
    }
    return Judgement(judged, unclear, barred, unchanged, close, looked_at, totals)


def record(ctx: Context, insurer: str, fiscal_year: int, batch: int | None, found: Judgement) -> list[int]:
    """Save the decisions and the open questions of a judgement in the caller's transaction; returns the ids."""
    law = law_version(values_for(insurer, fiscal_year).digest)
    ids = save(ctx, fiscal_year, "main", batch, found.judged, law)
    tasks = [Found(person, "unclear", [list(m) for m in missing]) for person, missing in found.unclear]
    tasks += [Found(b.person, "barred", b.missing) for b in found.barred]
    file_tasks(fiscal_year, found.looked_at, tasks)
    return ids


def assess_persons(
    ctx: Context, insurer: str, fiscal_year: int, persons: Sequence[int], reason: str
) -> list[int]:
    """即時賦課更正: the named persons now. Superseding decisions only where the result differs."""
    if not persons:
        return []
    found = judge(ctx, insurer, fiscal_year, reason, list(persons))
    return record(ctx, insurer, fiscal_year, None, found)


def current_assessments(ctx: Context, fiscal_year: int, persons: list[int] | None) -> dict[int, Before]:
    """person → the decision in force."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT a.person_id, a.id, a.annual_yen, a.stages, a.interim, a.sort FROM premium_assessment a "
            "LEFT JOIN premium_assessment n ON n.supersedes_id = a.id "
            "WHERE n.id IS NULL AND a.fiscal_year = %(year)s "
            "AND (%(persons)s::bigint[] IS NULL OR a.person_id = ANY(%(persons)s::bigint[]))",
            {"year": fiscal_year, "persons": persons},
        )
        return {person: Before(*rest) for person, *rest in cursor.fetchall()}


def _same(before: Before, yen: int, word: str, interim: bool) -> bool:
    """A provisional decision is never the last word, even when the amounts agree."""
    return before[1:4] == (yen, word, interim) and before.sort != "provisional"


def _sort(before: Before | None) -> str:
    """The first decision of a year that is not provisional is its main one; what follows revises it."""
    return "main" if before is None or before.sort == "provisional" else "revision"


def _last(stages: tuple[int, ...]) -> int:
    """The stage of the last insured month; 0 = none."""
    return stages[11] or next((stage for stage in reversed(stages) if stage), 0)


def _ended(current: dict[int, Before], seen: set[int], fiscal_year: int, reason: str) -> Iterable[Judged]:
    """Assessed, but no longer insured in that year at all (a qualification was cancelled): zero, by name."""
    for person, before in current.items():
        if person in seen or (before.annual_yen == 0 and before.sort != "provisional"):
            continue
        yield Judged(
            person, date(fiscal_year, 4, 1), 0, 0, 0, _NOBODY, "unknown", False, [], _NOT_INSURED, before.id, reason,
            _sort(before),
        )  # fmt: skip


def _digest(judged: Sequence[Judged]) -> str:
    """What was decided, in one line: the shadow and the work must agree on it, not only on totals."""
    total = hashlib.sha256()
    for j in judged:
        total.update(f"{j.person} {j.annual_yen} {j.stages} {j.interim} {j.supersedes}\n".encode())
    return total.hexdigest()
