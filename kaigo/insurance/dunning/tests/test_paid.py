"""納付額: the calendar year of the payer, deducted and direct apart, without what others paid or what went back."""

from __future__ import annotations

from datetime import date

import pytest

from kaigo.insurance.collection.tests.builders import YEAR, on
from kaigo.insurance.dunning import paid
from kaigo.insurance.dunning.tests.builders import DUE, by, parts, pay, payer
from kaigo.insurance.ledger.post import Line, post

pytestmark = pytest.mark.django_db


def of(who: int, year: int = YEAR) -> tuple[int, int, bool] | None:
    found = paid.paid_in(by(1, DUE), year, [who])
    return found[0][1:] if found else None


def entry(
    who: int, day: date, sort: str, yen: int, way: str = "slip", number: int = 1, source: str = ""
) -> None:
    key = f"{source or 'test'}:{who}:{sort}:{day}:{yen}:{number}"
    post(on(day), [Line(who, source or key, key, yen, YEAR, YEAR, sort, way, number, "test")])


def test_the_day_of_the_payer_decides_the_year():
    who = payer()
    pay(who, 1, 1_000, day=date(YEAR, 12, 31), settled=date(YEAR + 1, 1, 6))
    pay(who, 1, 2_000, day=date(YEAR + 1, 1, 1))
    assert of(who) == (0, 1_000, True)
    assert of(who, YEAR + 1) == (0, 2_000, True)
    assert of(who, YEAR - 1) is None


def test_deductions_stand_apart_and_late_charges_are_no_premium():
    who = payer()
    entry(who, DUE, "receipt", 5_000, "deduction", 8)
    entry(who, DUE, "late_receipt", 700)
    pay(who, 1, 1_000)
    assert of(who) == (5_000, 1_000, True)


def test_what_the_welfare_office_paid_is_not_the_persons():
    who = payer()
    pay(who, 1, 1_000, channel="substitute")
    assert of(who) is None


def test_a_refund_is_taken_off_the_year_in_which_it_had_been_paid():
    who = payer()
    pay(who, 1, parts(who)[1].yen + 3_000, day=date(YEAR, 12, 1))
    pay(who, 2, 500, day=date(YEAR + 1, 1, 10))
    entry(who, date(YEAR + 1, 2, 1), "refund", 3_000)
    assert of(who) == (0, parts(who)[1].yen, True)
    assert of(who, YEAR + 1) == (0, 500, True)


def test_an_offset_moves_nothing_between_years():
    who = payer()
    pay(who, 1, parts(who)[1].yen + 3_000, day=date(YEAR, 12, 1))
    post(
        on(date(YEAR + 1, 2, 1)),
        [
            Line(who, "offset:1", "offset:1:a", -3_000, YEAR, YEAR, "offset", "slip", 1, "x"),
            Line(who, "offset:1", "offset:1:b", 3_000, YEAR, YEAR, "offset", "slip", 2, "x"),
        ],
    )
    assert of(who) == (0, parts(who)[1].yen + 3_000, True)
    assert of(who, YEAR + 1) is None


def test_what_a_former_system_took_in_makes_the_year_incomplete():
    who, other = payer(), payer()
    entry(who, date(YEAR, 4, 1), "receipt", 9_000, source=f"migration:{YEAR}:1:receipt:1")
    pay(who, 2, 500)
    pay(other, 1, 800)
    assert of(who) == (0, 500, False)
    sums = paid.totals(by(1, DUE), YEAR)
    assert sums == (2, 0, 1_300, 1)
