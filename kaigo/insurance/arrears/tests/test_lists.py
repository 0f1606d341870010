"""The list of those who owe, the next step, who owes with somebody, and what a note of a talk must say."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from kaigo.base.records.refusal import Refused
from kaigo.insurance.arrears import figures, lapses, steps, talks
from kaigo.insurance.arrears.chain import judged
from kaigo.insurance.arrears.charges import charges
from kaigo.insurance.arrears.debtors import Filter, debtor, debtors
from kaigo.insurance.arrears.models import Contact, Visit
from kaigo.insurance.arrears.obligors import obligors
from kaigo.insurance.arrears.tests.builders import DUE, LAST, YEAR, booked, on, owes, pays
from kaigo.insurance.arrears.tests.test_screens import family
from kaigo.insurance.qualification.tests.builders import lives

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
TODAY = date(2025, 6, 16)


def listed(order: str) -> list[int]:
    found, count, yen = debtors(on(TODAY), Filter(order=order), 50, 0)
    assert (count, yen) == (3, 24_000)
    return [one.person for one in found]


def test_the_list_stands_in_the_order_that_was_asked_for():
    little, much, old = owes((1, DUE, 7_000)), owes((1, DUE, 9_000)), owes((1, DUE - DAY, 8_000))
    talks.write_contact(on(TODAY), little, TODAY - DAY, "phone", "本人", "不在")
    talks.write_contact(on(TODAY), old, TODAY - 9 * DAY, "phone", "本人", "不在")
    assert listed("yen") == [much, old, little]
    assert listed("age") == [old, little, much]
    assert listed("contact") == [much, old, little]


def test_a_lapsed_term_that_was_paid_after_all_tells_nothing_of_the_others():
    who = owes((1, DUE, 8_000), (2, date(2026, 7, 1), 7_000))
    day = LAST + 9 * DAY
    lapses.find(on(day))
    assert debtor(on(day), who).stage == "lapsed"
    pays(who, 8_000, day)
    assert debtor(on(day), who).stage == "new"


@pytest.mark.parametrize("said_on, silent", [(date(2025, 3, 15), True), (date(2025, 3, 16), False)])
def test_after_three_months_of_silence_the_next_step_is_to_call(said_on, silent):
    who = owes((1, DUE, 8_000))
    contact = Contact(person_id=who, on=said_on, how="phone", whom="本人", text="不在")
    found = steps.steps(TODAY, judged(on(TODAY), [who]), [], [contact], [], [])
    assert [step.text[:6] for step in found] == (["3か月より長"] if silent else [])


def test_late_charges_that_were_paid_are_not_said_to_be_open():
    who = owes((1, DUE, 8_000))
    booked(who, "late_levy", 1_000, TODAY)
    booked(who, "late_receipt", 400, TODAY)
    booked(who, "late_refund", 100, TODAY)
    assert charges(on(TODAY), who, []).booked == 700


def test_the_dead_owe_nothing_with_anybody():
    head, spouse = family(("見本 太郎", "02"), ("見本 花子", "12"))
    lives(spouse, "2000-01-01")
    assert [one.person for one in obligors(on(TODAY), spouse).who] == [head]
    lives(head, "2000-01-01", state="dead")
    assert obligors(on(TODAY), spouse).who == ()


def test_a_visit_lies_ahead_and_is_planned_once_a_day():
    who = owes((1, DUE, 8_000))
    with pytest.raises(Refused, match="今日から後の日"):
        talks.plan_visit(on(TODAY), who, TODAY - DAY)
    talks.plan_visit(on(TODAY), who, TODAY)
    with pytest.raises(Refused, match="もう予定にあります"):
        talks.plan_visit(on(TODAY), who, TODAY)
    ahead = talks.plan_visit(on(TODAY), who, TODAY + DAY)
    with pytest.raises(Refused, match="まだ来ていない日の訪問"):
        talks.note_visit(on(TODAY), ahead.id, "met", "")
    assert talks.note_visit(on(TODAY), ahead.id, "dropped", "").result == "dropped"
    assert Visit.objects.count() == 2


def test_a_promise_has_its_day_and_an_answer_comes_after_the_question():
    who = owes((1, DUE, 8_000))
    with pytest.raises(Refused, match="いつ納める約束か"):
        talks.write_contact(on(TODAY), who, TODAY, "phone", "本人", "納める", None, 1_000)
    with pytest.raises(Refused, match="まだ来ていない日"):
        talks.write_contact(on(TODAY), who, TODAY + DAY, "phone", "本人", "納める")
    asked = talks.ask_property(on(TODAY), who, "bank", "見本銀行", TODAY)
    with pytest.raises(Refused, match="照会した日より前"):
        talks.note_answer(on(TODAY), asked.id, TODAY - DAY, "口座なし")
    assert talks.note_answer(on(TODAY), asked.id, TODAY, "口座なし").answered_on == TODAY


@pytest.mark.parametrize(
    "today, label", [(date(2024, 10, 31), "3か月まで"), (date(2024, 11, 1), "6か月まで")]
)
def test_the_age_of_a_debt_is_counted_in_months_from_its_due_date(today, label):
    owes((1, DUE, 8_000), (2, DUE, 7_000))
    assert [(age.label, age.terms, age.people, age.yen) for age in figures.ages(on(today)) if age.terms] == [
        (label, 2, 1, 15_000)
    ]


def test_the_rate_counts_what_fell_due_and_no_more_than_was_levied():
    who = owes((1, DUE, 8_000), (2, TODAY, 7_000))
    pays(who, 9_000, DUE)
    stages, ways = figures.rates(on(TODAY), YEAR)
    assert [(rate.levied, rate.paid, rate.percent) for rate in (*stages, *ways)] == [
        (8_000, 8_000, "100.00")
    ] * 2
    (rate,) = figures.rates(on(TODAY + DAY), YEAR)[1]
    assert (rate.label, rate.levied, rate.paid, rate.percent) == ("納付書", 15_000, 8_000, "53.33")
