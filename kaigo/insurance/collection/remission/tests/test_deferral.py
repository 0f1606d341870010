"""Deferral: at most six months, only what the person pays himself and has not paid, by two people, ended by two."""

from __future__ import annotations

from datetime import date

import pytest

from kaigo.base.records.refusal import Refused
from kaigo.base.records.rows import rows
from kaigo.insurance.collection.remission import read
from kaigo.insurance.collection.remission.decide import approve
from kaigo.insurance.collection.remission.relations import deferred_sql
from kaigo.insurance.collection.remission.tests.test_decide import pay
from kaigo.insurance.collection.remission.tests.two import (
    AUGUST,
    ask,
    deferred,
    first,
    is_right,
    parts,
    payer,
    taken_back,
)
from kaigo.insurance.collection.tests.builders import INSURER, YEAR, on

pytestmark = pytest.mark.django_db


def terms(day: date = AUGUST) -> list[tuple]:
    found = rows(f"SELECT * FROM ({deferred_sql(on(day))}) d ORDER BY number", {"known_at": None})
    return [row[:6] for row in found]


@pytest.mark.parametrize(
    "months, last", [(1, date(YEAR, 9, 4)), (6, date(YEAR + 1, 2, 4)), (9, date(YEAR + 1, 2, 4))]
)
def test_the_period_begins_with_the_application_and_ends_within_six_months(months, last):
    who = payer(3)
    pay(who, 3, parts(who)["slip", 3])
    made = deferred(who, months=months)
    assert (made.what, made.start_on, made.end_on) == ("granted", AUGUST, last)
    wanted = set(range(2, 9)) - {3}
    due = {2: date(YEAR, 8, 31), 4: date(YEAR, 11, 2), 5: date(YEAR, 11, 30)}
    assert {row[3] for row in terms()} == {
        n for n in wanted if (months > 1 and n < 8) or (n in due and due[n] < last)
    }
    assert all(row[:3] == (who, YEAR, "direct") and row[4:] == (AUGUST, last) for row in terms())
    assert read.deferred_terms(on(AUGUST), who)[0] == (YEAR, 2, AUGUST, last)
    assert read.deferred_terms(on(last), who) == []
    assert is_right()


def test_a_ground_that_the_ordinance_does_not_know_is_refused_and_defers_nothing():
    who = payer(3)
    made = deferred(who, "hardship")
    assert (made.what, terms()) == ("refused", [])
    assert "徴収猶予" in read.told(on(AUGUST), made.reasons)[0].text


def test_who_put_it_forward_cannot_decide_and_two_end_it():
    who = payer(3)
    asked = ask(who, "disaster", AUGUST, "deferral", months=2)
    with pytest.raises(Refused, match="伺いを出した本人"):
        approve(first(AUGUST), INSURER, asked)
    made = deferred(payer(3))
    assert len({row[0] for row in terms()}) == 1
    taken_back(made)
    assert terms() == []
    (last, before) = read.decisions(on(AUGUST), made.person_id)
    assert (last.what, last.current, before.what, before.current) == ("revoked", False, "granted", False)


def test_a_term_is_deferred_once():
    who = payer(3)
    deferred(who, months=2)
    made = deferred(who, months=2)
    assert made.what == "refused"
    assert len({(row[3]) for row in terms()}) == len(terms())
