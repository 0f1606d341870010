"""Qualifications of a former system: taken over once, continued, never judged again."""

from __future__ import annotations

import pytest

from kaigo.base.feeds.decide import replay
from kaigo.base.feeds.models import Repair
from kaigo.base.records.context import acting
from kaigo.base.records.tests.waiting import wait_for_readers
from kaigo.insurance.qualification import opening, read
from kaigo.insurance.qualification.decide import decide_all
from kaigo.insurance.qualification.models import InsuredNumber, Qualification, Task
from kaigo.insurance.qualification.tests.builders import (
    INSURER,
    born,
    context,
    day,
    died,
    in_force,
    lives,
    say_particulars,
)
from kaigo.insurance.residents.models import AddresseeNumber
from kaigo.insurance.residents.tests.former import hand_over, number_of

APRIL = "2026-04-01"
MENDED = {
    "period": "1",
    "acquired_on": "20150504",
    "acquired_reason": "02",
    "lost_on": "",
    "lost_reason": "",
}


def resident(birth: str = "1950-05-05", since: str = "1990-01-01") -> int:
    person = born(birth)
    lives(person, since)
    AddresseeNumber.objects.create(person_id=person, number=number_of(person))
    return person


def take_over(*lines: str, numbers: dict[int, str] | None = None, sequence: int = 1) -> dict:
    """Periods as lines without the addressee's mark; numbers: person → insured number."""
    ctx = context(APRIL)
    if numbers:
        hand_over(ctx, "migrate.person", [f"{number_of(p)},{n}" for p, n in numbers.items()], sequence)
    hand_over(ctx, "migrate.qualification", lines, sequence)
    wait_for_readers()
    with acting(ctx):
        return opening.take(ctx)


def daily(on: str) -> None:
    with acting(context(on)):
        decide_all(context(on), INSURER)


def test_a_period_taken_over_stays_although_the_law_finds_another(street):
    person = resident()
    done = take_over(f"{number_of(person)},1,20120601,49,,", numbers={person: "0000000123"})
    assert done == {"numbers": 1, "decisions": 1, "refused": 0}
    daily("2026-04-10")
    assert in_force(person) == [("2012-06-01", "49", None, "")]
    assert Qualification.objects.count() == 1 and not Task.objects.exists()
    assert InsuredNumber.objects.get().number == "0000000123"
    told = read.told(context(APRIL), Qualification.objects.get().id)
    assert "引き継いだ資格" in told[0].text


def test_what_happens_after_the_opening_is_decided_here(street):
    person = resident("1950-05-05", "2012-06-01")
    take_over(f"{number_of(person)},1,20150504,49,,", numbers={person: "0000000001"})
    died(person, "2026-04-20")
    daily("2026-04-30")
    assert in_force(person) == [("2015-05-04", "49", "2026-04-21", "52")]
    daily("2026-05-30")
    assert Qualification.objects.count() == 2


def test_facts_that_tell_another_past_ask_a_clerk_and_decide_nothing(street):
    person = resident()
    take_over(f"{number_of(person)},1,20150504,02,,", numbers={person: "0000000001"})
    say_particulars(person, "1951-05-05")
    daily("2026-04-10")
    daily("2026-04-11")
    assert in_force(person) == [("2015-05-04", "02", None, "")]
    task = Task.objects.get()
    assert (task.person_id, task.sort, task.state) == (person, "mismatch", "open")
    say_particulars(person, "1950-05-05")
    daily("2026-04-12")
    assert Task.objects.get().state == "settled"


def test_new_65_year_olds_and_others_are_decided_as_ever(street):
    old, young = resident(), resident("1961-05-01")
    take_over(f"{number_of(old)},1,20150504,02,,", numbers={old: "0000000777"})
    daily("2026-04-30")
    assert in_force(young) == [("2026-04-30", "02", None, "")]
    assert read.number(context(APRIL), young) == "0000000778"


def test_the_same_twice_changes_nothing_and_another_period_is_refused(street):
    person = resident()
    line = f"{number_of(person)},1,20150504,02,,"
    take_over(line, numbers={person: "0000000001"})
    assert take_over(line, sequence=2) == {"numbers": 0, "decisions": 0, "refused": 0}
    assert take_over(f"{number_of(person)},1,20150601,01,,", sequence=3)["refused"] == 1
    assert Repair.objects.get().refused.rule == "migration.decided"
    assert in_force(person) == [("2015-05-04", "02", None, "")]


@pytest.mark.parametrize(
    "lines, rule",
    [
        (["999999999999999,1,20150504,02,,"], "migration.person"),
        (["{0},1,20150504,02,20160101,"], "migration.loss"),
        (["{0},1,20150504,02,20150504,51"], "migration.days"),
        (["{0},1,20260501,02,,"], "migration.days"),
        (["{0},1,20150504,02,,", "{0},2,20180504,01,,"], "migration.overlap"),
        (["{1},1,20150504,02,,"], "migration.number_missing"),
    ],
)
def test_a_line_that_cannot_be_used_goes_to_the_list_of_repairs(street, lines, rule):
    person, nameless = resident(), resident()
    told = [line.format(number_of(person), number_of(nameless)) for line in lines]
    done = take_over(*told, numbers={person: "0000000001"})
    assert done["refused"] == 1 and done["decisions"] == len(lines) - 1
    repair = Repair.objects.get()
    assert (repair.refused.room, repair.refused.rule) == ("qualification", rule)


def test_one_number_for_two_people_is_refused(street):
    one, two = resident(), resident()
    done = take_over(numbers={one: "0000000001", two: "0000000001"})
    assert (done["numbers"], done["refused"]) == (1, 1)


def test_an_opening_after_the_first_decision_of_our_own_does_not_start(street):
    resident()
    assert opening.ready(context(APRIL)) == []
    daily("2026-04-10")
    assert len(opening.ready(context(APRIL))) == 1


def test_past_and_future_are_told_apart():
    from kaigo.law.qualification import Period

    on = day(APRIL)
    was = Period(day("2015-05-04"), "49", None, "", False)
    law = Period(day("2015-05-04"), "02", None, "", False)
    later = Period(day("2026-08-01"), "01", None, "", False)
    lost = law._replace(lost_on=day("2026-05-01"), lost_code="51")
    assert opening.continued([law], [was], on) == (was,)
    assert opening.continued([lost, later], [was], on) == (
        was._replace(lost_on=lost.lost_on, lost_code="51"),
        later,
    )
    assert opening.continued([law._replace(lost_on=on, lost_code="51")], [was], on) is None
    assert opening.continued([], [was], on) is None
    assert opening.continued([law], [], on) is None
    assert opening.continued([later], [], on) == (later,)
    assert opening.continued([law], [was, later], on) == (was,)


def test_a_mended_line_is_taken_over_by_the_next_run(street):
    person = resident()
    done = take_over("999999999999999,1,20150504,02,,", numbers={person: "0000000001"})
    assert (done["decisions"], done["refused"]) == (0, 1)
    repair, ctx = Repair.objects.get(), context(APRIL)
    with acting(ctx):
        assert replay(ctx, repair.id, {"addressee": number_of(person)} | MENDED) == []
    with acting(ctx):
        assert opening.take(ctx) == {"numbers": 0, "decisions": 1, "refused": 0}
    assert in_force(person) == [("2015-05-04", "02", None, "")]
