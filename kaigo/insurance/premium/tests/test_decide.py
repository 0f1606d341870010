"""One person-year after the other, from facts in a real database to the decision and its reasons."""

from __future__ import annotations

import pytest

from kaigo.insurance.premium import read
from kaigo.insurance.premium.decide import assess_persons, judge, record
from kaigo.insurance.premium.gather import gather
from kaigo.insurance.premium.models import Assessment, Task
from kaigo.insurance.premium.tests.builders import (
    INSURER,
    assessments,
    at_home,
    borderline,
    born,
    context,
    died,
    in_force,
    insured,
    left,
    lives,
    on_welfare,
    qualify,
    taxed,
)
from kaigo.law.premium_table import amounts, table
from kaigo.law.values import load

pytestmark = pytest.mark.django_db
CTX = context("2026-07-01")
VALUES = load().values(INSURER, context("2026-04-01").on)
TABLE = VALUES.view(table)
YEN = amounts(VALUES)


def decide(year=2026, ctx=CTX):
    qualify(ctx.on.isoformat())
    found = judge(ctx, INSURER, year, "main")
    record(ctx, INSURER, year, None, found)
    return found


def months(yen: int, count: int) -> int:
    """月割, ten yen down, as the fictional ordinance has it."""
    return yen * count // 12 // 10 * 10


def test_alone_untaxed_with_a_small_pension_is_stage_1():
    person = insured()
    taxed(person, pension_revenue=780_000)
    decide()
    found = in_force(person)
    assert (found.annual_yen, found.stages, found.months, found.sort) == (YEN[1], "1" * 12, 12, "main")


def test_one_taxed_member_of_the_household_makes_the_middle_table():
    person, son = born("1950-05-05"), born("1980-05-05")
    for someone in (person, son):
        lives(someone, "1990-01-01")
    at_home([person, son])
    taxed(person, pension_revenue=780_000)
    taxed(son, status="1", total_income=4_000_000)
    decide()
    assert in_force(person).stages == "4" * 12
    assert not Assessment.objects.filter(person_id=son).exists()


def test_a_child_without_a_tax_record_is_untaxed_and_an_adult_without_one_is_unclear():
    person, child = born("1950-05-05"), born("2015-05-05")
    for someone in (person, child):
        lives(someone, "2015-05-05")
    at_home([person, child], "2015-05-05")
    taxed(person, pension_revenue=780_000)
    other, adult = born("1950-05-05"), born("1990-05-05")
    for someone in (other, adult):
        lives(someone, "2015-05-05")
    at_home([other, adult], "2015-05-05")
    taxed(other, pension_revenue=780_000)
    decide()
    assert in_force(person).stages == "1" * 12
    assert assessments(other) == []
    task = Task.objects.get()
    assert (task.person_id, task.sort) == (other, "unclear")


def test_an_unclear_question_closes_when_the_answer_comes():
    person = insured()
    decide()
    assert Task.objects.get().state == "open"
    taxed(person, pension_revenue=780_000)
    decide()
    task = Task.objects.get()
    assert (task.state, task.settled_by) == ("settled", "facts")
    assert in_force(person).annual_yen == YEN[1]


def test_the_household_is_that_of_the_first_of_april():
    person, son = born("1950-05-05"), born("1980-05-05")
    for someone in (person, son):
        lives(someone, "1990-01-01")
    at_home([person], "1990-01-01", "2026-04-02")
    at_home([son], "1990-01-01")
    taxed(person, pension_revenue=780_000)
    taxed(son, status="1", total_income=4_000_000)
    at_home([person, son], "2026-04-02")
    decide()
    assert in_force(person).stages == "1" * 12


@pytest.mark.parametrize("gone", ["moved out", "died", "own household"])
def test_a_taxed_spouse_of_the_first_of_april_counts_though_he_has_left_since(gone):
    """The household is that of the assessment day (法130条・令38条): what became of it since changes nothing."""
    person, spouse = born("1950-05-05"), born("1952-05-05")
    for someone in (person, spouse):
        lives(someone, "1990-01-01")
    at_home([person, spouse], "1990-01-01", "2026-04-20")
    at_home([person], "2026-04-20")
    taxed(person, pension_revenue=780_000)
    taxed(spouse, status="1", total_income=4_000_000)
    if gone == "moved out":
        left(spouse, "2026-04-20")
    elif gone == "died":
        died(spouse, "2026-04-19")
    else:
        at_home([spouse], "2026-04-20")
    decide()
    assert in_force(person).stages == "4" * 12
    (found,) = gather(CTX, 2026, [person])
    assert [tax.status for tax in found.facts.members] == ["taxed"]


def test_a_taxed_spouse_who_had_left_before_the_first_of_april_does_not_count():
    person, spouse = born("1950-05-05"), born("1952-05-05")
    for someone in (person, spouse):
        lives(someone, "1990-01-01")
    at_home([person, spouse], "1990-01-01", "2026-04-01")
    at_home([person], "2026-04-01")
    at_home([spouse], "2026-04-01")
    taxed(person, pension_revenue=780_000)
    taxed(spouse, status="1", total_income=4_000_000)
    decide()
    assert in_force(person).stages == "1" * 12


def test_new_65_pays_from_the_month_in_which_the_age_is_attained():
    person = insured("1961-07-02")
    taxed(person, pension_revenue=780_000)
    decide()
    found = in_force(person)
    assert (found.stages, found.months) == ("---" + "1" * 9, 9)
    assert found.assessment_day.isoformat() == "2026-07-01"
    assert found.annual_yen == months(YEN[1], 9)


