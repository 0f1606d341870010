"""The counter's cash with real commits: what one takes while another closes the day is counted or refused, never beside it."""

from __future__ import annotations

import pytest

from kaigo.base.records.context import acting
from kaigo.base.records.refusal import Refused
from kaigo.insurance.collection.tests.builders import YEAR, on
from kaigo.insurance.ledger.tests.at_once import beside, held, waits
from kaigo.insurance.receipts import cash
from kaigo.insurance.receipts.tests.test_posting import AUGUST, balances, by_slips

pytestmark = pytest.mark.usefixtures("street")
CTX = on(AUGUST)


@pytest.fixture(autouse=True)
def who(street, django_db_blocker) -> int:
    with django_db_blocker.unblock():
        with acting(CTX):
            found, _ = by_slips()
        yield found


def take(who: int, shown: int | None = None):
    with acting(CTX):
        return cash.take(CTX, who, YEAR, 1, 500, shown)


def close():
    with acting(CTX):
        return cash.close(CTX, 500, "")


def test_the_closing_waits_for_who_is_taking_and_counts_it(who):
    go, taking = held(CTX, lambda: cash.take(CTX, who, YEAR, 1, 500))
    closed = beside(close)
    assert waits(closed)
    go.set()
    taking.result(30)
    assert closed.result(30).booked_yen == 500


def test_who_takes_while_the_day_is_closed_waits_and_is_refused(who):
    take(who)
    go, closing = held(CTX, lambda: cash.close(CTX, 500, ""))
    taking = beside(lambda: take(who))
    assert waits(taking)
    go.set()
    closing.result(30)
    with pytest.raises(Refused, match="もう日締めしています"):
        taking.result(30)
    assert cash.booked(AUGUST) == (1, 500)


def test_two_counters_take_the_same_term_once(who):
    left = balances(who)[1]
    go, one = held(CTX, lambda: cash.take(CTX, who, YEAR, 1, 500, left))
    other = beside(lambda: take(who, left))
    assert waits(other)
    go.set()
    one.result(30)
    with pytest.raises(Refused, match="二度押し"):
        other.result(30)
    assert balances(who)[1] == left - 500
