"""What a closing carries over: the terms it left uneven, and with the entries since the same as all entries ever."""

from __future__ import annotations

import importlib
import os
import random
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction

from kaigo.base.records.refusal import Refused
from kaigo.base.records.rows import rows
from kaigo.insurance.ledger import invariant, read
from kaigo.insurance.ledger.carried import uneven_from_entries
from kaigo.insurance.ledger.closing import close
from kaigo.insurance.ledger.models import Carried, Closing, LedgerEntry
from kaigo.insurance.ledger.post import Line, post
from kaigo.insurance.ledger.tests.test_ledger import CTX, YEAR, line, person

pytestmark = pytest.mark.django_db
JUNE, NEXT = CTX.at(date(YEAR + 1, 6, 1)), YEAR + 1
LATER = CTX.at(date(YEAR + 2, 6, 1))
TERM = "person_id, fiscal_year, kind, number, balance, paid"


def later(who: int, sort: str, yen: int, key: str, number: int = 1, **given) -> Line:
    """An entry of the next accounting year for a term of the year before."""
    return line(who, sort, yen, key, number, accounting=NEXT, **given)


def uneven(condition: str = "true", **params) -> list[tuple]:
    """What rooms above read; it must be what all entries say, whatever the test is about."""
    found, whole = (
        rows(f"SELECT {TERM} FROM ({sql}) u ORDER BY {TERM}", params)
        for sql in (read.uneven_sql(CTX, condition), uneven_from_entries(condition))
    )
    assert found == whole
    return found


def carried(year: int = YEAR) -> list[tuple]:
    return rows(
        f"SELECT {TERM} FROM ledger_carried WHERE closing_id = (SELECT id FROM ledger_closing WHERE accounting_year = %(year)s) "
        f"ORDER BY {TERM}",
        {"year": year},
    )


def test_a_closing_carries_every_term_that_is_not_even_and_no_other():
    who, other = person(), person()
    post(CTX, [line(who, "levy", 8_000, "a"), line(who, "levy", 7_000, "b", number=2), line(who, "receipt", 7_000, "c", number=2),
               line(who, "levy", 6_000, "d", number=3), line(who, "receipt", 1_000, "e", number=3),
               line(who, "late_levy", 300, "f", number=2), line(other, "levy", 5_000, "g", number=4, way="deduction"),
               line(other, "receipt", 5_700, "h", number=4, way="deduction")])  # fmt: skip
    assert uneven() and not carried()
    made = close(JUNE, YEAR)
    assert carried() == [
        (who, YEAR, "direct", 1, 8_000, False),
        (who, YEAR, "direct", 3, 5_000, True),
        (other, YEAR, "deduction", 4, -700, True),
    ]
    assert (made.carried_yen, made.overpaid_yen) == (13_000, 700)
    assert uneven() == carried() and invariant.wrong(CTX) == []


def test_what_was_carried_is_paid_written_off_and_levied_higher_in_the_next_year():
    who = person()
    post(CTX, [line(who, "levy", 8_000, "a"), line(who, "levy", 7_000, "b", number=2), line(who, "levy", 6_000, "c", number=3)])  # fmt: skip
    close(JUNE, YEAR)
    post(JUNE, [later(who, "receipt", 8_000, "d"), later(who, "write_off", -7_000, "e", 2), later(who, "adjust", 500, "f", 3)])  # fmt: skip
    assert uneven() == [(who, YEAR, "direct", 3, 6_500, False)]
    post(JUNE, [later(who, "receipt", 100, "g", 3), line(who, "levy", 9_000, "h", year=NEXT)])
    assert uneven() == [(who, YEAR, "direct", 3, 6_400, True), (who, NEXT, "direct", 1, 9_000, False)]
    made = close(LATER, NEXT)
    assert carried(NEXT) == uneven() and (made.carried_yen, made.overpaid_yen) == (15_400, 0)
    assert len(carried()) == 3 and invariant.wrong(CTX) == []


def test_what_was_paid_too_much_goes_back_after_the_closing_as_expenditure_or_onto_another_term():
    who = person()
    post(CTX, [line(who, "levy", 8_000, "a"), line(who, "receipt", 8_900, "b"), line(who, "levy", 7_000, "c", number=2),
               line(who, "receipt", 7_400, "d", number=2), line(who, "levy", 6_000, "e", number=3)])  # fmt: skip
    close(JUNE, YEAR)
    post(JUNE, [later(who, "refund", 900, "f")._replace(reason="expenditure"),
                later(who, "offset", -400, "g", 2, source="o")._replace(reason="expenditure"),
                later(who, "offset", 400, "h", 3, source="o")])  # fmt: skip
    assert uneven() == [(who, YEAR, "direct", 3, 5_600, False)]
    assert close(LATER, NEXT).overpaid_yen == 0 and invariant.wrong(CTX) == []


