"""Storage → the facts of a payment plan: who wants a plan, and what was asked, sent and booked before.

A plan is wanted for an assessment that has none, and again for the same assessment when an open instalment no
longer has the way of its due date, when a pension record was matched or taken off, when the yearly request went
out without the person, or when a remission by stage was decided or taken back (remission/).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from functools import cache
from typing import NamedTuple

from kaigo.base.audit.seen import saw
from kaigo.base.records.bulk import id_array
from kaigo.base.records.context import Context
from kaigo.base.records.rows import rows
from kaigo.insurance.collection import known
from kaigo.insurance.collection.days import deduction_days
from kaigo.insurance.collection.in_force import PLAN_IN_FORCE, remissions_in_force_sql
from kaigo.insurance.collection.known import Booked, Held, Insured, Sent
from kaigo.insurance.collection.targets_read import starts
from kaigo.insurance.collection.ways import SLIP, Ways, ways
from kaigo.insurance.premium import read as premium
from kaigo.law.instalment_facts import DeductionFacts, Levied, Paid, PlanFacts
from kaigo.law.instalments import due_dates
from kaigo.law.provisional import ProvisionalFacts
from kaigo.law.values import Values


class Before(NamedTuple):
    """The plan in force until now, and its parts in the order of (way, number).

    plan None: no plan of ours, but a ledger taken over from the former system; then its terms are the parts.
    taken_over: the former system's ledger or its plan.
    """

    plan: int | None
    assessment: int | None
    request: str
    parts: tuple[Held, ...]
    taken_over: bool = False
    remission: int | None = None


class Less(NamedTuple):
    """The remission by stage that a plan is made less by, and what plans were made less by until now (yen ≤ 0)."""

    remission: int | None = None
    yen: int = 0
    booked: Booked = ()


NOTHING_LESS = Less()


class Gathered(NamedTuple):
    """A person-year that wants a plan. cause: provisional | main | revision | way | match | request | remission.

    booked: what the ledger says was levied until now. Many people share everything but their numbers; what is shared
    can be a key of a cache, so that it is judged and written down once.
    changed: the facts of the provisional decision, when it was changed after 1 April (仮算定異動).
    """

    person: int
    assessment: int
    sort: str
    cause: str
    facts: PlanFacts
    february: int | None
    before: Before | None
    booked: Booked
    ways: Ways
    changed: ProvisionalFacts | None = None
    less: Less = NOTHING_LESS


class _Year(NamedTuple):
    """What holds for everybody. closed: the yearly request is out (or too late): October cannot be asked any more."""

    year: int
    first: date
    on: date
    closed: bool
    levels_in_august: bool


class Waiting(NamedTuple):
    """annual: what is to be paid for the year: the assessment less the remission by stage."""

    person: int
    assessment: int
    sort: str
    annual: int
    cause: str
    plan: int | None
    remission: int | None
    remitted: int


def gather(
    ctx: Context, fiscal_year: int, values: Values, persons: list[int] | None = None
) -> Iterator[Gathered]:
    """Everybody of the year (or of `persons`) who wants a plan, in the order of person."""
    params = _params(ctx, fiscal_year, persons)
    year = _Year(
        fiscal_year,
        date(fiscal_year, 4, 1),
        ctx.on,
        is_closed(ctx, fiscal_year),
        values.get("collection.levelling").startswith("august"),
    )
    paying = ways(ctx, persons)
    begin = starts(ctx, fiscal_year, values, persons)
    sent = known.sent(params)
    wanted = waiting(ctx, params, year, paying, begin, sent)
    saw(w.person for w in wanted)
    params["people"] = id_array(w.person for w in wanted)
    february = known.february(params)
    insured = known.insured(ctx, params)
    parts = known.parts(params) if any(w.plan for w in wanted) else {}
    booked = known.booked(params)
    remitted = known.remitted(params)
    changes = premium.changed_provisional(ctx, fiscal_year, persons)
    not_covered = Insured(False, year.first)
    taken_over = cache(lambda levied: _taken_over(levied, fiscal_year, values))
    facts_of = cache(lambda *about: _facts(year, *about))
    for w in wanted:
        before = None
        levied = booked.get(w.person, ())
        if w.plan:
            before = Before(w.plan, *parts[w.plan])
        elif levied:
            before = Before(None, None, "", taken_over(levied), True)
        held, former = (before.parts, before.taken_over) if before else ((), False)
        begun = february.get(w.person)
        facts = facts_of(
            w.annual, begun, begin.get(w.person), held, former, sent.get(w.person),
            insured.get(w.person, not_covered), changes.get(w.person),
        )  # fmt: skip
        yield Gathered(
            w.person, w.assessment, w.sort, w.cause, facts, begun, before, levied, paying.get(w.person, SLIP),
            changes.get(w.person), _less(w, remitted.get(w.person, ())),
        )  # fmt: skip


def _less(waiting: Waiting, booked: Booked) -> Less:
    if waiting.remission is None and not booked:
        return NOTHING_LESS
    return Less(waiting.remission, waiting.remitted, booked)


def _facts(
    year: _Year, annual: int, february: int | None, start: int | None, held: tuple[Held, ...], taken_over: bool,
    sent: Sent | None, covered: Insured, changed: ProvisionalFacts | None,
) -> PlanFacts:  # fmt: skip
    """The facts of the law, from what is known of a person."""
    if sent is None and taken_over:
        sent = _sent_before(year, held)
    deduction = _deduction(year, annual, february, start, held, sent, covered, changed)
    return PlanFacts(year.year, annual, year.on, deduction, _levied(held, year.on))


def _taken_over(booked: Booked, fiscal_year: int, values: Values) -> tuple[Held, ...]:
    """Terms of a ledger that began in the former system, due as the law has it; a late term is due already."""
    terms = dict(due_dates(fiscal_year, values.get("collection.direct_schedule")))
    days = deduction_days(fiscal_year)
    late = date(fiscal_year, 4, 1)
    return tuple(
        Held(way, number, (days if way == "deduction" else terms).get(number, late), yen)
        for (way, number), yen in booked
        if yen > 0
    )


def _levied(parts: tuple[Held, ...], on: date) -> tuple[Levied, ...]:
    """Terms that are due already, in their order."""
    return tuple(
        sorted(Levied(p.number, p.due_on, p.yen) for p in parts if p.way != "deduction" and p.due_on <= on)
    )


def is_closed(ctx: Context, fiscal_year: int) -> bool:
    """Whether October can no longer be asked: the yearly request is out, or October has begun."""
    if ctx.on >= date(fiscal_year, 10, 1):
        return True
    found = rows(
        "SELECT EXISTS (SELECT 1 FROM collection_deduction_request WHERE fiscal_year = %(year)s AND code = '01')",
        {"year": fiscal_year},
    )
    return found[0][0]


def _params(ctx: Context, fiscal_year: int, persons: list[int] | None) -> dict:
    return {
        "year": fiscal_year,
        "before": fiscal_year - 1,
        "first": date(fiscal_year, 4, 1),
        "finish": date(fiscal_year + 1, 4, 1),
        "on": ctx.on,
        "known_at": ctx.known_at,
        "persons": persons,
    }


# -- who ------------------------------------------------------------------------------------------------

_MINE = "(%(persons)s::bigint[] IS NULL OR p.person_id = ANY(%(persons)s::bigint[]))"

_ALL = """
SELECT a.person_id, a.id, a.sort, a.annual_yen - coalesce(r.yen, 0), r.id, coalesce(r.yen, 0),
       p.remission_id IS NOT DISTINCT FROM r.id, p.id, p.assessment_id = a.id, p.request FROM ({assessments}) a
