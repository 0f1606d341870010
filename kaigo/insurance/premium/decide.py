"""Facts of a year → law → assessments. One function per decision; nothing here computes a premium."""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import contextmanager
from datetime import date
from typing import NamedTuple

from django.db import connection

from kaigo.base.jobs.registry import NotReady, Progress
from kaigo.base.records.context import Context
from kaigo.insurance.premium.gather import gather
from kaigo.insurance.premium.models import Task
from kaigo.insurance.premium.save import Judged, save, stage_word
from kaigo.law.digest import law_version
from kaigo.law.premium import assess
from kaigo.law.premium_facts import AssessFacts
from kaigo.law.premium_table import batch_blockers
from kaigo.law.reasons import Missing, Reason, Unclear, pack
from kaigo.law.values import Values, load


class Judgement(NamedTuple):
    """What the law says of everybody: changed and new decisions, unclear cases, and what did not change."""

    judged: list[Judged]
    unclear: list[tuple[int, tuple[Missing, ...]]]
    unchanged: int
    totals: dict


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
) -> Judgement:
    """Judge everybody (or `persons`) without saving: the shadow of a batch and its work are the same call."""
    values = values_for(insurer, fiscal_year)
    current = current_assessments(ctx, fiscal_year, persons)
    judged: list[Judged] = []
    unclear: list[tuple[int, tuple[Missing, ...]]] = []
    by_stage: Counter[int] = Counter()
    unchanged = yen = 0
    step = (progress or Progress()).step
    with quiet_collector():
        people = list(gather(ctx, fiscal_year, persons))
        for place, (person, facts) in enumerate(people):
            if place % 10000 == 0:
                step(place, len(people), "判定")
            found = assess(facts, values)
            if isinstance(found, Unclear):
                unclear.append((person, found.missing))
                continue
            result = found.value
            last = next((s for s in reversed(result.stages) if s), 0)
            by_stage[last] += 1
            yen += result.annual_yen
            word = stage_word(result.stages)
            before = current.get(person)
            if before and before[1:4] == (result.annual_yen, word, found.interim):
                unchanged += 1
                continue
            judged.append(
                Judged(
                    person, facts.assessment_day, result.annual_yen, result.months, last, word, facts.person.status,
                    found.interim, pack_facts(facts), pack(found.reasons), before[0] if before else None,
                    reason,
                )
            )  # fmt: skip
        judged += _ended(current, {p for p, _ in people}, fiscal_year, reason, persons)
    totals = {
        "people": len(people),
        "yen": yen,
        "by_stage": {str(k): v for k, v in sorted(by_stage.items())},
        "decisions": len(judged),
        "unclear": len(unclear),
        "unchanged": unchanged,
    }
    return Judgement(judged, unclear, unchanged, totals)


def record(
    ctx: Context, insurer: str, fiscal_year: int, sort: str, batch: int | None, found: Judgement
) -> list[int]:
    """Save the decisions and the open questions of a judgement in the caller's transaction; returns the ids."""
    law = law_version(values_for(insurer, fiscal_year).digest)
    ids = save(ctx, fiscal_year, sort, batch, found.judged, law)
    _file_unclear(fiscal_year, found.unclear)
    return ids


def assess_persons(
    ctx: Context, insurer: str, fiscal_year: int, persons: Sequence[int], reason: str
) -> list[int]:
    """即時賦課更正: the named persons now. Superseding decisions only where the result differs."""
    if not persons:
        return []
    found = judge(ctx, insurer, fiscal_year, reason, list(persons))
    return record(ctx, insurer, fiscal_year, "revision", None, found)


def current_assessments(ctx: Context, fiscal_year: int, persons: list[int] | None) -> dict[int, tuple]:
    """person → (id, annual_yen, stages, interim) of the decision in force."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT a.person_id, a.id, a.annual_yen, a.stages, a.interim FROM premium_assessment a "
            "WHERE a.fiscal_year = %(year)s AND (%(persons)s::bigint[] IS NULL OR a.person_id = ANY(%(persons)s::bigint[])) "
            "AND NOT EXISTS (SELECT 1 FROM premium_assessment n WHERE n.supersedes_id = a.id)",
            {"year": fiscal_year, "persons": persons},
        )
        return {row[0]: row[1:] for row in cursor.fetchall()}


def pack_facts(facts: AssessFacts) -> list:
    """AssessFacts as a short list in the order of its fields; other persons have no names in it."""
    return _plain(facts)


def _plain(value):
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return value.isoformat() if isinstance(value, date) else value


def _ended(current: dict, seen: set[int], fiscal_year: int, reason: str, persons) -> Iterable[Judged]:
    """Assessed, but no longer insured in that year at all (a qualification was cancelled): zero, by name."""
    for person, (decision, yen, word, _) in current.items():
        if person in seen or word == "-" * 12:
            continue
        yield Judged(
            person, date(fiscal_year, 4, 1), 0, 0, 0, "-" * 12, "unknown", False, [],
            pack(_NOT_INSURED), decision, reason,
        )  # fmt: skip


_NOT_INSURED = (Reason("annual.none", "法130条"),)


def _file_unclear(fiscal_year: int, unclear: list[tuple[int, tuple[Missing, ...]]]) -> None:
    Task.objects.bulk_create(
        [
            Task(
                person_id=person,
                fiscal_year=fiscal_year,
                sort="unclear",
                missing=[list(m) for m in missing],
                state="open",
            )
            for person, missing in unclear
        ],
        ignore_conflicts=True,
    )


@contextmanager
def quiet_collector():
    """The collector walks every tuple again and again while millions are made and none can be freed."""
    gc.collect()
    gc.freeze()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        gc.unfreeze()