def test_born_on_the_first_of_a_month_pays_from_the_month_before():
    """香南市: the month of the day before the birthday was left out (I01)."""
    person = insured("1961-07-01")
    taxed(person, pension_revenue=780_000)
    decide()
    assert in_force(person).stages == "--" + "1" * 10


def test_death_on_a_month_end_pays_for_that_month():
    person = insured()
    taxed(person, pension_revenue=780_000)
    died(person, "2026-05-31")
    decide()
    assert in_force(person).stages == "11" + "-" * 10


def test_moving_out_pays_until_the_month_before():
    person = insured()
    taxed(person, pension_revenue=780_000)
    left(person, "2026-06-10")
    decide()
    assert in_force(person).stages == "11" + "-" * 10


def test_public_assistance_from_a_month_on():
    person = insured()
    taxed(person, status="1", total_income=2_500_000, pension_revenue=3_600_000)
    on_welfare(person, "2026-06-15")
    decide()
    found = in_force(person)
    assert found.stages[:2] == found.stages[0] * 2
    assert found.stages[2:] == "1" * 10
    assert found.stage == 1


def test_borderline_lowers_the_stage():
    person = insured()
    taxed(person, status="1", total_income=2_500_000, pension_revenue=3_600_000)
    borderline(person, 3, "2026-04-01", "2027-04-01")
    decide()
    assert in_force(person).stages == "3" * 12


def test_undeclared_is_interim_and_marked():
    person = insured()
    taxed(person, status="3")
    decide()
    found = in_force(person)
    assert (found.interim, found.stages) == (True, "3" * 12)


def test_undeclared_then_declared_supersedes_the_interim_decision():
    person = insured()
    taxed(person, status="3")
    decide()
    taxed(person, status="2", pension_revenue=780_000)
    assess_persons(context("2026-08-01"), INSURER, 2026, [person], "declared")
    assert [a[0] for a in assessments(person)] == ["main", "revision"]
    assert in_force(person).interim is False


def test_running_twice_decides_nothing_new():
    person = insured()
    taxed(person, pension_revenue=780_000)
    decide()
    found = decide()
    assert (found.totals["decisions"], found.unchanged) == (0, 1)
    assert len(assessments(person)) == 1


def test_a_cancelled_qualification_ends_at_zero():
    from kaigo.insurance.qualification import rulings

    person = insured()
    taxed(person, pension_revenue=780_000)
    decide()
    rulings.correct(CTX, INSURER, person, [], "二重登録")
    found = decide()
    assert found.totals["decisions"] == 1
    now = in_force(person)
    assert (now.annual_yen, now.months, now.stages) == (0, 0, "-" * 12)


def test_the_decision_keeps_facts_reasons_and_the_version_of_the_law():
    person = insured()
    taxed(person, pension_revenue=780_000)
    decide()
    found = in_force(person)
    assert read.facts_of(CTX, found.id)[2][:3] == ["untaxed", 0, 780_000]
    told = read.told(CTX, found.id)
    assert told[0].id == "annual.whole"
    assert f"{YEN[1]:,}" in told[0].text
    assert "780,000" in told[0].parts[0].text
    assert "非課税" in told[0].parts[0].text
    assert len(read.law_of(CTX, found.id)) == 64


@pytest.mark.parametrize(("income", "near"), [(2_080_000, True), (2_070_000, False), (2_120_000, True)])
def test_who_stands_within_one_per_cent_of_a_boundary_is_named(income, near):
    assert 2_100_000 in TABLE.bounds
    person = insured()
    taxed(person, status="1", total_income=income)
    found = decide()
    assert [(n.person, n.income) for n in found.near if n.boundary == 2_100_000] == (
        [(person, income)] if near else []
    )
    again = judge(CTX, INSURER, 2026, "main")
    assert (again.unchanged, [n.income for n in again.near]) == (1, [income] if near else [])


@pytest.mark.parametrize(("income", "stage"), [(2_099_999, 7), (2_100_000, 8)])
def test_the_boundary_belongs_to_the_higher_stage(income, stage):
    """薩摩川内市: a boundary was compared with the wrong sign (I04)."""
    person = insured()
    taxed(person, status="1", total_income=income)
    decide()
    assert in_force(person).stage == stage


def test_the_wage_rule_of_2026_asks_only_who_lived_here_on_1_january():
    """Wages of 1.1 million: untaxed since 2026, but perhaps deemed taxed for the premium of those who lived here."""
    resident, mover = insured(), insured(since="2026-02-01")
    for person in (resident, mover):
        taxed(person, salary_revenue=1_100_000, salary_income=450_000, total_income=450_000)
    decide()
    assert Task.objects.get().person_id == resident
    assert in_force(mover).stages == "1" * 12


def test_the_special_deduction_for_land_sales_is_taken_off_the_income():
    person = insured()
    taxed(person, status="1", total_income=12_000_000, long_special_deduction=10_800_000)
    decide()
    assert in_force(person).stage == 7
    told = read.told(CTX, in_force(person).id)
    assert "10,800,000" in str(told)


def test_a_short_held_piece_of_land_counts_the_same():
    person = insured()
    taxed(person, status="1", total_income=12_000_000, short_special_deduction=10_800_000)
    decide()
    assert in_force(person).stage == 7


def test_a_month_of_public_assistance_that_ended_is_judged_again_by_the_ordinance():
    person = insured()
    taxed(person, status="1", total_income=1_500_000)
    on_welfare(person, "2025-01-01", "2026-06-10")
    decide()
    assert in_force(person).stages == "111" + "7" * 9