LEFT JOIN collection_plan p ON p.person_id = a.person_id AND p.fiscal_year = a.fiscal_year AND {in_force}
LEFT JOIN ({remissions}) r ON r.assessment_id = a.id AND r.manner = 'stage'
WHERE a.fiscal_year = %(year)s AND (%(persons)s::bigint[] IS NULL OR a.person_id = ANY(%(persons)s::bigint[]))
ORDER BY a.person_id"""


def waiting(
    ctx: Context, params: dict, year: _Year, paying: dict[int, Ways], begin: dict[int, int],
    sent: dict[int, Sent],
) -> list[Waiting]:  # fmt: skip
    """Who wants a plan and why."""
    everybody = rows(
        _ALL.format(
            assessments=premium.in_force_sql(ctx),
            in_force=PLAN_IN_FORCE,
            remissions=remissions_in_force_sql(ctx),
        ),
        params,
    )
    other_way: set[int] = set()
    deducted: dict[int, tuple[int, int]] = {}
    if any(same for *_, same, _ in everybody):
        other_way = _other_way(params, paying)
        deducted = _deducted(params)
    found = []
    for person, assessment, sort, annual, remission, remitted, same_less, plan, same, request in everybody:
        if not same:
            cause = sort
        elif not same_less:
            cause = "remission"
        elif person in other_way:
            cause = "way"
        else:
            cause = _deduction_cause(
                year, sort, request, begin.get(person), deducted.get(person), person in sent
            )
        if cause:
            found.append(Waiting(person, assessment, sort, annual, cause, plan, remission, remitted))
    return found


def _deduction_cause(
    year: _Year, sort: str, request: str, start: int | None, months: tuple[int, int] | None, was_sent: bool
) -> str:
    """months: first and last month that the plan in force deducts; start: where a matched record begins."""
    if sort == "provisional" or was_sent:
        return ""
    if request == "start" and not _may_start(year, start):
        return "request" if start is not None else "match"
    if request == "start" and months and start != months[0]:
        return "match"
    if request == "none" and months is None and _may_start(year, start):
        return "match"
    if request == "keep" and year.closed and months and months[0] <= 8 < months[1]:
        return "request"
    return ""


def _may_start(year: _Year, start: int | None) -> bool:
    """A new starter's first month is still ahead and its request not yet out."""
    if start is None or start <= 4:
        return False
    month = date(year.year + (start > 12), (start - 1) % 12 + 1, 1)
    return month > year.on and not (start <= 10 and year.closed)


