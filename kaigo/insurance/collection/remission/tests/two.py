"""Two people for tests: who puts forward and who decides, and the whole way of an application."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from kaigo.base.records.context import Context
from kaigo.insurance.collection.decide import plan_all
from kaigo.insurance.collection.models import Deferral, Plan, Relief, Remission
from kaigo.insurance.collection.read import invariant
from kaigo.insurance.collection.remission.decide import apply_for, approve, ask_back, propose
from kaigo.insurance.collection.tests.builders import INSURER, YEAR, on, person
from kaigo.insurance.ledger import read as ledger
from kaigo.insurance.ledger.models import LedgerEntry
from kaigo.insurance.premium.save import Judged, save, stage_word
from kaigo.law.premium import annual
from kaigo.law.premium_facts import AnnualFacts
from kaigo.law.reasons import Finding
from kaigo.law.values import load

JULY, AUGUST = date(YEAR, 7, 1), date(YEAR, 8, 3)
UNTAXED, TAXED = ["untaxed"], ["taxed"]


def first(day: date) -> Context:
    """Who puts forward."""
    return on(day)


def second(day: date) -> Context:
    """Who decides."""
    return replace(on(day), actor="account:2")


def of_stage(stage: int, year: int = YEAR) -> int:
    """The annual amount of a whole year in a stage."""
    found = annual(AnnualFacts(year, (stage,) * 12), load().values(INSURER, date(year, 4, 1)))
    assert isinstance(found, Finding)
    return found.value


def assess(
    who: int, stages: tuple[int, ...] | int, day: date = JULY, year: int = YEAR, before: int | None = None,
    yen: int | None = None, status: list | None = None, members: list | None = None, sort: str = "main",
) -> int:  # fmt: skip
    """An assessment with the stages and amount that belong together."""
    word = (stages,) * 12 if isinstance(stages, int) else stages
    found = annual(AnnualFacts(year, word), load().values(INSURER, date(year, 4, 1)))
    assert isinstance(found, Finding)
    facts: list[Any] = [year, f"{year}-04-01", status or UNTAXED, members or [], [], [], [], [], []]
    last = next((stage for stage in reversed(word) if stage), 0)
    (number,) = save(
        on(day), year, sort, None,
        [Judged(who, date(year, 4, 1), found.value if yen is None else yen, sum(1 for s in word if s), last,
                stage_word(word), (status or UNTAXED)[0], False, facts, [], before, sort)],
        "0" * 64,
    )  # fmt: skip
    return number


def plan_on(day: date, who: int | None = None) -> dict:
    return plan_all(on(day), INSURER, YEAR, persons=[who] if who else None)


def payer(stage: int = 3, **more) -> int:
    """Somebody who pays by slips, planned on 1 July."""
    from kaigo.insurance.collection.tests.builders import insured

    who = person()
    insured(who)
    assess(who, stage, **more)
    plan_on(JULY, who)
    return who


def ask(who: int, ground: str, day: date = AUGUST, kind: str = "remission", **told) -> Relief:
    """An application, put forward by the first."""
    made = apply_for(first(day), who, kind, YEAR, ground, **({"applied_on": day} | told))
    return propose(first(day), INSURER, made)


def granted(who: int, ground: str, day: date = AUGUST, **told) -> Remission:
    """An application, put forward and decided."""
    made = approve(second(day), INSURER, ask(who, ground, day, **told))
    assert isinstance(made, Remission)
    return made


def deferred(who: int, ground: str = "disaster", day: date = AUGUST, months: int = 3) -> Deferral:
    made = approve(second(day), INSURER, ask(who, ground, day, "deferral", months=months))
    assert isinstance(made, Deferral)
    return made


def taken_back(decided: Remission | Deferral, day: date = AUGUST) -> Remission | Deferral:
    return approve(second(day), INSURER, ask_back(first(day), decided, "訳がなくなった"))


def in_force(who: int) -> Plan:
    return Plan.objects.get(person_id=who, fiscal_year=YEAR, superseded_by__isnull=True)


def parts(who: int) -> dict[tuple[str, int], int]:
    return {(i.way, i.number): i.yen for i in in_force(who).instalments.order_by("due_on")}


def booked(who: int, *sorts: str) -> int:
    return sum(
        LedgerEntry.objects.filter(person_id=who, fiscal_year=YEAR, sort__in=sorts).values_list(
            "yen", flat=True
        )
    )


def balances(who: int, day: date = AUGUST) -> dict[tuple[str, int], int]:
    """What is asked of each term, where it is not even."""
    return {(t.kind, t.number): t.balance for t in ledger.terms(on(day), who, YEAR) if t.balance}


def is_right(day: date = AUGUST) -> bool:
    found = invariant(on(day), YEAR)
    assert found == [], found
    return True
