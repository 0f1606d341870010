"""Storage → the facts of a payment plan: assessments that have no plan yet, and what came before them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from django.db import connection

from kaigo.base.records.context import Context
from kaigo.insurance.premium import read as premium
from kaigo.insurance.residents import read as residents
from kaigo.law.instalment_facts import DeductionFacts, Levied, Paid, PlanFacts
from kaigo.law.values import Values


class Gathered(NamedTuple):
    """An assessment that wants a plan. before: (way, number) → yen of the plan in force until now."""

    person: int
    assessment: int
    sort: str
    facts: PlanFacts
    february: int | None
    before_plan: int | None
    before: dict[tuple[str, int], tuple[date, int]]
    before_refund: int
    direct_way: str


def gather(ctx: Context, fiscal_year: int, values: Values) -> Iterator[Gathered]:
    """Assessments in force of the year without a plan, in the order of person."""
    params = {"year": fiscal_year, "before": fiscal_year - 1, "on": ctx.on, "known_at": ctx.known_at}
    february = dict(
        _rows(
            "SELECT person_id, yen FROM premium_deducted WHERE fiscal_year = %(before)s AND month = 14",
            params,
        )
    )
    starts = _starts(params, values)
    plans = _plans(params)
    instalments = _instalments(params)
    ways = _ways(ctx, params)
    requested = {row[0] for row in _rows(_REQUESTED, params)}
    levels_in_august = values.get("collection.levelling").startswith("august")
    for assessment, person, sort, annual in _rows(
        _WAITING.format(assessments=premium.in_force_sql(ctx)), params
    ):
        plan = plans.get(person)
        parts = instalments.get(plan[0], {}) if plan else {}
        deduction = _deduction(
            ctx, fiscal_year, annual, february.get(person), starts.get(person), parts, person in requested,
            levels_in_august,
        )  # fmt: skip
        levied = tuple(
            Levied(number, due, yen)
            for (way, number), (due, yen) in sorted(parts.items())
            if way != "deduction" and due <= ctx.on
        )
        yield Gathered(
            person, assessment, sort, PlanFacts(fiscal_year, annual, ctx.on, deduction, levied), february.get(person),
            plan[0] if plan else None, parts, plan[1] if plan else 0, ways.get(person, "slip"),
        )  # fmt: skip


def _deduction(
    ctx, fiscal_year, annual, february, start, parts, requested, levels_in_august
) -> DeductionFacts | None:
    if february is None and start is None:
        return None
    provisional = tuple(
        Paid(m, yen) for (way, m), (_, yen) in sorted(parts.items()) if way == "deduction" and m <= 8
    )
    current = tuple(
        Paid(m, yen) for (way, m), (_, yen) in sorted(parts.items()) if way == "deduction" and m > 8
    )
    # Until August is requested it may still be levelled: then law starts from February's amount again.
    may_level = not requested and levels_in_august and ctx.on < date(fiscal_year, 8, 1)
    return DeductionFacts(
        fiscal_year,
        annual,
        4 if february is not None else start,
        february,
        () if may_level else provisional,
        requested,
        current if requested else (),
        ctx.on,
        may_level,
    )


_WAITING = """
SELECT a.id, a.person_id, a.sort, a.annual_yen FROM ({assessments}) a
WHERE a.fiscal_year = %(year)s AND NOT EXISTS (SELECT 1 FROM collection_plan p WHERE p.assessment_id = a.id)
ORDER BY a.person_id"""

_REQUESTED = """
SELECT DISTINCT person_id FROM collection_deduction_request WHERE fiscal_year = %(year)s AND code IN ('01', '31')"""


def _starts(params: dict, values: Values) -> dict[int, int]:
    """person → month in which deduction starts, from the newest matched record of the pension service."""
    capture = values.get("collection.capture")
    least = values.get("collection.deduction_minimum_pension")
    rows = _rows(
        "SELECT coalesce(m.person_id, t.person_id), t.captured_month FROM collection_deduction_target t "
        "LEFT JOIN collection_match m ON m.target_id = t.id AND NOT EXISTS "
        "(SELECT 1 FROM collection_match n WHERE n.supersedes_id = m.id) "
        "WHERE t.annual_pension_yen >= %(least)s AND coalesce(m.person_id, t.person_id) IS NOT NULL ORDER BY t.id",
        params | {"least": least},
    )
    return {person: capture[month] for person, month in rows if month in capture}


def _plans(params: dict) -> dict[int, tuple[int, int]]:
    rows = _rows(
        "SELECT p.person_id, p.id, p.refund_yen FROM collection_plan p WHERE p.fiscal_year = %(year)s AND NOT EXISTS "
        "(SELECT 1 FROM collection_plan n WHERE n.supersedes_id = p.id)",
        params,
    )
    return {person: (plan, refund) for person, plan, refund in rows}


def _instalments(params: dict) -> dict[int, dict[tuple[str, int], tuple[date, int]]]:
    found: dict[int, dict[tuple[str, int], tuple[date, int]]] = {}
    for plan, way, number, due, yen in _rows(
        "SELECT i.plan_id, i.way, i.number, i.due_on, i.yen FROM collection_instalment i "
        "JOIN collection_plan p ON p.id = i.plan_id WHERE i.fiscal_year = %(year)s AND NOT EXISTS "
        "(SELECT 1 FROM collection_plan n WHERE n.supersedes_id = p.id)",
        params,
    ):
        found.setdefault(plan, {})[(way, number)] = (due, yen)
    return found


def _ways(ctx: Context, params: dict) -> dict[int, str]:
    """How each person pays what is not deducted. Public assistance with 代理納付 wins, then a mandate, else slips."""
    ways = {
        person: "debit"
        for (person,) in _rows(
            f"SELECT person_id FROM ({residents.bank_account_sql(ctx)}) b WHERE b.use = 'debit' AND b.effective @> %(on)s::date",
            params,
        )
    }
    for person, way in _rows(
        "SELECT w.person_id, w.way FROM collection_way w WHERE w.valid_from <= %(on)s AND NOT EXISTS "
        "(SELECT 1 FROM collection_way n WHERE n.supersedes_id = w.id)",
        params,
    ):
        ways[person] = way
    for (person,) in _rows(
        f"SELECT person_id FROM ({residents.welfare_sql(ctx)}) w WHERE w.substitute_payment AND w.effective @> %(on)s::date",
        params,
    ):
        ways[person] = "substitute"
    return ways


def _rows(query: str, params: dict) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(query, params)
        return cursor.fetchall()
