"""分納: the schedule sums to the debt, the ledger says how it is kept, two missed parts break it."""

from __future__ import annotations

import os
import random
from datetime import date, timedelta

import pytest

from kaigo.base.records.refusal import Refused
from kaigo.insurance.arrears import agreements, lapses
from kaigo.insurance.arrears.models import Agreement, AgreementPart
from kaigo.insurance.arrears.tests.builders import DUE, LAST, booked, on, owes, pays

DAY = timedelta(days=1)
MADE, FIRST = date(2025, 1, 6), date(2025, 1, 31)
pytestmark = pytest.mark.django_db


def standing(who: int, day: date):
    return agreements.of_persons(on(day), [who])[0]


def test_any_agreement_sums_to_what_the_ledger_says_is_owed():
    number = int(os.environ.get("KAIGO_SEED", "6"))
    print(f"KAIGO_SEED={number}")
    dice = random.Random(number)
    for _ in range(40):
        terms = [(n, DUE + DAY * dice.randint(0, 100), dice.randint(1, 9_999)) for n in range(1, 5)]
        who = owes(*terms)
        paid = dice.randint(1, terms[0][2])
        pays(who, paid, date(2024, 12, 2))
        debt = sum(yen for *_, yen in terms) - paid
        if not debt:
            continue
        least = -(-debt // agreements.MOST_PARTS)
        made = agreements.make(on(MADE), who, dice.randint(least, debt), FIRST, debt)
        parts = list(AgreementPart.objects.filter(agreement=made).order_by("place"))
        assert sum(part.yen for part in parts) == debt == made.debt_yen
        assert sum(term.yen for term in made.terms.all()) == debt
        assert all(part.yen > 0 for part in parts)
        assert parts[0].due_on == FIRST and len(parts) <= agreements.MOST_PARTS


def test_it_is_kept_by_payments_after_it_and_not_by_those_before():
    who = owes((1, DUE, 9_000))
    pays(who, 1_000, MADE)
    agreements.make(on(MADE), who, 4_000, FIRST, 8_000)
    assert standing(who, FIRST).paid_yen == 0
    pays(who, 4_000, FIRST)
    assert standing(who, FIRST - DAY).paid_yen == 0
    found = standing(who, FIRST + DAY)
    assert (found.paid_yen, found.found.value.met, found.found.value.missed) == (4_000, 1, 0)
    assert agreements.watch(on(FIRST + DAY)) == {"looked": 1, "done": 0, "broken": 0, "unclear": 0}


def test_where_the_insurers_practice_is_not_known_nothing_is_broken(settings):
    who = owes((1, DUE, 9_000))
    agreements.make(on(MADE), who, 3_000, FIRST, 9_000)
    settings.INSURER = "131202"
    assert agreements.watch(on(date(2025, 9, 1))) == {"looked": 1, "done": 0, "broken": 0, "unclear": 1}
    assert standing(who, date(2025, 9, 1)).state == "made"


def test_it_breaks_on_the_day_after_the_second_missed_part():
    who = owes((1, DUE, 9_000))
    agreements.make(on(MADE), who, 3_000, FIRST, 9_000)
    second = date(2025, 2, 28)
    assert agreements.watch(on(second))["broken"] == 0
    assert agreements.watch(on(second + DAY))["broken"] == 1
    assert standing(who, second + DAY).state == "broken"
    assert Agreement.objects.latest("id").reasons[0][0] == "agreement.broken"
    assert agreements.watch(on(second + DAY))["looked"] == 0
    agreements.make(on(second + DAY), who, 3_000, date(2025, 3, 31), 9_000)
    assert standing(who, second + DAY).state == "made"


def test_it_is_done_when_all_is_paid_and_not_when_it_was_taken_back():
    who = owes((1, DUE, 9_000))
    agreements.make(on(MADE), who, 4_500, FIRST, 9_000)
    source = pays(who, 9_000, MADE + DAY)
    booked(who, "receipt", -9_000, MADE + 2 * DAY, source=source)
    assert agreements.watch(on(MADE + 2 * DAY))["done"] == 0
    pays(who, 9_000, MADE + 3 * DAY)
    assert agreements.watch(on(MADE + 3 * DAY))["done"] == 1
    assert standing(who, MADE + 3 * DAY).label == "完納"


@pytest.mark.parametrize(
    "monthly, first, debt, why",
    [
        (3_000, MADE - DAY, 9_000, "過ぎた日"),
        (0, FIRST, 9_000, "1円以上"),
        (100, FIRST, 9_000, "60回を超える"),
        (3_000, FIRST, 8_999, "額が変わりました"),
    ],
)
def test_what_cannot_be_promised_is_refused_in_words(monthly, first, debt, why):
    who = owes((1, DUE, 9_000))
    with pytest.raises(Refused, match=why):
        agreements.make(on(MADE), who, monthly, first, debt)
    assert not Agreement.objects.exists()


def test_what_has_lapsed_is_not_promised_and_one_agreement_stands_at_a_time():
    who = owes((1, DUE, 9_000), (2, date(2026, 7, 31), 5_000))
    day = LAST + DAY
    found = agreements.draft(on(day), who, 2_500, day)
    assert (found.debt_yen, [t.number for t in found.terms]) == (5_000, [2])
    lapses.find(on(day))
    made = agreements.make(on(day), who, 2_500, day, 5_000)
    with pytest.raises(Refused, match="履行中の分納"):
        agreements.draft(on(day), who, 2_500, day)
    with pytest.raises(Refused, match="理由"):
        agreements.withdraw(on(day), made.id, " ")
    agreements.withdraw(on(day), made.id, "本人の申出")
    with pytest.raises(Refused, match="履行中ではありません"):
        agreements.withdraw(on(day), made.id, "もう一度")
    assert agreements.draft(on(day), who, 2_500, day).debt_yen == 5_000
