"""Storage → the facts of a payment plan: who wants a plan, and what was asked, sent and booked before.

A plan is wanted for an assessment that has none, and again for the same assessment when an open instalment no
longer has the way of its due date, when a pension record was matched or taken off, or when the yearly request went
out without the person.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from kaigo.base.records.context import Context
from kaigo.insurance.collection.days import deduction_days
from kaigo.insurance.collection.rows import rows
from kaigo.insurance.collection.targets_read import starts
from kaigo.insurance.collection.ways import SLIP, Ways, ways
from kaigo.insurance.premium import read as premium
from kaigo.insurance.qualification import read as qualification
from kaigo.law.instalment_facts import DeductionFacts, Levied, Paid, PlanFacts
from kaigo.law.instalments import due_dates
from kaigo.law.values import Values

Key = tuple[str, int]


class Before(NamedTuple):
    """The plan in force until now: its parts (way, number) → (due, yen).

    plan None: no plan of ours, but a ledger taken over from the former system; then its terms are the parts.
    taken_over: the former system's ledger or its plan.
    """

    plan: int | None
    assessment: int | None
    request: str
    parts: dict[Key, tuple[date, int]]
    taken_over: bool = False


class Gathered(NamedTuple):
    """A person-year that wants a plan. cause: provisional | main | revision | way | match | request.

    booked: what the ledger says was levied until now, (way, number) → yen.
    """

    person: int
    assessment: int
    sort: str
    cause: str
    facts: PlanFacts
    february: int | None
    before: Before | None
    booked: dict[Key, int]
    ways: Ways


class _Sent(NamedTuple):
    """What the pension payers know: amounts of October, December, February; stopped by a file 41."""

    main: tuple[Paid, ...]
    stopped: bool


class _Insured(NamedTuple):
    on_first: bool
    ended_on: date | None


class _Year(NamedTuple):
    """What holds for everybody. closed: the yearly request is out (or too late): October cannot be asked any more."""

    year: int
    first: date
    on: date
    closed: bool
    levels_in_august: bool


class Waiting(NamedTuple):
    person: int
    assessment: int
    sort: str
    annual: int
    cause: str
    plan: int | None


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
    sent = _sent(params)
    wanted = waiting(ctx, params, year, paying, begin, sent)
    params["people"] = [w.person for w in wanted]
    february = _february(params)
    insured = _insured(ctx, params)
    parts = _parts(params) if any(w.plan for w in wanted) else {}
    booked = _booked(params)
    for w in wanted:
        before = None
        if w.plan:
            assessment, request, cause, held = parts[w.plan]
            before = Before(w.plan, assessment, request, held, cause == "opening")
        elif w.person in booked:
            before = Before(None, None, "", _taken_over(booked[w.person], fiscal_year, values), True)
        held = before.parts if before else {}
        covered = insured.get(w.person, _Insured(False, year.first))
        deduction = _deduction(
            year,
            w.annual,
            february.get(w.person),
            begin.get(w.person),
            before,
            sent.get(w.person) or _sent_before(year, before),
            covered,
        )
        levied = _levied(held, ctx.on) if held else ()
        facts = PlanFacts(fiscal_year, w.annual, ctx.on, deduction, levied)
        yield Gathered(
            w.person, w.assessment, w.sort, w.cause, facts, february.get(w.person), before,
            booked.get(w.person, {}), paying.get(w.person, SLIP),
        )  # fmt: skip


def _taken_over(booked: dict[Key, int], fiscal_year: int, values: Values) -> dict[Key, tuple[date, int]]:
    """Terms of a ledger that began in the former system, due as the law has it; a late term is due already."""
    terms = dict(due_dates(fiscal_year, values.get("collection.direct_schedule")))
    days = deduction_days(fiscal_year)
    late = date(fiscal_year, 4, 1)
    return {
        (way, number): ((days if way == "deduction" else terms).get(number, late), yen)
        for (way, number), yen in booked.items()
        if yen > 0
    }


def _levied(parts: dict[Key, tuple[date, int]], on: date) -> tuple[Levied, ...]:
    """Terms that are due already, in their order."""
    return tuple(
        sorted(
            Levied(number, due, yen)
            for (way, number), (due, yen) in parts.items()
            if way != "deduction" and due <= on
        )
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

PLAN_IN_FORCE = "NOT EXISTS (SELECT 1 FROM collection_plan n WHERE n.supersedes_id = p.id)"

_MINE = "(%(persons)s::bigint[] IS NULL OR p.person_id = ANY(%(persons)s::bigint[]))"

_ALL = """
SELECT a.person_id, a.id, a.sort, a.annual_yen, p.id, p.assessment_id = a.id, p.request FROM ({assessments}) a
LEFT JOIN collection_plan p ON p.person_id = a.person_id AND p.fiscal_year = a.fiscal_year AND {in_force}
WHERE a.fiscal_year = %(year)s AND (%(persons)s::bigint[] IS NULL OR a.person_id = ANY(%(persons)s::bigint[]))
ORDER BY a.person_id"""


def waiting(
    ctx: Context, params: dict, year: _Year, paying: dict[int, Ways], begin: dict[int, int],
    sent: dict[int, _Sent],
) -> list[Waiting]:  # fmt: skip
    """Who wants a plan and why."""
    everybody = rows(_ALL.format(assessments=premium.in_force_sql(ctx), in_force=PLAN_IN_FORCE), params)
    other_way: set[int] = set()
    deducted: dict[int, tuple[int, int]] = {}
    if any(same for *_, same, _ in everybody):
        other_way = _other_way(params, paying)
        deducted = _deducted(params)
    found = []
    for person, assessment, sort, annual, plan, same, request in everybody:
        if not same:
            cause = sort
        elif person in other_way:
            cause = "way"
        else:
            cause = _deduction_cause(
                year, sort, request, begin.get(person), deducted.get(person), person in sent
            )
        if cause:
            found.append(Waiting(person, assessment, sort, annual, cause, plan))
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
    year: _Year, annual: int, february: int | None, start: int | None, before: Before | None, sent: _Sent | None,
    covered: _Insured,
) -> DeductionFacts | None:  # fmt: skip
    """The facts of the deduction, or None for somebody who only pays directly."""
    parts = before.parts if before else {}
    planned = sorted(Paid(m, yen) for (way, m), (_, yen) in parts.items() if way == "deduction")
    early = tuple(paid for paid in planned if paid.month <= 8)
    going_on = bool(early) or (february is not None and covered.on_first)
    asked = sent is not None and bool(sent.main)
    if not (going_on or asked or (sent is not None and sent.stopped) or _may_start(year, start)):
        return None
    requested = asked or (going_on and year.closed)
    stopped = sent is not None and sent.stopped
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


def _february(params: dict) -> dict[int, int]:
    return dict(
        rows(
            f"SELECT person_id, yen FROM ({premium.deducted_sql()}) d "
            "WHERE fiscal_year = %(before)s AND month = 14 AND yen > 0 "
            "AND person_id = ANY(%(people)s::bigint[])",
            params,
        )
    )


def _insured(ctx: Context, params: dict) -> dict[int, _Insured]:
    """Insured on 1 April; the day on which the last period of the year ended, if it has."""
    first, finish = params["first"], params["finish"]
    return {
        person: _Insured(on_first, None if still or last >= finish else max(last, first))
        for person, on_first, still, last in rows(
            "SELECT person_id, bool_or(acquired_on <= %(first)s AND (lost_on IS NULL OR lost_on > %(first)s)), "
            "bool_or(lost_on IS NULL), max(lost_on) "
            f"FROM ({qualification.in_force_sql(ctx)}) q WHERE acquired_on < %(finish)s "
            "AND person_id = ANY(%(people)s::bigint[]) GROUP BY person_id",
            params,
        )
    }


def _sent(params: dict) -> dict[int, _Sent]:
    found: dict[int, _Sent] = {}
    for person, code, *yen in rows(
        "SELECT person_id, code, yen1, yen2, yen3 FROM collection_deduction_request WHERE fiscal_year = %(year)s "
        "AND code IN ('01', '31', '41') AND (%(persons)s::bigint[] IS NULL OR person_id = ANY(%(persons)s::bigint[])) "
        "ORDER BY id",
        params,
    ):
        if code == "41":
            found[person] = _Sent(found[person].main if person in found else (), True)
        else:
            main = tuple(Paid(month, y) for month, y in zip((10, 12, 14), yen, strict=True) if y)
            found[person] = _Sent(main, False)
    return found


def _sent_before(year: _Year, before: Before | None) -> _Sent | None:
    """What the former system asked of the pension payers for October and later, once that can no longer be asked."""
    if before is None or not before.taken_over or not year.closed:
        return None
    parts = sorted(before.parts.items())
    main = tuple(Paid(month, yen) for (way, month), (_, yen) in parts if way == "deduction" and month > 8)
    return _Sent(main, False) if main else None


def _parts(params: dict) -> dict[int, tuple[int, str, str, dict[Key, tuple[date, int]]]]:
    """plan in force → (assessment, request, cause, parts), of the people waiting."""
    found: dict[int, tuple[int, str, str, dict[Key, tuple[date, int]]]] = {}
    for plan, assessment, request, cause, way, number, due, yen in rows(
        "SELECT p.id, p.assessment_id, p.request, p.cause, i.way, i.number, i.due_on, i.yen FROM collection_plan p "
        "LEFT JOIN collection_instalment i ON i.plan_id = p.id "
        f"WHERE p.fiscal_year = %(year)s AND p.person_id = ANY(%(people)s::bigint[]) AND {PLAN_IN_FORCE}",
        params,
    ):
        held = found.setdefault(plan, (assessment, request, cause, {}))[3]
        if way is not None:
            held[(way, number)] = (due, yen)
    return found


def _booked(params: dict) -> dict[int, dict[Key, int]]:
    found: dict[int, dict[Key, int]] = {}
    for person, way, number, yen in rows(
        "SELECT person_id, way, number, sum(yen)::int FROM collection_entry WHERE fiscal_year = %(year)s "
        "AND sort IN ('levy', 'adjust') AND person_id = ANY(%(people)s::bigint[]) "
        "GROUP BY person_id, way, number HAVING sum(yen) <> 0",
        params,
    ):
        found.setdefault(person, {})[(way, number)] = yen
    return found