def test_a_term_that_was_even_at_the_closing_still_knows_that_it_was_paid():
    who = person()
    post(CTX, [line(who, "levy", 8_000, "a"), line(who, "receipt", 8_000, "b"), line(who, "levy", 7_000, "c", number=2),
               line(who, "remission", -7_000, "d", number=2), line(who, "levy", 5_000, "e", number=1, way="deduction"),
               line(who, "remission", -5_000, "f", number=1, way="deduction")])  # fmt: skip
    close(JUNE, YEAR)
    assert carried() == []
    post(JUNE, [later(who, "adjust", 600, "g"), later(who, "adjust", 500, "h", 2), later(who, "adjust", 400, "i", way="deduction")])  # fmt: skip
    assert uneven() == [
        (who, YEAR, "deduction", 1, 400, False),
        (who, YEAR, "direct", 1, 600, True),
        (who, YEAR, "direct", 2, 500, False),
    ]
    close(LATER, NEXT)
    assert carried(NEXT) == uneven() and invariant.wrong(CTX) == []


def test_money_that_came_before_its_year_and_went_back_is_not_forgotten():
    who = person()
    post(CTX, [line(who, "receipt", 300, "a", year=NEXT, accounting=YEAR), line(who, "receipt", -300, "b", year=NEXT, accounting=YEAR)])  # fmt: skip
    close(JUNE, YEAR)
    assert carried() == [(who, NEXT, "direct", 1, 0, True)] and uneven() == []
    post(JUNE, [line(who, "levy", 9_000, "c", year=NEXT)])
    assert uneven() == [(who, NEXT, "direct", 1, 9_000, True)] and invariant.wrong(CTX) == []


def test_a_condition_narrows_both_what_was_carried_and_what_came_since():
    who, other = person(), person()
    post(CTX, [line(p, "levy", 8_000, f"{p}{n}{way}", number=n, way=way) for p in (who, other) for n in (1, 2)
               for way in ("slip", "deduction")])  # fmt: skip
    close(JUNE, YEAR)
    post(JUNE, [line(p, "levy", 9_000, f"{p}next", year=NEXT) for p in (who, other)])
    assert len(uneven()) == 10
    found = uneven("person_id = %(who)s AND kind = 'direct' AND number = 1", who=who)
    assert found == [(who, YEAR, "direct", 1, 8_000, False), (who, NEXT, "direct", 1, 9_000, False)]
    assert {row[1] for row in uneven("fiscal_year >= %(year)s", year=NEXT)} == {NEXT}
    with pytest.raises(ProgrammingError, match="business_date"), transaction.atomic():
        rows(read.uneven_sql(CTX, "business_date > '2026-01-01'"), {})


def test_as_known_at_a_moment_all_entries_of_then_are_summed():
    who = person()
    post(CTX, [line(who, "levy", 8_000, "a")])
    close(JUNE, YEAR)
    moment = datetime(2020, 1, 1, tzinfo=UTC)
    assert rows(read.uneven_sql(replace(CTX, known_at=moment)), {"known_at": moment}) == []
    now = datetime(2100, 1, 1, tzinfo=UTC)
    assert rows(read.uneven_sql(replace(CTX, known_at=now)), {"known_at": now}) == uneven() != []


def test_any_sequence_of_entries_and_closings_reads_as_all_entries_do():
    seed = int(os.environ.get("KAIGO_SEED") or random.SystemRandom().randrange(10**9))
    print(f"seed {seed}")
    source = random.Random(seed)
    people, first = [person() for _ in range(4)], 2020
    seen = set()
    for closing in range(first, first + 5):
        for place in range(source.randrange(60)):
            sort = source.choice(
                ("levy", "receipt", "refund", "adjust", "remission", "write_off", "offset", "late_levy")
            )
            # Few yen and terms, so that many sums are zero.
            yen, key = source.choice((-200, -100, 100, 200)), f"{closing}:{place}"
            made = line(
                source.choice(people), sort, yen, key, source.randrange(1, 3), source.choice(("slip", "debit", "deduction")),
                source.randrange(first, closing + 2), source.randrange(closing, closing + 2), key,
            )  # fmt: skip
            other = made._replace(yen=-yen, number=3, key=f"{key}:other")
            post(CTX, [made, other] if sort == "offset" else [made])
            if place % 20 == 0:
                uneven()
        uneven()
        made = close(CTX.at(date(closing + 1, 6, 1)), closing)
        sums = [row[4] for row in carried(closing)]
        assert made.carried_yen == sum(yen for yen in sums if yen > 0)
        assert made.overpaid_yen == -sum(yen for yen in sums if yen < 0)
        seen |= {row[5] for row in uneven()}
    assert seen == {True, False}
    assert invariant.wrong(CTX) == []


