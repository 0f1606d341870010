"""The ledger: every entry balances, nothing is booked twice, a closed year takes no more."""

from __future__ import annotations

import os
import random
from datetime import date

import pytest
from django.db import IntegrityError, transaction

from kaigo.base.records.context import Context
from kaigo.base.records.refusal import Refused
from kaigo.base.records.rows import rows
from kaigo.insurance.ledger import read
from kaigo.insurance.ledger.closing import close, last_day
from kaigo.insurance.ledger.models import LedgerEntry
from kaigo.insurance.ledger.post import Line, levied_in, post, post_from, reversed_line
from kaigo.insurance.ledger.sorts import ACCOUNTS, SORTS
from kaigo.insurance.residents.models import Person

pytestmark = pytest.mark.django_db
YEAR = 2026
CTX = Context("account:1", "collection", date(2026, 7, 15))


def person() -> int:
    return Person.objects.create().id


def line(who, sort, yen, key, number=1, way="slip", year=YEAR, accounting=None, source="test:1"):
    return Line(who, source, key, yen, year, accounting or year, sort, way, number, "test")


def test_a_term_has_one_balance_however_its_way_changed():
    who = person()
    post(CTX, [line(who, "levy", 8_000, "a", way="debit"), line(who, "adjust", -8_000, "b", way="debit"),
               line(who, "adjust", 8_000, "c"), line(who, "receipt", 3_000, "d", way="debit"),
               line(who, "remission", -1_000, "e"), line(who, "write_off", -500, "f"),
               line(who, "levy", 9_000, "g", number=4, way="deduction")])  # fmt: skip
    assert read.terms(CTX, who) == [
        read.Term(YEAR, "direct", 1, 7_000, 3_000, 500, 3_500),
        read.Term(YEAR, "deduction", 4, 9_000, 0, 0, 9_000),
    ]
    assert rows(read.balances_sql(CTX), {}) == [(who, 12_500)]


def test_late_charges_and_interest_never_touch_the_balance_of_a_premium():
    who = person()
    post(CTX, [line(who, "levy", 8_000, "a"), line(who, "late_levy", 300, "b"), line(who, "late_receipt", 300, "c"),
               line(who, "interest", 200, "d")])  # fmt: skip
    assert [term.balance for term in read.terms(CTX, who)] == [8_000]
    found = read.trial(CTX)
    assert (found["receivable"], found["late"], found["cash"]) == (8_000, 0, 100)
    assert sum(found.values()) == 0


def test_one_source_books_once_and_wholly():
    who = person()
    post(CTX, [line(who, "levy", 8_000, "a")])
    with pytest.raises(IntegrityError), transaction.atomic():
        post(CTX, [line(who, "levy", 9_000, "new"), line(who, "levy", 8_000, "a")])
    assert LedgerEntry.objects.count() == 1
    query = "SELECT person_id, source, key, yen, fiscal_year, accounting_year, sort, way, number, reason, business_date, actor FROM ledger_entry"
    assert post_from(query, {}, once=True) == 0
    assert LedgerEntry.objects.count() == 1


@pytest.mark.parametrize("sort, yen", [("gift", 100), ("levy", 0)])
def test_what_is_no_entry_is_not_booked(sort, yen):
    with pytest.raises(ValueError, match="no entry"):
        post(CTX, [line(person(), sort, yen, "a")])


def test_the_database_knows_the_sorts_too():
    with pytest.raises(IntegrityError), transaction.atomic():
        LedgerEntry.objects.create(
            person_id=person(), fiscal_year=YEAR, accounting_year=YEAR, sort="gift", way="slip", number=1, yen=1,
            reason="", source="s", key="k", business_date=CTX.on, actor="account:1",
        )  # fmt: skip


def test_an_offset_that_is_not_zero_together_moves_nothing():
    who = person()
    with pytest.raises(ValueError, match="offsets"):
        post(CTX, [line(who, "offset", 500, "a"), line(who, "offset", -400, "b", number=2)])
    assert post(CTX, [line(who, "offset", 500, "a"), line(who, "offset", -500, "b", number=2)]) == 2


