"""From facts to qualifications in a real database, one life after the other."""

from __future__ import annotations

import pytest

from kaigo.insurance.qualification import read
from kaigo.insurance.qualification.decide import decide_all, decide_persons
from kaigo.insurance.qualification.models import InsuredNumber, Qualification, Task
from kaigo.insurance.qualification.tests.builders import (
    INSURER,
    born,
    context,
    decided,
    died,
    excepted,
    facility,
    in_force,
    left,
    lives,
    say_particulars,
    stays_in,
)

pytestmark = pytest.mark.django_db

ELSEWHERE = "となり市本町2丁目3番4号"


def decide(on="2026-07-01"):
    return decide_all(context(on), INSURER)


def test_65_on_1_april_is_acquired_on_31_march():
    person = born("1961-04-01")
    lives(person, "1990-01-01")
    decide("2026-03-30")
    assert in_force(person) == []
    decide("2026-03-31")
    assert in_force(person) == [("2026-03-31", "02", None, "")]


def test_born_on_29_february_attains_65_on_28_february():
    person = born("1964-02-29")
    lives(person, "1990-01-01")
    decide("2029-02-27")
    assert in_force(person) == []
    decide("2029-02-28")
    assert in_force(person) == [("2029-02-28", "02", None, "")]


def test_under_65_is_not_insured():
    person = born("1970-01-01")
    lives(person, "1990-01-01")
    assert decide().looked_at == 0
    assert in_force(person) == []


def test_move_in_is_acquired_that_day():
    person = born("1950-05-05")
    lives(person, "2026-06-10", event="01")
    decide()
    assert in_force(person) == [("2026-06-10", "01", None, "")]


def test_a_later_version_of_the_same_stay_is_no_new_acquisition():
    person = born("1950-05-05")
    lives(person, "2020-06-10", event="01")
    lives(person, "2026-02-01", event="03", became_resident_on="2020-06-10")
    decide()
    assert in_force(person) == [("2020-06-10", "01", None, "")]


def test_move_out_loses_on_the_following_day():
    person = born("1950-05-05")
    lives(person, "1990-01-01")
    left(person, "2026-06-10")
    decide()
    assert in_force(person) == [("2015-05-04", "02", "2026-06-11", "51")]


def test_move_out_with_an_address_elsewhere_on_the_same_day_loses_that_day():
    person = born("1950-05-05")
    lives(person, "1990-01-01")
    left(person, "2026-06-30", taken_on="2026-06-30")
    decide()
    assert in_force(person) == [("2015-05-04", "02", "2026-06-30", "51")]


def test_death_on_a_month_end_is_lost_on_the_first():
    person = born("1950-05-05")
    lives(person, "1990-01-01")
    died(person, "2026-04-30")
    decide()
    assert in_force(person) == [("2015-05-04", "02", "2026-05-01", "52")]


def test_a_register_that_begins_with_the_end_still_tells_the_whole_stay():
    person = born("1950-05-05")
    died(person, "2026-04-30", became_resident_on="2019-02-03", became_resident_reason="01")
    decide()
    assert in_force(person) == [("2019-02-03", "01", "2026-05-01", "52")]


def test_planned_move_is_provisional_until_the_actual_one():
    person = born("1950-05-05")
    lives(person, "1990-01-01")
    lives(person, "2026-06-01", event="10", move_planned_on="2026-06-20", became_resident_on="1990-01-01")
    decide("2026-06-02")
    assert decided(person) == [("2015-05-04", "02", "2026-06-21", "51", True, False)]
    left(person, "2026-06-18", taken_on="2026-06-18")
    decide("2026-06-25")
    assert in_force(person) == [("2015-05-04", "02", "2026-06-18", "51")]
    assert [row[4] for row in decided(person)] == [True, False]


def test_a_planned_move_taken_back_restores_the_qualification():
    person = born("1950-05-05")
    lives(person, "1990-01-01")
    lives(person, "2026-06-01", event="10", move_planned_on="2026-06-20", became_resident_on="1990-01-01")
    decide("2026-06-02")
    lives(person, "2026-06-10", event="11", became_resident_on="1990-01-01")
    decide("2026-06-11")
    assert in_force(person) == [("2015-05-04", "02", None, "")]


def test_own_address_exception_keeps_the_insured():
    person = born("1950-05-05")
    facility("1300000001", ELSEWHERE, exception=True)
    lives(person, "1990-01-01")
    left(person, "2026-06-10", to_address=ELSEWHERE)
    excepted(person, "own", "2026-06-10")
    decide()
    assert in_force(person) == [("2015-05-04", "02", None, "")]
    assert not Task.objects.exists()


def test_own_address_exception_ended_loses_on_the_following_day():
    person = born("1950-05-05")
    lives(person, "1990-01-01")
    left(person, "2026-04-10", to_address=ELSEWHERE)
    excepted(person, "own", "2026-04-10", "2026-06-20")
    decide()
    assert in_force(person) == [("2015-05-04", "02", "2026-06-21", "55")]


def test_own_address_exception_ends_with_death_elsewhere():
    person = born("1950-05-05")
    lives(person, "1990-01-01")
    left(person, "2026-04-10", to_address=ELSEWHERE)
    excepted(person, "own", "2026-04-10")
    died(person, "2026-05-31")
    decide()
    assert in_force(person) == [("2015-05-04", "02", "2026-06-01", "52")]


def test_an_insured_of_another_municipality_living_here_is_not_ours():
    person = born("1950-05-05")
    lives(person, "2025-01-01", event="01")
    excepted(person, "other", "2025-01-01", "2026-05-15")
    decide("2026-05-01")
    assert in_force(person) == []
    decide("2026-06-01")
    assert in_force(person) == [("2026-05-15", "07", None, "")]


