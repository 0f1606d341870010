"""Assessment → law → plan, instalments and ledger entries. Each superseding plan books only the difference."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from functools import cache

from kaigo.base.jobs.registry import NotReady, Progress
from kaigo.base.records.bulk import copy_rows, quiet_collector
from kaigo.base.records.context import Context
from kaigo.base.records.refusal import Refused
from kaigo.insurance.collection.days import deduction_days
from kaigo.insurance.collection.gather import Gathered, gather
from kaigo.insurance.collection.known import Held
from kaigo.insurance.collection.locks import alone, planning
from kaigo.insurance.collection.models import DeductionRequest, DeductionTarget, Match, Task, Way
from kaigo.insurance.collection.remission.lapse import lapse
from kaigo.insurance.collection.save import Judged, Part, save
from kaigo.insurance.collection.ways import LABELS, Ways, ways
from kaigo.law.digest import law_version
from kaigo.law.instalment_facts import Plan, PlanFacts
from kaigo.law.instalments import plan as judge
from kaigo.law.provisional import ProvisionalFacts, provisional
from kaigo.law.reasons import Finding, Missing, Unclear
from kaigo.law.values import ValueMissing, Values, load

NEEDED = (
    "collection.deduction_split",
    "collection.direct_split",
    "collection.direct_schedule",
    "collection.levelling",
)


def values_for(insurer: str, fiscal_year: int) -> Values:
    """The values in force on the first day of the fiscal year. Raises NotReady when one of those needed is missing."""
    values = load().values(insurer, date(fiscal_year, 4, 1))
    lacks = []
    for name in NEEDED:
        try:
            values.get(name)
        except ValueMissing as lack:
            lacks.append(f"{lack.what}が値に入っていません")
    if lacks:
        raise NotReady(lacks)
    return values


def plan_all(
    ctx: Context,
    insurer: str,
    fiscal_year: int,
    progress: Progress | None = None,
    persons: list[int] | None = None,
) -> dict:
    """Plans for everybody of the year who wants one (gather says why). In the caller's transaction.

    Returns counts: plans, instalments, entries, booked_yen, unclear, same. People whom the law cannot judge become
    tasks and have no plan; everybody else is planned. A remission that stood on what is planned anew lapses with it.
    IntegrityError when somebody else planned one of them meanwhile: nobody is levied twice.
    """
    values = values_for(insurer, fiscal_year)
    planning(fiscal_year)
    with quiet_collector():
        judged, unclear, same = work_out(ctx, fiscal_year, values, progress, persons)
        done = save(ctx, fiscal_year, judged, law_version(values.digest))
    lapse(ctx, fiscal_year, judged)
    _file_unclear(fiscal_year, unclear, [j.gathered.person for j in judged])
    return done | {"unclear": len(unclear), "same": same}


def work_out(
    ctx: Context,
    fiscal_year: int,
    values: Values,
    progress: Progress | None = None,
    persons: list[int] | None = None,
) -> tuple[list[Judged], list[tuple[int, tuple[Missing, ...]]], int]:
    """Judge without saving: (plans, unclear, how many would stay as they are). Previews and work are the same call."""
    step = (progress or Progress()).step
    judged: list[Judged] = []
    unclear: list[tuple[int, tuple[Missing, ...]]] = []
    same = 0
    # Few facts differ from all others' (and hardly any plan): what the law says of equal facts is asked once.
    law = cache(lambda *about: _judge(*about, values))
    divided = cache(_parts)
    waiting = list(gather(ctx, fiscal_year, values, persons))
    for place, person in enumerate(waiting):
        if place % 10000 == 0:
            step(place, len(waiting), "期別")
        found = law(person.sort == "provisional", person.february, person.changed, person.facts)
        if isinstance(found, Unclear):
            unclear.append((person.person, found.missing))
            continue
        parts = divided(person.facts, found.value, person.before.parts if person.before else (), person.ways)
        if _is_same(person, found.value, parts):
            same += 1
            continue
        judged.append(Judged(person, found, parts))
    return judged, unclear, same


def change_way(ctx: Context, insurer: str, fiscal_year: int, person: int, way: str, valid_from: date) -> dict:
    """How a person pays from a day on (slip | debit | substitute | auto), and the plan that follows from it."""
    if way not in ("slip", "debit", "substitute", "auto"):
        raise Refused("納付方法は、納付書・口座振替・代理納付・届出どおり のどれかです。")
    known = ways(ctx, [person]).get(person)
    if way == "debit" and not (known and any(end is None or end > valid_from for _, end in known.debit)):
        raise Refused("口座振替の口座が登録されていません。先に口座振替依頼書を登録してください。")
    alone("way", person)
    before = Way.objects.filter(person_id=person, superseded_by__isnull=True).order_by("-id").first()
    if before and (before.way, before.valid_from) == (way, valid_from):
        raise Refused("この人の納付方法は、もうそのように変えてあります。")
    Way.objects.create(
        person_id=person,
        way=way,
        valid_from=valid_from,
        decided_on=ctx.on,
        actor=ctx.actor,
        supersedes=before,
    )
    return plan_all(ctx, insurer, fiscal_year, persons=[person])


def match(ctx: Context, target: int, person: int | None) -> Match:
    """A pension record belongs to a person (None = to nobody here), decided by hand. Settles its task."""
    row = DeductionTarget.objects.get(id=target)
    alone("target", target)
    before = Match.objects.filter(target=row, superseded_by__isnull=True).order_by("-id").first()
    if (before.person_id if before else row.person_id) == person and (before or person is not None):
        raise Refused("この年金記録は、もうそのように同定されています。")
    made = Match.objects.create(
        target=row, person_id=person, supersedes=before, decided_on=ctx.on, actor=ctx.actor
    )
    for task in Task.objects.filter(sort="target", what=f"target:{target}", state="open"):
        task.state = "settled"
        task.settled_reason = (
            "手で同定しました。" if person is not None else "この区の被保険者ではないとしました。"
        )
        task.save(update_fields=["state", "settled_reason"])
    return made


def note_requested(ctx: Context, fiscal_year: int, file_id: int, rows: Sequence) -> int:
    """What was asked of the pension payers in a file that went out (rows of request.prepare). Returns how many."""
    columns = (
        "person_id",
        "fiscal_year",
        "code",
        "kind",
        "payer",
        "plan_id",
        "target_id",
        "yen1",
        "yen2",
        "yen3",
        "file",
    )
    return copy_rows(
        DeductionRequest._meta.db_table,
        columns,
        (
            (
                r.person,
                fiscal_year,
                r.code,
                r.kind,
                r.payer,
                r.plan,
                r.target,
                r.yen1,
                r.yen2,
                r.yen3,
                file_id,
            )
            for r in rows
        ),
    )


# -- from the law's answer to parts -----------------------------------------------------------------------


def _judge(
    is_provisional: bool,
    february: int | None,
    changed: ProvisionalFacts | None,
    facts: PlanFacts,
    values: Values,
) -> Finding[Plan] | Unclear:
    if is_provisional:
        # Until the main assessment only the three provisional deductions are planned.
        if february is None:
            return Unclear((Missing("前の2月に引いた額", "仮徴収の額を決められません"),))
        found = provisional(changed or ProvisionalFacts(facts.fiscal_year, february), values)
        _, deductions, refund, request = found.value
        return Finding(
            Plan("deduction" if deductions else "none", deductions, (), refund, request), found.reasons
        )
    return judge(facts, values)


def _parts(facts: PlanFacts, plan: Plan, before: tuple[Held, ...], paying: Ways) -> tuple[Part, ...]:
    days = deduction_days(facts.fiscal_year)
    parts = [
        Part("deduction", d.month, days[d.month], d.yen, d.provisional) for d in plan.deductions if d.yen
    ]
    if not plan.instalments:
        return tuple(parts)
    # A term that is already due keeps the way in which it was asked for.
    past = {p.number: p.way for p in before if p.way != "deduction" and p.due_on <= facts.decided_on}
    parts += [
        Part(past.get(i.number) or paying.on(i.due_on), i.number, i.due_on, i.yen, False)
        for i in plan.instalments
        if i.yen
    ]
    return tuple(parts)


def _is_same(person: Gathered, plan: Plan, parts: Iterable[Part]) -> bool:
    """The same assessment gave the same parts again: no new plan."""
    before = person.before
    if before is None or before.assessment != person.assessment or before.request != plan.request:
        return False
    if before.remission != person.less.remission:
        return False
    return before.parts == tuple(sorted(Held(p.way, p.number, p.due_on, p.yen) for p in parts))


def _file_unclear(
    fiscal_year: int, unclear: list[tuple[int, tuple[Missing, ...]]], planned: list[int]
) -> None:
    """One open task per person-year that the law cannot judge; those of people who have a plan now are settled."""
    mine = Task.objects.filter(sort="unclear", what=f"year:{fiscal_year}", state="open")
    if mine.exists():
        have = set(planned)
        for task in mine:
            if task.person_id in have:
                task.state, task.settled_reason = "settled", "期別が決まりました。"
                task.save(update_fields=["state", "settled_reason"])
    Task.objects.bulk_create(
        [
            Task(
                person_id=person,
                sort="unclear",
                what=f"year:{fiscal_year}",
                message="、".join(f"{m.what}({m.why})" for m in missing),
                state="open",
            )
            for person, missing in unclear
        ],
        ignore_conflicts=True,
    )


__all__ = [
    "LABELS",
    "change_way",
    "deduction_days",
    "match",
    "note_requested",
    "plan_all",
    "values_for",
    "work_out",
]
