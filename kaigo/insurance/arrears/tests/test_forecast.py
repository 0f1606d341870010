"""The forecast and the ten years, each against a second formulation: slow, plain, one person at a time.

I06–I08 were one wrong program about how long a right had lapsed: here the same is worked out twice, by other means.
"""

from __future__ import annotations

import os
import random
from collections import Counter
from datetime import date, timedelta

import pytest

from kaigo.base.records.rows import rows
from kaigo.insurance.arrears import lapses, measures, overdue, read, write_offs
from kaigo.insurance.arrears.forecast import MONTHS, forecast
from kaigo.insurance.arrears.tests.builders import YEAR, on, owes, pays

DAY = timedelta(days=1)
pytestmark = pytest.mark.django_db


def seed() -> random.Random:
    number = int(os.environ.get("KAIGO_SEED", "1130"))
    print(f"KAIGO_SEED={number}")
    return random.Random(number)


def two_years_after(day: date) -> date:
    """The last day of two years from the day after: the same day two years on; of 29 February the 28th, unless the day
    before is 28 February of a year whose counterpart has a 29th."""
    begin = day + DAY
    try:
        return begin.replace(year=begin.year + 2) - DAY
    except ValueError:
        return date(begin.year + 2, 2, 28)


def plainly(due: date, happened: list[tuple[str, date, date | None, int]], today: date) -> date | None:
    """The last day of one term by hand: renew, or hold until the release; after completion nothing counts."""
    last, held = two_years_after(due), False
    for what, day, until, _ in sorted(happened, key=lambda one: (one[1], one[0])):
        if day > today or (not held and day > last):
            continue
        if what == "seizure" and until is None:
            held = True
        else:
            last = max(last, two_years_after(until or day))
    return None if held else last


def left_at(levied: int, happened: list[tuple[str, date, date | None, int]], day: date) -> int:
    return levied - sum(yen for _, on, _, yen in happened if on <= day)


def lives(dice: random.Random, people: int) -> dict[tuple[int, int], tuple[date, int, list]]:
    """People with terms and a past of payments and seizures: (person, number) → (due, levied yen, events with yen)."""
    found = {}
    for _ in range(people):
        terms = [
            (number, date(YEAR, 7, 31) + timedelta(days=dice.randint(0, 200)), dice.randint(30, 90) * 100)
            for number in range(1, dice.randint(2, 5))
        ]
        who = owes(*terms)
        happened: dict[int, list] = {number: [] for number, *_ in terms}
        left = {number: yen for number, _, yen in terms}
        for number, due, _ in terms:
            for _ in range(dice.randint(0, 2)):
                day = due + timedelta(days=dice.randint(1, 760))
                yen = dice.randint(1, 9) * 100
                if left[number] - yen > 0 and day < date(2026, 9, 1):
                    pays(who, yen, day, number=number)
                    happened[number].append(("part_payment", day, None, yen))
                    left[number] -= yen
        if dice.random() < 0.4:
            day = date(2026, 3, 1) + timedelta(days=dice.randint(0, 90))
            made = measures.begin(on(day), who, "seizure", day, "普通預金")
            until = day + timedelta(days=30) if dice.random() < 0.5 else None
            if until:
                measures.end(on(until), made.id, "ended", until, "試験")
            for number, yen in left.items():
                happened[number].append(("seizure", day, until, 0))
        for number, due, levied in terms:
            found[who, number] = (due, levied, happened[number])
    return found


def test_the_forecast_is_what_a_slow_reckoning_of_each_person_says():
    dice = seed()
    known = lives(dice, 60)
    for today in (date(2026, 6, 30), date(2026, 8, 14), date(2027, 1, 31)):
        expected: Counter = Counter()
        held = gone = 0
        for due, levied, happened in known.values():
            last = plainly(due, happened, today)
            if last is None:
                held += 1
            elif last < today:
                gone += 1
            else:
                month = (last + DAY).replace(day=1)
                expected[month] += left_at(levied, happened, date.max)
        got = forecast(on(today))
        assert {m.first: m.yen for m in got.months if m.yen} == {
            month: yen for month, yen in expected.items() if month <= got.months[-1].first
        }
        assert (got.held, got.found) == (held, gone)
        assert len(got.months) == MONTHS
        assert sum(m.terms for m in got.months) + got.later == len(known) - held - gone


def test_a_term_is_in_the_forecast_from_the_day_after_it_fell_due_until_it_is_paid():
    who = owes((1, date(2024, 7, 31), 8_000))
    assert forecast(on(date(2024, 7, 31))).later == 0
    assert forecast(on(date(2024, 8, 1))).later == 1
    pays(who, 8_000, date(2024, 8, 1))
    assert forecast(on(date(2024, 8, 1))).later == 0


def test_the_forecast_counts_people_once_and_nobody_who_paid_what_had_lapsed():
    two, paid = (
        owes((1, date(2024, 7, 31), 8_000), (2, date(2024, 7, 31), 7_000)),
        owes((1, date(2024, 7, 31), 8_000)),
    )
    (month,) = [m for m in forecast(on(date(2026, 7, 1))).months if m.terms]
    assert (month.terms, month.people, month.yen) == (3, 2, 23_000)
    gone = date(2026, 8, 1)
    lapses.find(on(gone))
    pays(paid, 8_000, gone)
    assert forecast(on(gone)).found == 2
    assert {one.person for one in read.late(on(gone))} == {paid} != {two}