def test_exclusion_from_the_day_after_entry_and_acquired_on_leaving():
    person = born("1950-05-05")
    facility("1300000009", "見本区外町1番", exclusion="04")
    lives(person, "1990-01-01")
    stays_in(person, "1300000009", "2026-03-10", "2026-06-05")
    decide("2026-05-01")
    assert in_force(person) == [("2015-05-04", "02", "2026-03-11", "53")]
    decide("2026-06-05")
    assert in_force(person) == [
        ("2015-05-04", "02", "2026-03-11", "53"),
        ("2026-06-05", "08", None, ""),
    ]


def test_exclusion_without_the_grant_that_it_requires_is_held(exclusion_kind_with_grant):
    """平川市: people were excluded though the grant that the law asks for was missing (I26)."""
    person = born("1950-05-05")
    facility("1300000009", "見本区外町1番", exclusion=exclusion_kind_with_grant)
    lives(person, "1990-01-01")
    stays_in(person, "1300000009", "2026-03-10")
    decide("2026-05-01")
    assert in_force(person) == [("2015-05-04", "02", None, "")]
    task = Task.objects.get()
    assert (task.sort, task.what) == ("hold", "exclusion.grant:2026-03-10")
    stays_in(person, "1300000009", "2026-03-10", grant="1")
    decide("2026-05-02")
    assert in_force(person) == [("2015-05-04", "02", "2026-03-11", "53")]
    task.refresh_from_db()
    assert (task.state, task.settled_by) == ("settled", "facts")


@pytest.fixture
def exclusion_kind_with_grant():
    from kaigo.law.values import load

    kinds = load().values(INSURER, context("2026-05-01").on).get("qualification.exclusion_kinds")
    return next(code for code, kind in kinds.items() if "1" in kind.requires)


def test_a_move_to_a_registered_facility_is_a_hold_never_a_loss():
    person = born("1950-05-05")
    facility("1300000001", "となり市本町二丁目3番4号", exception=True)
    lives(person, "1990-01-01")
    left(person, "2026-06-10", to_address="東京都となり市本町2-3-4")
    outcome = decide()
    assert (outcome.holds, outcome.acquired) == (1, 1)
    assert in_force(person) == [("2015-05-04", "02", None, "")]
    assert Task.objects.get().what == "facility:2026-06-10"


def test_a_record_that_never_was_cancels_by_superseding():
    person = born("1950-05-05")
    lives(person, "2026-06-10", event="01")
    decide()
    from psycopg.types.range import Range

    from kaigo.base.records.facts import believe_rows
    from kaigo.insurance.qualification.tests.builders import day, fact
    from kaigo.insurance.residents.models import Residence

    believe_rows(
        Residence,
        [fact(Residence, person_id=person, effective=Range(day("2026-06-10"), None), void=True)],
    )
    outcome = decide("2026-07-02")
    assert outcome.cancelled == 1
    assert in_force(person) == []
    first, second = Qualification.objects.filter(person_id=person).order_by("id")
    assert (second.supersedes_id, second.cancelled, first.cancelled) == (first.id, True, False)
    assert second.finding.reasons[0][0] == "cancelled.facts"


def test_a_late_correction_of_the_birth_date_cancels():
    person = born("1960-05-05")
    lives(person, "1990-01-01")
    decide()
    say_particulars(person, "1966-05-05")
    decide("2026-07-02")
    assert in_force(person) == []


def test_a_qualification_begins_again_as_a_second_period_with_the_same_number():
    person = born("1950-05-05")
    lives(person, "1990-01-01")
    left(person, "2026-02-10")
    decide("2026-03-01")
    number = InsuredNumber.objects.get(person_id=person).number
    lives(person, "2026-06-01", event="01", became_resident_on="2026-06-01")
    decide()
    assert in_force(person) == [("2015-05-04", "02", "2026-02-11", "51"), ("2026-06-01", "01", None, "")]
    assert InsuredNumber.objects.get(person_id=person).number == number


def test_numbers_are_given_once_each_and_count_up():
    people = [born("1950-05-05") for _ in range(5)]
    for person in people:
        lives(person, "1990-01-01")
    decide()
    numbers = list(InsuredNumber.objects.order_by("person_id").values_list("number", flat=True))
    assert len(set(numbers)) == 5
    assert all(len(number) == 10 for number in numbers)
    assert numbers == sorted(numbers)


def test_running_twice_decides_nothing_new():
    person = born("1950-05-05")
    lives(person, "1990-01-01")
    left(person, "2026-06-10")
    first = decide()
    again = decide()
    assert (first.acquired, first.looked_at) == (1, 1)
    assert (again.acquired, again.changed, again.cancelled) == (0, 0, 0)
    assert len(decided(person)) == 1


def test_unknown_birth_date_is_a_task_and_no_guess():
    person = born("", raw="19500000")
    lives(person, "1990-01-01")
    assert decide().unclear == 1
    assert in_force(person) == []
    assert Task.objects.get().sort == "unclear"


def test_only_the_named_people_are_decided():
    one, other = born("1950-05-05"), born("1950-05-05")
    for person in (one, other):
        lives(person, "1990-01-01")
    decide_persons(context("2026-07-01"), INSURER, [one])
    assert in_force(one)
    assert in_force(other) == []


def test_the_stored_reasons_are_told_in_words():
    person = born("1950-05-05")
    lives(person, "1990-01-01", notified_on="1990-01-05")
    died(person, "2026-04-30", notified_on="2026-05-02")
    decide()
    view = read.periods_in_force(context("2026-07-01"), person)[0]
    texts = " ".join(told.text for told in read.told(context("2026-07-01"), view.id))
    assert "令和8年4月30日" in texts
    assert "死亡" in texts
    assert view.lost_notified_on.isoformat() == "2026-05-02"
