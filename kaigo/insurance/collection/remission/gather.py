"""Storage → the facts of remission and deferral: the plan in force, what the ledger says of its terms, arrears."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from kaigo.base.records.context import Context
from kaigo.base.records.refusal import Refused
from kaigo.base.records.rows import rows
from kaigo.insurance.collection import read as collection
from kaigo.insurance.collection.in_force import plans_in_force_sql
from kaigo.insurance.collection.remission.models import Relief
from kaigo.insurance.collection.remission.relations import deferred_sql
from kaigo.insurance.ledger import read as ledger
from kaigo.insurance.premium import read as premium
from kaigo.law.deferral import DeferralFacts, DueTerm
from kaigo.law.remission import RemissionFacts, Term
from kaigo.law.special_remission import SpecialFacts

SPECIAL = "special"


class Basis(NamedTuple):
    """What a remission stands on: the assessment in force and the plan that follows it."""

    assessment: premium.AssessmentView
    plan: collection.PlanView


def basis(ctx: Context, person: int, fiscal_year: int) -> Basis:
    """Refused where there is no main assessment, or no plan that follows it: first the plan, then the remission."""
    found = premium.current(ctx, person, fiscal_year)
    if found is None or found.sort == "provisional":
        raise Refused(
            f"{fiscal_year}年度の本算定の決定がまだありません。賦課を決めてから減免を決めてください。"
        )
    plan = collection.plan(ctx, person, fiscal_year)
    if plan is None or plan.assessment != found.id:
        raise Refused(
            "期別がまだ今の賦課の決定によっていません。先に期別を決めてください(仕事「期別と調定」)。"
        )
    return Basis(found, plan)


def remission_facts(ctx: Context, relief: Relief, on: Basis) -> RemissionFacts | SpecialFacts:
    """The facts of an application: what the person told, and what the rooms below know."""
    if relief.ground == SPECIAL:
        return _special(ctx, relief, on)
    return RemissionFacts(
        relief.fiscal_year, relief.ground, relief.applied_on, on.assessment.annual_yen, _terms(ctx, relief.person_id, on),
        on.assessment.stages, relief.event_on, relief.event_end, relief.lost_yen, relief.of_yen, relief.household_size,
        relief.income_yen, relief.savings_yen, bool(in_arrears(ctx, [relief.person_id])),
    )  # fmt: skip


def _special(ctx: Context, relief: Relief, on: Basis) -> SpecialFacts:
    found = premium.raised(ctx, relief.fiscal_year, [relief.person_id])
    before, was_untaxed, is_untaxed = found[0][4:] if found else (None, None, None)
    return SpecialFacts(
        relief.fiscal_year, on.assessment.annual_yen, on.assessment.stages, before, was_untaxed, is_untaxed,
        relief.applied_on,
    )  # fmt: skip


def _terms(ctx: Context, person: int, on: Basis) -> tuple[Term, ...]:
    """The terms of the plan as they are levied; the key is way:number. What the pension payer deducts is due on the 10th
    of the month after (法137条)."""
    levied: dict[tuple[str, int], int] = {}
    for kind, number, yen in rows(
        f"SELECT {ledger.kind_sql()}, number, sum(yen)::int FROM ({ledger.entries_sql()}) e WHERE person_id = %(person)s "
        "AND fiscal_year = %(year)s AND sort IN ('levy', 'adjust') GROUP BY 1, 2",
        {"person": person, "year": on.plan.fiscal_year},
    ):
        levied[kind, number] = yen
    found = []
    for part in collection.instalments(ctx, on.plan.id):
        kind = "deduction" if part.way == "deduction" else "direct"
        due = _tenth(part.due_on) if kind == "deduction" else part.due_on
        if yen := levied.get((kind, part.number), 0):
            found.append(Term(f"{part.way}:{part.number}", due, yen))
    return tuple(found)


def _tenth(day: date) -> date:
    return date(day.year + (day.month == 12), day.month % 12 + 1, 10)


_ARREARS = """
SELECT DISTINCT t.person_id FROM ({terms}) t
LEFT JOIN ({plans}) p ON p.person_id = t.person_id AND p.fiscal_year = t.fiscal_year
LEFT JOIN collection_instalment i ON i.plan_id = p.id AND i.way <> 'deduction' AND i.number = t.number
WHERE t.kind = 'direct' AND t.balance > 0 AND coalesce(i.due_on, make_date(t.fiscal_year + 1, 4, 1)) < %(on)s
AND NOT EXISTS (SELECT 1 FROM ({deferred}) d WHERE (d.person_id, d.fiscal_year, d.kind, d.number)
                = (t.person_id, t.fiscal_year, t.kind, t.number) AND %(on)s >= d.start_on AND %(on)s < d.end_on)"""


def in_arrears(ctx: Context, persons: list[int]) -> set[int]:
    """Who owes a term that he pays himself, whose due date is over and that is not deferred.

    What the pension payer deducts is paid by the payer: that it is not here yet is no arrears of the person.
    """
    found = rows(
        _ARREARS.format(
            terms=ledger.terms_sql(ctx, "person_id = ANY(%(persons)s::bigint[])"),
            plans=plans_in_force_sql(ctx),
            deferred=deferred_sql(ctx),
        ),
        {"persons": persons, "on": ctx.on, "known_at": ctx.known_at},
    )
    return {person for (person,) in found}


_OPEN = """
SELECT t.fiscal_year, t.number, i.due_on FROM ({terms}) t
JOIN ({plans}) p ON p.person_id = t.person_id AND p.fiscal_year = t.fiscal_year
JOIN collection_instalment i ON i.plan_id = p.id AND i.way <> 'deduction' AND i.number = t.number
WHERE t.kind = 'direct' AND t.balance > 0 AND NOT EXISTS (
    SELECT 1 FROM ({deferred}) d WHERE (d.person_id, d.fiscal_year, d.kind, d.number)
    = (t.person_id, t.fiscal_year, t.kind, t.number))
ORDER BY i.due_on, t.fiscal_year, t.number"""


def deferral_facts(ctx: Context, relief: Relief) -> DeferralFacts:
    """The terms that the person pays himself, that are open, and that are not deferred already; key year:kind:number."""
    found = rows(
        _OPEN.format(
            terms=ledger.terms_sql(ctx, "person_id = %(person)s"), plans=plans_in_force_sql(ctx), deferred=deferred_sql(ctx)
        ),
        {"person": relief.person_id, "known_at": ctx.known_at},
    )  # fmt: skip
    terms = tuple(DueTerm(f"{year}:direct:{number}", due) for year, number, due in found)
    return DeferralFacts(relief.ground, relief.applied_on, relief.months or 1, terms)