def test_what_lapsed_is_not_overdue_beside_what_is_still_open():
    who = owes((1, date(2024, 7, 31), 8_000), (2, date(2024, 9, 2), 7_000))
    day = date(2026, 8, 1)
    lapses.find(on(day))
    assert overdue.overdue(on(day)) == [overdue.Overdue(who, date(2024, 9, 2), 7_000, 1, 8_000, "lapsed")]


def test_ten_years_of_levied_paid_and_lapsed_are_what_a_slow_reckoning_says():
    dice = seed()
    known = lives(dice, 40)
    today = date(2027, 1, 31)
    lapses.find(on(today))
    # Some pay what has lapsed, some of it is written off: neither changes how much lapsed.
    for who, number in [key for key in known if dice.random() < 0.3]:
        due, levied, happened = known[who, number]
        last = plainly(due, happened, today)
        if last and last < today:
            pays(
                who,
                left_at(levied, happened, last),
                last + DAY * dice.randint(1, 3),
                number=number,
                settled=today,
            )
    write_offs.approve(on(today, 2), write_offs.propose(on(today), "", "").id)
    for who in {who for who, _ in known}:
        levied = sum(
            yen
            for (yen,) in rows("SELECT yen FROM ledger_entry WHERE person_id = %s AND sort = 'levy'", [who])
        )
        lapsed = still = 0
        for (person, _), (due, yen, happened) in known.items():
            if person == who:
                last = plainly(due, happened, today)
                if last and last < today:
                    lapsed += left_at(yen, happened, last)
                else:
                    still += left_at(yen, happened, today)
        (year,) = overdue.years(on(today), who)
        assert (year.fiscal_year, year.levied, year.lapsed, year.open) == (YEAR, levied, lapsed, still)
        assert year.paid == levied - lapsed - still
        assert year.levied == year.paid + year.lapsed + year.written_off + year.open
    found = {row[0]: row[1] for row in rows(
        f"SELECT person_id, sum(lapsed_by_prescription)::int FROM ({overdue.lapsed_sql(on(today))}) y GROUP BY 1",
        {"on": today, "known_at": None})}  # fmt: skip
    assert sum(found.values()) == sum(overdue.years(on(today), who)[0].lapsed for who in found)


def test_years_before_the_last_ten_are_left_out():
    who = owes((1, date(2016, 7, 31), 8_000), year=2016)
    owes((1, date(2015, 7, 31), 8_000), year=2015, who=who)
    lapses.find(on(date(2026, 4, 1)))
    assert [y.fiscal_year for y in overdue.years(on(date(2026, 3, 31)), who)] == [2016, 2015]
    assert [y.fiscal_year for y in overdue.years(on(date(2026, 4, 1)), who)] == [2016]


def stage_of(who: int, today: date) -> str:
    return {one.person: one.stage for one in overdue.overdue(on(today))}.get(who, "")


@pytest.mark.parametrize(
    "due, year_on, more_on",
    [
        (date(2024, 7, 31), date(2025, 8, 1), date(2026, 2, 1)),
        (date(2025, 2, 28), date(2026, 3, 1), date(2026, 9, 1)),
        (date(2023, 2, 28), date(2024, 3, 1), date(2024, 9, 1)),
        (date(2024, 2, 29), date(2025, 3, 1), date(2025, 9, 1)),
        (date(2024, 8, 30), date(2025, 8, 31), date(2026, 3, 1)),
    ],
)
def test_a_stage_is_reached_on_the_day_after_its_months_and_no_day_earlier(due, year_on, more_on):
    who = owes((1, due, 8_000))
    assert stage_of(who, year_on - DAY) == ""
    assert stage_of(who, year_on) == "charge"
    assert stage_of(who, more_on - DAY) == "charge"
    assert stage_of(who, more_on) == "suspend"


def test_what_lapsed_is_the_gravest_stage_and_stays_when_it_is_written_off():
    who = owes((1, date(2024, 7, 31), 8_000))
    assert stage_of(who, date(2026, 8, 1)) == "suspend"
    lapses.find(on(date(2026, 8, 1)))
    assert stage_of(who, date(2026, 8, 1)) == "lapsed"
    write_offs.approve(on(date(2026, 8, 1), 2), write_offs.propose(on(date(2026, 8, 1)), "", "").id)
    assert overdue.overdue(on(date(2026, 8, 1))) == [overdue.Overdue(who, None, 0, 0, 8_000, "lapsed")]
    assert overdue.overdue_counts(on(date(2026, 8, 1))) == {"lapsed": 1}


def test_the_cutoff_agrees_with_counting_every_day():
    from kaigo.law.dates import last_day

    for months in (12, 18):
        for place in range(1_100):
            today = date(2024, 1, 1) + DAY * place
            cut = overdue.cutoff(today, months)
            assert last_day(cut + DAY, months=months) < today
            assert last_day(cut + 2 * DAY, months=months) >= today
