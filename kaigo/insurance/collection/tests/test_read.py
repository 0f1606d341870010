"""The read faces: ledger with balance, totals, letter amounts, first due date, and differences that are found."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import IntegrityError, transaction

from kaigo.base.records.rows import rows
from kaigo.insurance.collection import read
from kaigo.insurance.collection.decide import match
from kaigo.insurance.collection.models import Instalment, Plan
from kaigo.insurance.collection.tests.builders import YEAR, assess, insured, on, person, target
from kaigo.insurance.collection.tests.test_plan import JULY, continuing, in_force, plan_on
from kaigo.insurance.ledger.models import LedgerEntry
from kaigo.law.words import name_of

pytestmark = pytest.mark.django_db
CTX = on(JULY)


def by_slips(yen=66_000):
    who = person()
    insured(who)
    assess(CTX, who, yen)
    plan_on(JULY)
    return who


def test_ledger_has_a_running_balance_and_every_line_names_its_plan():
    who = continuing(yen=53_700, feb=13_750)
    (year,) = read.ledger(CTX, who)
    assert (year.levied, year.received, year.balance) == (53_700, 0, 53_700)
    assert [line.balance for line in year.lines][-1] == 53_700
    running = 0
    for line in year.lines:
        running += line.yen
        assert line.balance == running
        assert read.told(CTX, line.plan)
    assert sum(i.yen for i in year.instalments) == 53_700
    assert [i.label for i in year.instalments] == ["4月", "6月", "8月", "10月", "12月", "翌2月"]


def test_receipts_and_refunds_move_the_balance():
    who = by_slips()
    for sort, yen in (("receipt", 8_600), ("refund", 600)):
        LedgerEntry.objects.create(
            person_id=who, fiscal_year=YEAR, accounting_year=YEAR, sort=sort, way="slip", number=1, yen=yen, reason="", source="receipt:1",
            key=f"{sort}:1", business_date=JULY, actor="account:1",
        )  # fmt: skip
    (year,) = read.ledger(CTX, who)
    assert (year.levied, year.received, year.refunded, year.balance) == (66_000, 8_600, 600, 58_000)


def test_totals_by_way_part_and_month_of_booking():
    continuing(yen=60_000)
    by_slips()
    found = read.totals(CTX, YEAR)
    assert found["people"] == 2
    assert found["levied_yen"] == 126_000
    assert found["by_way"] == {"deduction": 60_000, "slip": 66_000}
    assert sum(yen for *_, yen in found["by_part"]) == 126_000
    assert sum(yen for month, way, _, yen in found["by_month"] if month == date(YEAR, 4, 1)) == 30_000
    assert sum(yen for *_, yen in found["by_month"]) == 126_000


def test_letter_amounts_are_those_of_plan_assessment_and_ledger():
    who = continuing(yen=21_000, feb=11_000)
    ((person_id, _, plan, assessment, annual, refund, levied, remitted, parts),) = rows(
        f"SELECT * FROM ({read.letter_amounts_sql(CTX)}) l WHERE person_id = %(person)s", {"person": who}
    )
    held = in_force(who)
    assert (person_id, plan, assessment, annual, refund, levied, remitted) == (
        who, held.id, held.assessment_id, 21_000, 12_000, 21_000, 0,
    )  # fmt: skip
    assert [p["yen"] for p in parts] == [11_000] * 3
    assert parts[0]["due_on"] == "2026-04-15"


def test_first_due_date_of_the_year():
    who = continuing()
    assert read.first_due(CTX, who, YEAR) == read.FirstDue("deduction", 4, date(YEAR, 4, 15))
    other = by_slips()
    assert read.first_due(CTX, other, YEAR) == read.FirstDue("direct", None, date(YEAR, 7, 31))
    starter = person()
    insured(starter)
    target(starter)
    assess(CTX, starter, 60_000)
    plan_on(JULY)
    assert read.first_due(CTX, starter, YEAR).due_on == date(YEAR, 7, 31)


def test_a_right_ledger_has_no_difference():
    continuing()
    by_slips()
    assert read.invariant(CTX, YEAR) == []


def test_each_kind_of_difference_is_found():
    who = by_slips()
    entry = {
        "person_id": who, "fiscal_year": YEAR, "accounting_year": YEAR, "way": "slip", "number": 1, "reason": "test", "source": "test:1",
        "business_date": JULY, "actor": "account:1",
    }  # fmt: skip
    LedgerEntry.objects.create(sort="adjust", yen=100, key="test:1", **entry)
    (found,) = read.invariant(CTX, YEAR)
    assert (found.person, found.what, found.levied) == (who, "levied", 66_100)
    LedgerEntry.objects.create(sort="adjust", yen=-100, key="test:2", **entry)
    # Moved to a term that no plan asks for: sums agree, but nobody would be asked for it (I25).
    LedgerEntry.objects.create(sort="adjust", yen=-500, key="test:3", **entry)
    LedgerEntry.objects.create(sort="adjust", yen=500, key="test:4", **(entry | {"number": 12}))
    (found,) = read.invariant(CTX, YEAR)
    assert (found.person, found.what, found.levied) == (who, "no_way", 500)


def test_an_assessment_without_plan_and_a_plan_of_a_former_assessment_are_found():
    who, fresh = by_slips(), person()
    insured(fresh)
    assess(CTX, fresh, 10_000)
    assess(CTX, who, 66_000, "revision", in_force(who).assessment_id)
    assert {(d.person, d.what) for d in read.invariant(CTX, YEAR)} == {
        (fresh, "no_plan"),
        (who, "other_assessment"),
    }


def test_a_term_with_two_ways_is_found():
    """I25: the sums agree, but a term would be asked for twice."""
    who = by_slips()
    before = in_force(who)
    doubled = Plan.objects.create(
        person_id=who, assessment_id=before.assessment_id, fiscal_year=YEAR, cause="way", way="direct", refund_yen=0,
        request="none", supersedes=before, decided_on=JULY, actor="account:1",
    )  # fmt: skip
    for part in before.instalments.all():
        shares = {"slip": part.yen - 100, "debit": 100} if part.number == 1 else {"slip": part.yen}
        for way, yen in shares.items():
            Instalment.objects.create(
                plan=doubled, person_id=who, fiscal_year=YEAR, way=way, number=part.number, due_on=part.due_on, yen=yen,
                provisional=False,
            )  # fmt: skip
    (found,) = read.invariant(CTX, YEAR)
    assert (found.person, found.what) == (who, "two_ways")


def test_history_and_reasons_of_plans():
    who = continuing()
    plans = read.history(CTX, who, YEAR)
    assert [p.cause for p in plans] == ["main", "provisional"]
    assert [p.current for p in plans] == [True, False]
    assert read.told(CTX, plans[0].id)[0].article
    assert read.law_of(CTX, plans[0].id)
    assert Plan.objects.count() == 2


def test_rows_of_bulk_tables_cannot_name_what_is_not_there():
    """Their foreign keys are checked per statement, not per row."""
    with pytest.raises(IntegrityError), transaction.atomic():
        Instalment.objects.create(
            plan_id=999_999, person_id=by_slips(), fiscal_year=YEAR, way="slip", number=1, due_on=JULY, yen=1,
            provisional=False,
        )  # fmt: skip
    with pytest.raises(IntegrityError), transaction.atomic():
        LedgerEntry.objects.create(
            person_id=999_999, fiscal_year=YEAR, accounting_year=YEAR, sort="levy", way="slip", number=1, yen=1, reason="", source="t",
            key="t", business_date=JULY, actor="account:1",
        )  # fmt: skip


def test_a_month_has_one_spelling_in_tables_letters_and_reasons():
    """The table of a letter takes its months from here, the reasons below it from the words of the law."""
    for month in (4, 6, 8, 10, 12, 14):
        assert read.part_label("deduction", month) == name_of("month", str(month))


def test_late_charges_and_interest_move_no_balance_of_a_premium_and_every_line_has_words():
    who = by_slips()
    for sort, yen, reason in (
        ("receipt", 8_600, "store"), ("late_levy", 300, "late"), ("late_levy", -100, "waiver"), ("late_receipt", 200, "slip"),
        ("interest", 50, "expenditure"), ("offset", -600, "income"), ("write_off", -1_000, "prescription"),
    ):  # fmt: skip
        LedgerEntry.objects.create(
            person_id=who, fiscal_year=YEAR, accounting_year=YEAR, sort=sort, way="slip", number=1, yen=yen, reason=reason,
            source="receipt:1", key=f"{sort}:{reason}", business_date=JULY, actor="account:1",
        )  # fmt: skip
    (year,) = read.ledger(CTX, who)
    assert (year.levied, year.received, year.refunded) == (66_000, 8_000, 0)
    assert year.balance == 66_000 - 8_600 + 600 - 1_000
    assert [(line.what, line.why, line.balance) for line in year.lines][-7:] == [
        ("収納", "納付書(コンビニ)", 57_400), ("延滞金の調定", "延滞金の決定", 57_400),
        ("延滞金の調定", "延滞金の減免", 57_400), ("延滞金の収納", "納付書(金融機関)", 57_400),
        ("還付加算金の支払", "歳出から", 57_400), ("充当", "戻出", 58_000), ("不納欠損", "時効の完成", 57_000),
    ]  # fmt: skip


def test_a_record_is_about_whom_the_machine_or_a_clerk_matched():
    one, other = by_slips(), by_slips()
    found = target(one)
    assert rows(read.SUBJECTS["target"], [found.id]) == [(one,)]
    match(CTX, found.id, other)
    assert sorted(rows(read.SUBJECTS["target"], [found.id])) == [(one,), (other,)]
    assert rows(read.SUBJECTS["target"], [target(None).id]) == []
