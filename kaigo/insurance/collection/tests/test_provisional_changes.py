"""仮算定異動 in the plans, the ledger and the files to the payers: what was decided is what is deducted and booked."""

from __future__ import annotations

from datetime import date

import pytest

from kaigo.base.records.context import acting
from kaigo.insurance.collection import read, request, targets
from kaigo.insurance.collection.decide import note_requested, plan_all
from kaigo.insurance.collection.tests.builders import (
    INSURER,
    YEAR,
    assess,
    february,
    insured,
    lose,
    on,
    pension_number,
    person,
)
from kaigo.insurance.collection.tests.test_plan import deducted, in_force, levy, parts, plan_on
from kaigo.insurance.collection.tests.test_request import MAY, deliver, record
from kaigo.insurance.premium import provisional_changes as changes
from kaigo.insurance.premium.models import Assessment
from kaigo.insurance.premium.provisional import decide_provisional

APRIL, JULY = date(YEAR, 4, 1), date(YEAR, 7, 1)


def somebody(yen=10_000):
    """Deducted since before; provisional decision and plan of 1 April."""
    who = person()
    insured(who)
    february(who, yen)
    decide_provisional(on(APRIL), INSURER, YEAR)
    plan_on(APRIL)
    return who


def main(who, yen, day=JULY):
    before = Assessment.objects.get(person_id=who, superseded_by__isnull=True)
    assess(on(day), who, yen, "main", before.id)
    plan_on(day)


def agrees():
    assert read.invariant(on(JULY), YEAR) == []


@pytest.mark.django_db
def test_a_lowered_amount_is_planned_booked_and_not_levelled_away():
    who = somebody()
    assert parts(who) == levy(who) == deducted(m4=10_000, m6=10_000, m8=10_000)
    changes.change_amounts(on(date(YEAR, 5, 10)), INSURER, YEAR, who, {6: 4_000, 8: 4_000}, "所得が減った")
    plan_on(date(YEAR, 5, 10))
    assert parts(who) == levy(who) == deducted(m4=10_000, m6=4_000, m8=4_000)
    assert in_force(who).request == "keep"
    agrees()
    main(who, 36_000)
    assert parts(who) == deducted(m4=10_000, m6=4_000, m8=4_000, m10=6_000, m12=6_000, m14=6_000)
    agrees()


@pytest.mark.django_db
def test_without_a_change_the_same_year_is_levelled():
    who = somebody()
    main(who, 36_000)
    assert parts(who)[("deduction", 8)] != 10_000


@pytest.mark.django_db
def test_who_died_keeps_what_was_deducted_and_the_rest_is_off_the_ledger():
    who = somebody()
    lose(who, date(YEAR, 5, 6))
    changes.run(on(date(YEAR, 5, 20)), INSURER, YEAR)
    plan_on(date(YEAR, 5, 20))
    assert parts(who) == levy(who) == deducted(m4=10_000)
    assert in_force(who).request == "stop"
    agrees()
    main(who, 3_000)
    assert in_force(who).refund_yen == 7_000
    assert sum(levy(who).values()) == 3_000
    agrees()


@pytest.mark.django_db
def test_who_owes_no_month_gets_back_what_was_deducted():
    who = somebody()
    lose(who, date(YEAR, 4, 21), "51")
    changes.run(on(date(YEAR, 4, 25)), INSURER, YEAR)
    plan_on(date(YEAR, 4, 25))
    assert (in_force(who).refund_yen, in_force(who).request) == (10_000, "stop")
    assert parts(who) == deducted(m4=10_000)
    assert levy(who) == {}
    agrees()


@pytest.mark.django_db
def test_a_deduction_that_stopped_is_paid_directly_after_the_main_assessment():
    who = somebody()
    changes.stop(on(date(YEAR, 6, 25)), INSURER, YEAR, who, 6, "年金の支給停止")
    plan_on(date(YEAR, 6, 25))
    assert parts(who) == levy(who) == deducted(m4=10_000)
    main(who, 50_000)
    held = parts(who)
    assert {key for key in held if key[0] == "deduction"} == {("deduction", 4)}
    assert sum(yen for (way, _), yen in held.items() if way == "slip") == 40_000
    agrees()


@pytest.mark.django_db
def test_never_deducted_in_the_year_everything_is_paid_directly():
    who = somebody()
    changes.stop(on(date(YEAR, 5, 1)), INSURER, YEAR, who, 4, "年金の支給停止")
    plan_on(date(YEAR, 5, 1))
    assert (parts(who), in_force(who).way) == ({}, "none")
    main(who, 50_000)
    assert all(way == "slip" for way, _ in parts(who))
    agrees()


@pytest.fixture
def known(street):
    """As `somebody`, with a record at the pension service."""
    with acting(on(APRIL)):
        who = person(name="髙橋 一郎")
        insured(who)
        pension_number(who, "1000000001")
        february(who, 10_000)
        decide_provisional(on(APRIL), INSURER, YEAR)
        plan_on(APRIL)
    with acting(on(MAY)):
        deliver(record("1000000001") | {"name": "髙橋 一郎", "payer": "002"})
    with acting(on(MAY)):
        targets.take(on(MAY))
    return who


def planned(day):
    with acting(on(day)):
        return plan_all(on(day), INSURER, YEAR)


def test_the_payer_is_told_of_new_amounts_once(known):
    day = date(YEAR, 5, 20)
    with acting(on(day)):
        changes.change_amounts(on(day), INSURER, YEAR, known, {6: 4_000, 8: 4_000}, "所得が減った")
    planned(day)
    with acting(on(day)):
        made = request.prepare(on(day), INSURER, YEAR, "61")
        assert [(r.person, r.yen1, r.yen2, r.yen3) for r in made.rows] == [(known, 10_000, 4_000, 4_000)]
        note_requested(on(day), YEAR, 1, made.rows)
        assert request.prepare(on(day), INSURER, YEAR, "61").rows == []
    day = date(YEAR, 6, 10)
    with acting(on(day)):
        changes.change_amounts(on(day), INSURER, YEAR, known, {8: 10_000}, "もとに戻す")
    planned(day)
    with acting(on(day)):
        made = request.prepare(on(day), INSURER, YEAR, "61")
        assert [(r.yen2, r.yen3) for r in made.rows] == [(4_000, 10_000)]


def test_the_payer_is_told_to_stop_for_who_died(known):
    day = date(YEAR, 5, 20)
    with acting(on(day)):
        lose(known, date(YEAR, 5, 6))
        changes.run(on(day), INSURER, YEAR)
    planned(day)
    with acting(on(day)):
        made = request.prepare(on(day), INSURER, YEAR, "41")
    assert [(r.person, r.kind, r.day) for r in made.rows] == [(known, "01", date(YEAR, 5, 6))]