def _other_way(params: dict, paying: dict[int, Ways]) -> set[int]:
    """People with an open instalment whose way is not the way of its due date (I25)."""
    return {
        person
        for person, due, way in rows(
            "SELECT i.person_id, i.due_on, i.way FROM collection_instalment i JOIN collection_plan p ON p.id = i.plan_id "
            f"WHERE p.fiscal_year = %(year)s AND {_MINE} AND {PLAN_IN_FORCE} AND i.due_on > %(on)s "
            "AND i.way <> 'deduction' "
            "AND (i.way <> 'slip' OR i.person_id = ANY(%(special)s))",
            params | {"special": list(paying)},
        )
        if paying.get(person, SLIP).on(due) != way
    }


def _deducted(params: dict) -> dict[int, tuple[int, int]]:
    """First and last month that the plan in force deducts."""
    return {
        person: (first, last)
        for person, first, last in rows(
            "SELECT i.person_id, min(i.number), max(i.number) FROM collection_instalment i "
            "JOIN collection_plan p ON p.id = i.plan_id "
            f"WHERE p.fiscal_year = %(year)s AND {_MINE} AND {PLAN_IN_FORCE} AND i.way = 'deduction' "
            "GROUP BY i.person_id",
            params,
        )
    }


# -- what -----------------------------------------------------------------------------------------------


def _deduction(
    year: _Year, annual: int, february: int | None, start: int | None, held: tuple[Held, ...], sent: Sent | None,
    covered: Insured, changed: ProvisionalFacts | None = None,
) -> DeductionFacts | None:  # fmt: skip
    """The facts of the deduction, or None for somebody who only pays directly."""
    ceased = changed is not None and changed.stopped_from is not None
    if ceased and changed.stopped_from == 4:
        return None  # nothing was deducted in the whole year
    planned = sorted(Paid(part.number, part.yen) for part in held if part.way == "deduction")
    early = tuple(paid for paid in planned if paid.month <= 8)
    going_on = bool(early) or (february is not None and covered.on_first)
    asked = sent is not None and bool(sent.main)
    stopped = ceased or (sent is not None and sent.stopped)
    if not (going_on or asked or stopped or _may_start(year, start)):
        return None
    requested = asked or (going_on and year.closed)
    if going_on and not early and february is not None:
        early = tuple(Paid(month, february) for month in (4, 6, 8))
    # Until August is asked for it may still be levelled: then the law starts from February's amount again.
    may_level = (
        going_on
        and february is not None
        and not requested
        and year.levels_in_august
        and year.on < date(year.year, 8, 1)
        and covered.ended_on is None
        and not stopped
        # What the section set for June or August (法140条2項) is not levelled away.
        and not (changed and changed.changed)
    )
    current: tuple[Paid, ...] = ()
    if stopped:
        current = tuple(paid for paid in planned if paid.month > 8)
    elif asked:
        current = sent.main
    return DeductionFacts(
        year.year,
        annual,
        4 if going_on else (start or 10),
        february if going_on else None,
        () if may_level else early,
        requested,
        current,
        year.on,
        may_level,
        covered.ended_on,
        stopped,
    )


def _sent_before(year: _Year, held: tuple[Held, ...]) -> Sent | None:
    """What the former system asked of the pension payers for October and later, once that can no longer be asked."""
    if not year.closed:
        return None
    main = tuple(Paid(p.number, p.yen) for p in held if p.way == "deduction" and p.number > 8)
    return Sent(main, False) if main else None