def test_a_year_closes_after_its_last_day_and_in_order_and_takes_no_more():
    who, other = person(), person()
    post(CTX, [line(who, "levy", 8_000, "a"), line(other, "levy", 5_000, "b"), line(other, "receipt", 5_700, "c"),
               line(other, "refund", 200, "d"), line(who, "write_off", -1_000, "e"),
               line(who, "levy", 4_000, "f", year=2025)])  # fmt: skip
    with pytest.raises(Refused, match="5月31日"):
        close(CTX.at(last_day(YEAR)), YEAR)
    june = CTX.at(date(2027, 6, 1))
    with pytest.raises(Refused, match="2025年度がまだ"):
        close(june, YEAR)
    close(june, 2025)
    made = close(june, YEAR)
    assert (made.levied_yen, made.received_yen, made.refunded_yen, made.written_off_yen) == (
        13_000,
        5_700,
        200,
        1_000,
    )
    assert (made.carried_yen, made.overpaid_yen) == (4_000 + 7_000, 500)
    with pytest.raises(Refused, match="もう閉鎖"):
        close(june, YEAR)
    with pytest.raises(IntegrityError), transaction.atomic():
        post(june, [line(who, "receipt", 100, "late")])
    # From 1 June on it comes in as what was carried over.
    assert post(june, [line(who, "receipt", 100, "late", accounting=2027)]) == 1
    assert [c.accounting_year for c in read.closed(june)] == [YEAR, 2025]
    assert [y.carried for y in read.years(june, 2027)] == [True]


def test_the_year_of_a_levy_is_that_of_its_day_but_never_before_its_own():
    assert levied_in(2026, date(2026, 3, 20)) == 2026
    assert levied_in(2026, date(2027, 3, 31)) == 2026
    assert levied_in(2026, date(2027, 4, 1)) == 2027


def test_days_months_and_years_agree_to_the_yen():
    seed = int(os.environ.get("KAIGO_SEED") or random.SystemRandom().randrange(10**9))
    print(f"seed {seed}")
    source = random.Random(seed)
    people = [person() for _ in range(5)]
    open_of: dict = {}
    for place in range(200):
        on = date(2026, 4, 1 + source.randrange(30)) if place % 2 else date(2027, source.randrange(1, 6), 9)
        who, number = source.choice(people), source.randrange(1, 4)
        act = source.choice(("levy", "receipt", "refund", "adjust", "offset", "reversal"))
        ctx, key = CTX.at(on), f"k{place}"
        made = line(
            who, act, source.randrange(1, 9_000), key, number, accounting=levied_in(YEAR, on), source=key
        )
        if act == "reversal":
            made = made._replace(sort="receipt")
            lines = [made, reversed_line(made, made.accounting_year, "reversal")]
        elif act == "offset":
            lines = [made, made._replace(yen=-made.yen, number=number % 3 + 1, key=f"{key}:other")]
        else:
            lines = [made]
        post(ctx, lines)
        for each in lines:
            sort = SORTS[each.sort]
            term = (each.person, each.number)
            open_of[term] = open_of.get(term, 0) + (sort.owed - sort.paid) * each.yen
    assert {(t.number, who): t.balance for who in people for t in read.terms(CTX, who)} == {
        (number, who): yen for (who, number), yen in open_of.items()
    }
    trial = read.trial(CTX)
    assert set(trial) == set(ACCOUNTS)
    assert sum(trial.values()) == 0
    assert trial["receivable"] == sum(open_of.values())
    span = date(2026, 4, 1), date(2027, 6, 1)
    by_day = sum(day.yen for day in read.totals(CTX, *span))
    by_month = sum(day.yen for day in read.totals(CTX, *span, by="month"))
    by_year = sum(y.yen for year in (2026, 2027) for y in read.years(CTX, year))
    assert by_day == by_month == by_year == sum(yen for (yen,) in rows("SELECT yen FROM ledger_entry"))
