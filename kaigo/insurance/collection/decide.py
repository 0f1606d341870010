"""Assessment → law → plan, instalments and ledger entries. Each superseding plan books only the difference."""

from __future__ import annotations

import json
from datetime import date
from typing import NamedTuple

from kaigo.base.jobs.registry import NotReady, Progress
from kaigo.base.records.bulk import copy_rows, reserve_ids
from kaigo.base.records.context import Context
from kaigo.insurance.collection.gather import Gathered, gather
from kaigo.insurance.collection.models import Plan as PlanRow
from kaigo.law.dates import business_day
from kaigo.law.digest import law_version
from kaigo.law.instalment_facts import Plan
from kaigo.law.instalments import plan as judge
from kaigo.law.provisional import ProvisionalFacts, provisional
from kaigo.law.reasons import Finding, Unclear, pack
from kaigo.law.values import ValueMissing, Values, load


class Part(NamedTuple):
    """One due part: (way, number) with due date and yen."""

    way: str
    number: int
    due_on: date
    yen: int
    provisional: bool


def plan_all(ctx: Context, insurer: str, fiscal_year: int, progress: Progress | None = None) -> dict:
    """Plans for all assessments in force of the year that have none. In the caller's transaction."""
    values = load().values(insurer, date(fiscal_year, 4, 1))
    try:
        waiting = list(gather(ctx, fiscal_year, values))
    except ValueMissing as lack:
        raise NotReady([f"{lack.what}が値に入っていません"]) from lack
    step = (progress or Progress()).step
    judged: list[tuple[Gathered, Finding[Plan], list[Part]]] = []
    for place, person in enumerate(waiting):
        if place % 10000 == 0:
            step(place, len(waiting), "期別")
        found = _judge(person, values)
        if isinstance(found, Unclear):
            raise NotReady([f"{m.what}: {m.why}" for m in found.missing])
        judged.append((person, found, _parts(person, found.value)))
    return _save(ctx, fiscal_year, values, judged)


def _judge(person: Gathered, values: Values) -> Finding[Plan] | Unclear:
    if person.sort == "provisional":
        # Until the main assessment only the three provisional deductions are planned.
        found = provisional(ProvisionalFacts(person.facts.fiscal_year, person.february), values)
        return Finding(Plan("deduction", found.value.deductions, (), 0, "keep"), found.reasons)
    return judge(person.facts, values)


def _parts(person: Gathered, plan: Plan) -> list[Part]:
    year = person.facts.fiscal_year
    taken = [
        Part("deduction", d.month, _deducted_on(year, d.month), d.yen, d.provisional) for d in plan.deductions
    ]
    # A term that is already due keeps the way in which it was asked for.
    past = {
        number: way
        for (way, number), (due, _) in person.before.items()
        if way != "deduction" and due <= person.facts.decided_on
    }
    direct = [
        Part(past.get(i.number, person.direct_way), i.number, i.due_on, i.yen, False)
        for i in plan.instalments
    ]
    return [part for part in (*taken, *direct) if part.yen]


def _deducted_on(fiscal_year: int, month: int) -> date:
    """Pensions are paid on the 15th of even months, on the business day before when that is a holiday."""
    day = date(fiscal_year + (month > 12), (month - 1) % 12 + 1, 15)
    while business_day(day) != day:
        day = date.fromordinal(day.toordinal() - 1)
    return day


_PLAN = (
    "id",
    "person_id",
    "fiscal_year",
    "assessment_id",
    "way",
    "refund_yen",
    "request",
    "supersedes_id",
    "decided_on",
    "actor",
)
_INSTALMENT = ("plan_id", "person_id", "fiscal_year", "way", "number", "due_on", "yen", "provisional")
_ENTRY = (
    "person_id",
    "fiscal_year",
    "sort",
    "way",
    "number",
    "yen",
    "reason",
    "source",
    "key",
    "business_date",
    "actor",
)


def _save(ctx: Context, fiscal_year: int, values: Values, judged) -> dict:
    ids = reserve_ids(PlanRow, len(judged))
    law = law_version(values.digest)
    copy_rows(
        "collection_plan",
        _PLAN,
        (
            (
                i,
                g.person,
                fiscal_year,
                g.assessment,
                f.value.way,
                f.value.refund_yen,
                f.value.request,
                g.before_plan,
                ctx.on,
                ctx.actor,
            )
            for i, (g, f, _) in zip(ids, judged, strict=True)
        ),
    )
    dump = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=str).encode
    copy_rows(
        "collection_finding",
        ("decision_id", "facts", "reasons", "law"),
        ((i, dump(g.facts), dump(pack(f.reasons)), law) for i, (g, f, _) in zip(ids, judged, strict=True)),
    )
    instalments = copy_rows(
        "collection_instalment",
        _INSTALMENT,
        (
            (i, g.person, fiscal_year, p.way, p.number, p.due_on, p.yen, p.provisional)
            for i, (g, _, parts) in zip(ids, judged, strict=True)
            for p in parts
        ),
    )
    entries = copy_rows(
        "collection_entry",
        _ENTRY,
        (
            row
            for i, (g, f, parts) in zip(ids, judged, strict=True)
            for row in _entries(ctx, fiscal_year, i, g, f.value, parts)
        ),
    )
    return {"plans": len(ids), "instalments": instalments, "entries": entries,
            "yen": sum(g.facts.annual_yen for g, _, _ in judged)}  # fmt: skip


def _entries(ctx: Context, fiscal_year: int, plan: int, person: Gathered, found: Plan, parts: list[Part]):
    """調定 for a first plan, adjusting entries for the difference to the plan before.

    What will be deducted beyond the annual amount is not levied: the excess is taken off the last part, so that
    the levy of the year always equals the assessment.
    """
    new = {(p.way, p.number): p.yen for p in parts}
    old = {key: yen for key, (_, yen) in person.before.items()}
    _take_off(new, found.refund_yen)
    _take_off(old, person.before_refund)
    for way, number in sorted(new.keys() | old.keys()):
        yen = new.get((way, number), 0) - old.get((way, number), 0)
        if yen:
            sort = "levy" if person.before_plan is None else "adjust"
            reason = "levy" if person.before_plan is None else person.sort
            key = f"plan:{plan}:{way}:{number}"
            yield (
                person.person,
                fiscal_year,
                sort,
                way,
                number,
                yen,
                reason,
                f"plan:{plan}",
                key,
                ctx.on,
                ctx.actor,
            )


def _take_off(parts: dict[tuple[str, int], int], excess: int) -> None:
    for key in sorted(parts, key=lambda k: (k[0] == "deduction", k[1]), reverse=True):
        if excess <= 0:
            return
        off = min(excess, parts[key])
        parts[key] -= off
        excess -= off
