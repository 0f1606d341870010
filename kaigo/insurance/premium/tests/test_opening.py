"""Assessments of a former system: taken over once, revised only when a fact of their year changes."""

from __future__ import annotations

import pytest

from kaigo.base.feeds.models import Repair
from kaigo.base.records.context import acting
from kaigo.insurance.premium import opening, read
from kaigo.insurance.premium.decide import judge, record
from kaigo.insurance.premium.models import Assessment, Task
from kaigo.insurance.premium.monthly import monthly
from kaigo.insurance.premium.tests.builders import (
    INSURER,
    assessments,
    context,
    in_force,
    insured,
    qualify,
    taxed,
)
from kaigo.insurance.premium.tests.test_screens import ask, text
from kaigo.insurance.residents.models import AddresseeNumber
from kaigo.insurance.residents.tests.former import hand_over, number_of

APRIL = "2026-04-01"
TAKEN = ("opening", 59_520, "4" * 12)


def person(**tax) -> int:
    """Insured for long, untaxed in 2025 unless said otherwise."""
    found = insured()
    AddresseeNumber.objects.create(person_id=found, number=number_of(found))
    taxed(found, 2025, **tax)
    return found


def line(who: int, yen: int = 59_520, stages: str = "4" * 12, year: int = 2025, **other) -> str:
    months = other.get("months", sum(c != "-" for c in stages))
    day = other.get("day", f"{year}0401")
    return f"{number_of(who)},{year},{day},{months},{stages},{yen},0,{year}0701"


def take_over(*lines: str, sequence: int = 1) -> dict:
    ctx = context(APRIL)
    hand_over(ctx, "migrate.assessment", lines, sequence)
    with acting(ctx):
        return opening.take(ctx)


def run(on: str) -> dict:
    ctx = context(on)
    with acting(ctx):
        return monthly(ctx, INSURER)


def test_a_decision_taken_over_stays_although_the_law_finds_another(street):
    one = person()
    qualify(APRIL)
    assert take_over(line(one)) == {"decisions": 1, "yen": 59_520, "refused": 0}
    taken = in_force(one, 2025)
    assert (taken.stage, taken.months, taken.change_reason) == (4, 12, "opening")
    assert "引き継いだ賦課決定" in read.told(context(APRIL), taken.id)[0].text
    assert read.law_of(context(APRIL), taken.id).startswith("migration:")
    run("2026-05-01")
    taxed(one, 2026, status="1", total_income=9_000_000)
    run("2026-06-01")
    assert assessments(one, 2025) == [TAKEN]


def test_a_tax_correction_of_the_year_revises_only_that_person(street):
    one, other = person(), person()
    qualify(APRIL)
    take_over(line(one), line(other))
    run("2026-05-01")
    taxed(one, 2025, status="1", total_income=2_500_000)
    run("2026-06-01")
    assert [a[0] for a in assessments(one, 2025)] == ["opening", "revision"]
    assert in_force(one, 2025).stage == 8
    assert assessments(other, 2025) == [TAKEN]
    run("2026-06-02")
    assert len(assessments(one, 2025)) == 2


def test_a_correction_before_the_first_monthly_run_is_not_lost(street):
    one = person()
    qualify(APRIL)
    take_over(line(one))
    taxed(one, 2025, status="1", total_income=2_500_000)
    run("2026-05-01")
    assert in_force(one, 2025).sort == "revision"


def test_whom_the_former_system_did_not_assess_is_left_until_his_facts_change(street):
    one, forgotten = person(), person()
    qualify(APRIL)
    take_over(line(one))
    taxed(forgotten, 2026)
    run("2026-05-01")
    assert assessments(forgotten, 2025) == []
    taxed(forgotten, 2025, total_income=1)
    run("2026-06-01")
    assert [a[0] for a in assessments(forgotten, 2025)] == ["main"]


def test_a_whole_batch_leaves_what_was_taken_over_of_its_year(street):
    one, new = person(), person()
    for who in (one, new):
        taxed(who, 2026)
    qualify(APRIL)
    take_over(line(one, year=2026))
    ctx = context("2026-07-01")
    with acting(ctx):
        record(ctx, INSURER, 2026, None, judge(ctx, INSURER, 2026, "main"))
    assert [a[0] for a in assessments(one)] == ["opening"]
    assert [a[0] for a in assessments(new)] == ["main"]
    assert not Task.objects.exists()


def test_the_same_twice_changes_nothing_and_another_decision_is_refused(street):
    one = person()
    take_over(line(one))
    assert take_over(line(one), sequence=2) == {"decisions": 0, "yen": 0, "refused": 0}
    assert take_over(line(one, 70_000), sequence=3)["refused"] == 1
    assert Repair.objects.get().refused.rule == "migration.decided"
    assert assessments(one, 2025) == [TAKEN]


@pytest.mark.parametrize(
    "change, rule",
    [
        ({"year": 2027}, "migration.year"),
        ({"day": "20260401"}, "migration.assessment_day"),
        ({"months": 11}, "migration.months"),
        ({"stages": "-" * 12}, "migration.months"),
    ],
)
def test_a_line_that_cannot_be_used_goes_to_the_list_of_repairs(street, change, rule):
    one = person()
    assert take_over(line(one, **change))["refused"] == 1
    refused = Repair.objects.get().refused
    assert (refused.room, refused.rule) == ("premium", rule)
    assert not Assessment.objects.exists()


def test_stage_and_months_come_from_the_word_of_months(street):
    one = person()
    take_over(line(one, 10_000, "---555AA----", day="20250710"))
    taken = in_force(one, 2025)
    assert (taken.stage, taken.months) == (10, 5)


def test_the_page_says_where_the_decision_comes_from(street):
    one = person()
    qualify(APRIL)
    take_over(line(one))
    page = text(ask("decision", assessment=in_force(one, 2025).id))
    assert "引き継いだ賦課決定" in page and "使った事実は引き継いでいません" in page
    assert "移行のファイルの行" in page and "59,520" in page
    taxed(one, 2025, status="1", total_income=2_500_000)
    run("2026-05-01")
    before, after = (a.id for a in Assessment.objects.filter(person_id=one).order_by("id"))
    assert "引継ぎ" in text(ask("compare", before=before, after=after))
