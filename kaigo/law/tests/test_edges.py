"""納期限の当日、すでに調定した期、休日、二月二十九日: 一日の違いが一円の違いになるところ。"""

from datetime import date

from kaigo.law.dates import attained_on, is_holiday, month_end
from kaigo.law.instalment_facts import DirectFacts
from kaigo.law.instalments import direct_payment, due_dates
from kaigo.law.values import load

VALUES = load().values("131997", date(2026, 4, 1))
TERMS = due_dates(2026, VALUES.get("collection.direct_schedule"))


def numbers(decided_on, levied=()):
    return [
        part.number for part in direct_payment(DirectFacts(2026, 60_000, decided_on, levied), VALUES).value[0]
    ]


def test_a_term_that_is_due_today_is_not_asked_for_anew():
    (first, due), (second, _) = TERMS[:2]
    assert numbers(due)[0] == second
    assert numbers(date.fromordinal(due.toordinal() - 1))[0] == first


def test_a_term_that_is_levied_already_is_not_levied_twice():
    found = numbers(date(2026, 6, 1), ((*TERMS[1], 1_000),))
    assert sorted(found) == [number for number, _ in TERMS]


def test_no_term_is_due_on_a_holiday():
    assert not [due for _, due in TERMS if is_holiday(due)]
    assert [due for _, due in TERMS if due != month_end(due)], "some month of 2026 ends on a holiday"


def test_born_on_29_february_attains_an_age_on_the_28th_also_in_a_leap_year():
    assert attained_on(date(1960, 2, 29), 64) == date(2024, 2, 28)