def test_a_year_before_a_closed_one_takes_no_entry_even_if_it_was_never_closed_itself():
    who = person()
    handed = line(who, "levy", 4_000, "a", number=0, year=YEAR - 3)._replace(reason="opening")
    post(CTX, [handed, line(who, "levy", 8_000, "b")])
    close(JUNE, YEAR)
    assert carried()[0] == (who, YEAR - 3, "direct", 0, 4_000, False)
    for year in (YEAR - 3, YEAR - 1, YEAR):
        late = handed._replace(key=f"late {year}", accounting_year=year)
        with pytest.raises(IntegrityError, match=f"{year} is closed"), transaction.atomic():
            post(JUNE, [later(who, "receipt", 1, "beside"), late])
    assert LedgerEntry.objects.count() == 2
    assert {year for (year,) in rows(read.closings_sql())} == set(range(2000, NEXT))
    with pytest.raises(Refused, match="もう閉鎖"):
        close(JUNE, YEAR - 3)


def test_a_closing_that_would_not_carry_what_all_entries_leave_is_refused():
    who = person()
    post(CTX, [line(who, "levy", 8_000, "a", year=YEAR - 1), line(who, "levy", 7_000, "b")])
    _closed_without_rows(YEAR - 1)
    with pytest.raises(Refused, match=r"収入未済7,000円.*収入未済15,000円"):
        close(JUNE, YEAR)
    assert Closing.objects.count() == 1 and not Carried.objects.exists()
    term = f"{YEAR - 1}:{who}:{YEAR - 1}:direct:1"
    assert invariant.wrong(CTX) == [
        invariant.Wrong("closing", f"{YEAR - 1}:open", 8_000, 0),
        invariant.Wrong("carried", term, 8_000, 0),
        invariant.Wrong("uneven", term.partition(":")[2], 8_000, 0),
    ]


def test_the_check_names_a_carried_term_that_the_entries_do_not_give():
    who = person()
    post(CTX, [line(who, "levy", 8_000, "a"), line(who, "receipt", 1_000, "b")])
    made = close(JUNE, YEAR)
    Carried.objects.create(closing=made, person_id=who, fiscal_year=YEAR, kind="direct", number=2, balance=50, paid=True)  # fmt: skip
    assert invariant.wrong(CTX) == [
        invariant.Wrong("closing", f"{YEAR}:open", 7_000, 7_050),
        invariant.Wrong("carried", f"{YEAR}:{who}:{YEAR}:direct:2", 0, 50),
        invariant.Wrong("carried", f"{YEAR}:{who}:{YEAR}:direct:2:paid", 0, 1),
        invariant.Wrong("uneven", f"{who}:{YEAR}:direct:2", 0, 50),
        invariant.Wrong("uneven", f"{who}:{YEAR}:direct:2:paid", 0, 1),
    ]


def test_years_that_were_closed_before_are_carried_by_the_migration():
    who = person()
    post(CTX, [line(who, "levy", 8_000, "a", year=YEAR - 1), line(who, "receipt", 300, "b", year=YEAR - 1),
               line(who, "levy", 7_000, "c", way="deduction", number=4), line(who, "receipt", 7_000, "d", way="deduction", number=4),
               line(who, "receipt", 600, "e", year=YEAR - 1, accounting=YEAR), line(who, "levy", 500, "f", number=3),
               line(who, "offset", 70, "g", number=3, source="o"), line(who, "offset", -70, "h", source="o"),
               line(who, "refund", 20, "i", number=5), line(who, "write_off", -40, "j", number=3),
               line(who, "late_levy", 9, "k", number=3), line(who, "remission", -10, "l", number=3),
               line(who, "receipt", 5, "m", year=NEXT, accounting=YEAR), line(who, "receipt", -5, "n", year=NEXT, accounting=YEAR),
               line(who, "levy", 900, "x", year=NEXT)])  # fmt: skip
    _closed_without_rows(YEAR - 1)
    _closed_without_rows(YEAR)
    migration = importlib.import_module("kaigo.insurance.ledger.migrations.0004_carried")
    with connection.cursor() as cursor:
        cursor.execute(migration.CARRY)
    assert carried(YEAR - 1) == [(who, YEAR - 1, "direct", 1, 7_700, True)]
    assert (who, NEXT, "direct", 1, 0, True) in carried(YEAR) and len(carried(YEAR)) == 5
    assert uneven()
    assert not {one.what for one in invariant.wrong(CTX)} & {"carried", "uneven"}
    assert close(LATER, NEXT).carried_yen == sum(row[4] for row in uneven() if row[4] > 0)


def _closed_without_rows(year: int) -> None:
    """A year as it was closed before terms were carried."""
    left = [balance for *_, balance, _ in rows(uneven_from_entries(which=f"accounting_year <= {year}"))]
    Closing.objects.create(
        accounting_year=year, levied_yen=0, received_yen=0, refunded_yen=0, written_off_yen=0,
        carried_yen=sum(yen for yen in left if yen > 0), overpaid_yen=-sum(yen for yen in left if yen < 0),
        decided_on=CTX.on, actor="account:1",
    )  # fmt: skip
