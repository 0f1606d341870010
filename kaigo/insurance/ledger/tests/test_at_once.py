"""Closing a year while somebody books, with real commits: what he books is in the closing or refused, never beside it."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import IntegrityError

from kaigo.base.records.context import acting
from kaigo.base.records.refusal import Refused
from kaigo.base.records.rows import rows
from kaigo.insurance.ledger import closing, invariant, read
from kaigo.insurance.ledger.models import Carried, LedgerEntry
from kaigo.insurance.ledger.post import post
from kaigo.insurance.ledger.tests.at_once import beside, held, waits
from kaigo.insurance.ledger.tests.test_ledger import CTX, YEAR, line, person

pytestmark = pytest.mark.usefixtures("street")
JUNE = CTX.at(date(YEAR + 1, 6, 1))


@pytest.fixture(autouse=True)
def who(street, django_db_blocker) -> int:
    with django_db_blocker.unblock():
        with acting(CTX):
            found = person()
            post(CTX, [line(found, "levy", 8_000, "before")])
        yield found


def close():
    with acting(JUNE):
        return closing.close(JUNE, YEAR)


def test_a_closing_waits_for_who_is_booking_and_counts_what_he_booked(who):
    go, booking = held(JUNE, lambda: post(CTX, [line(who, "levy", 700, "meanwhile")]))
    closed = beside(close)
    assert waits(closed)
    go.set()
    assert booking.result(30) == 1
    assert closed.result(30).levied_yen == 8_700
    assert [(c.person_id, c.number, c.balance) for c in Carried.objects.all()] == [(who, 1, 8_700)]
    assert invariant.wrong(CTX) == []


def test_who_books_while_a_year_is_closed_waits_and_is_refused(who):
    go, closed = held(JUNE, lambda: closing.close(JUNE, YEAR))

    def book():
        with acting(CTX):
            return post(CTX, [line(who, "levy", 700, "meanwhile")])

    booking = beside(book)
    assert waits(booking)
    go.set()
    assert closed.result(30).levied_yen == 8_000
    with pytest.raises(IntegrityError, match="is closed"):
        booking.result(30)
    assert LedgerEntry.objects.count() == 1


def test_who_reads_while_a_year_is_closed_sees_the_same_before_and_after(who):
    left = [(who, YEAR, "direct", 1, 8_000, False)]
    go, closed = held(JUNE, lambda: closing.close(JUNE, YEAR))
    assert rows(read.uneven_sql(CTX)) == left and not Carried.objects.exists()
    # April and May know two open years: what stands in the next one goes on while the year is closed.
    booking = beside(lambda: book_next(who))
    assert waits(booking)
    go.set()
    assert closed.result(30).carried_yen == 8_000 and booking.result(30) == 1
    assert Carried.objects.count() == 1
    assert rows(read.uneven_sql(CTX)) == [(who, YEAR, "direct", 1, 7_400, True)]


def book_next(who: int) -> int:
    with acting(JUNE):
        return post(JUNE, [line(who, "receipt", 600, "next", accounting=YEAR + 1)])


def test_two_who_close_one_year_carry_it_once(who):
    go, closed = held(JUNE, lambda: closing.close(JUNE, YEAR))
    second = beside(close)
    assert waits(second)
    go.set()
    assert closed.result(30).carried_yen == 8_000
    with pytest.raises(Refused, match="もう閉鎖"):
        second.result(30)
    assert Carried.objects.count() == 1
