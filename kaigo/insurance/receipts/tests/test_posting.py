"""What is reported is booked once, on the right term, in the right year; what names nobody waits for a clerk."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import connection

from kaigo.base.records.refusal import Refused
from kaigo.base.records.rows import rows
from kaigo.insurance.collection import read
from kaigo.insurance.collection.models import Instalment
from kaigo.insurance.collection.slips import CHECKED_PART, NAMES, reference_of
from kaigo.insurance.collection.tests.builders import YEAR, assess, insured, on, person
from kaigo.insurance.collection.tests.test_plan import JULY, plan_on
from kaigo.insurance.ledger import read as ledger
from kaigo.insurance.ledger.closing import close
from kaigo.insurance.ledger.models import LedgerEntry
from kaigo.insurance.ledger.post import Line, post
from kaigo.insurance.receipts import cash, invariant, posting, rulings, unknown
from kaigo.insurance.receipts.models import CashClose, Receipt

pytestmark = pytest.mark.django_db
AUGUST = date(2026, 8, 3)


def by_slips(yen: int = 66_000) -> tuple[int, dict[int, Instalment]]:
    """Somebody who pays 66,000 yen by slips, and his terms by number."""
    who = person()
    insured(who)
    assess(on(JULY), who, yen)
    plan_on(JULY)
    return who, {i.number: i for i in Instalment.objects.filter(person_id=who)}


def slip_of(part: Instalment) -> str:
    return reference_of(part.fiscal_year, part.way, part.id, part.number)


def told(*lines, file: str = "a" * 16):
    """Report payments (reference, yen, settled_on, stage) and post them on the last day."""
    posting.begin()
    with connection.cursor() as cursor:
        for place, (reference, yen, day, stage) in enumerate(lines, 1):
            named = CHECKED_PART.format("r.ref")
            cursor.execute(
                "INSERT INTO receipts_in (delivery, line, source, channel, stage, reference, person_id, fiscal_year, way, "
                "number, yen, paid_on, settled_on, why) SELECT 1, %(place)s, %(source)s, 'slip', %(stage)s, r.ref, "
                "i.person_id, i.fiscal_year, i.way, i.number, %(yen)s, %(day)s, %(day)s, CASE WHEN i.id IS NOT NULL THEN '' "
                f"WHEN {named} IS NULL THEN 'reference' ELSE 'unknown' END FROM (SELECT %(ref)s::text AS ref) r "
                f"LEFT JOIN ({read.parts_sql()}) i ON i.id = {named} AND {NAMES.format('r.ref', 'i')}",
                {"place": place, "source": f"receipt:{file}:{place}", "stage": stage, "ref": reference, "yen": yen, "day": day},
            )  # fmt: skip
    return posting.post(on(max(day for *_, day, _ in lines)))


def balances(who: int) -> dict[int, int]:
    return {term.number: term.balance for term in ledger.terms(on(JULY), who)}


def test_a_payment_closes_its_term_and_stands_on_its_day():
    who, terms = by_slips()
    before = balances(who)
    done = told(
        (slip_of(terms[1]), terms[1].yen, AUGUST, "final"),
        (slip_of(terms[2]), 1_000, AUGUST, "final"),
    )
    assert done == {"lines": 2, "booked": 2, "booked_yen": terms[1].yen + 1_000, "open": 0, "preliminary": 0}
    assert balances(who) == before | {1: 0, 2: before[2] - 1_000}
    entries = rows(
        "SELECT business_date, accounting_year, reason, source FROM ledger_entry WHERE sort = 'receipt' ORDER BY id"
    )
    assert entries == [
        (AUGUST, YEAR, "slip", "receipt:aaaaaaaaaaaaaaaa:1"),
        (AUGUST, YEAR, "slip", "receipt:aaaaaaaaaaaaaaaa:2"),
    ]


def test_a_preliminary_report_books_nothing_and_can_be_taken_back():
    who, terms = by_slips()
    before = balances(who)
    slip = slip_of(terms[1])
    done = told((slip, terms[1].yen, AUGUST, "preliminary"), (slip, terms[1].yen, AUGUST, "cancelled"))
    assert (done["booked"], done["preliminary"]) == (0, 2)
    assert balances(who) == before
    assert Receipt.objects.filter(person_id=who).count() == 2


@pytest.mark.parametrize(
    "reference, why",
    [("12345", "reference"), ("x", "reference"), (reference_of(YEAR, "slip", 99_999_999, 1), "unknown")],
)
def test_what_names_nobody_is_kept_with_its_reason_and_books_nothing(reference, why):
    by_slips()
    done = told((reference, 500, AUGUST, "final"))
    assert (done["booked"], done["open"]) == (0, 1)
    (found,) = unknown.waiting(on(AUGUST))
    assert (found.why, found.yen, found.reference) == (why, 500, reference)
    assert unknown.count(on(AUGUST)) == 1
    assert not rows("SELECT 1 FROM ledger_entry WHERE sort = 'receipt'")


def test_the_same_payment_from_another_file_waits_for_a_clerk():
    who, terms = by_slips()
    line = (slip_of(terms[1]), 3_000, AUGUST, "final")
    told(line)
    done = told(line, file="b" * 16)
    assert (done["booked"], done["open"]) == (0, 1)
    assert unknown.waiting(on(AUGUST))[0].why == "twice"
    assert balances(who)[1] == terms[1].yen - 3_000
    # Another day is another payment, even of the same amount.
    assert told((line[0], 3_000, date(2026, 8, 4), "final"), file="c" * 16)["booked"] == 1


def test_the_same_payment_from_two_files_of_one_run_is_booked_once():
    who, terms = by_slips()
    before = balances(who)
    posting.begin()
    with connection.cursor() as cursor:
        for line, delivery in enumerate((1, 1, 2, 3), 1):
            cursor.execute(
                "INSERT INTO receipts_in (delivery, line, source, channel, stage, reference, person_id, fiscal_year, way, number, "
                "yen, paid_on, settled_on, why) VALUES (%s, %s, %s, 'slip', 'final', %s, %s, %s, 'slip', 1, 100, %s, %s, '')",
                [delivery, line, f"receipt:x:{line}", slip_of(terms[1]), who, YEAR, AUGUST, AUGUST],
            )
    done = posting.post(on(AUGUST))
    # Two in one file are two payments; the same again from other files waits.
    assert (done["booked"], done["open"]) == (2, 2)
    assert balances(who)[1] == before[1] - 200
    assert {line.why for line in unknown.waiting(on(AUGUST))} == {"twice"}


def test_money_of_a_term_that_was_never_levied_waits_for_a_clerk():
    who, _ = by_slips()
    posting.begin()
    with connection.cursor() as cursor:
        for line, (channel, way, number) in enumerate(
            (("substitute", "substitute", 1), ("substitute", "substitute", 12), ("deduction", "deduction", 4))
        ):
            cursor.execute(
                "INSERT INTO receipts_in (delivery, line, source, channel, stage, reference, person_id, fiscal_year, way, number, "
                "yen, paid_on, settled_on, why) VALUES (1, %s, %s, %s, 'final', '1', %s, %s, %s, %s, 100, %s, %s, '')",
                [line, f"receipt:x:{line}", channel, who, YEAR, way, number, AUGUST, AUGUST],
            )
    assert posting.post(on(AUGUST))["booked"] == 1
    assert [line.why for line in unknown.waiting(on(AUGUST))] == ["term", "term"]
    assert invariant.wrong(on(AUGUST)) == []
    assert invariant.sums(on(AUGUST)) == (1, 100, 2, 200)


def test_a_receipt_and_its_entries_are_held_together():
    who, terms = by_slips()
    told(
        (slip_of(terms[1]), 5_000, AUGUST, "final"),
        ("1", 700, AUGUST, "final"),
        (slip_of(terms[2]), 1, AUGUST, "preliminary"),
    )
    ctx = on(AUGUST)
    assert invariant.wrong(ctx) == [] and invariant.sums(ctx) == (1, 5_000, 1, 700)
    (waiting,) = unknown.waiting(ctx)
    rulings.pay(ctx, waiting.id, who, YEAR, "direct", 2, "領収証書を見た")
    assert invariant.wrong(ctx) == [] and invariant.sums(ctx) == (2, 5_700, 0, 0)
    rulings.send_back(ctx, waiting.id, "ほかの区の収納だった")
    assert invariant.wrong(ctx) == [] and invariant.sums(ctx) == (1, 5_000, 1, 700)
    LedgerEntry.objects.create(
        person_id=who, fiscal_year=YEAR, accounting_year=YEAR, sort="receipt", way="slip", number=1, yen=9, reason="slip",
        source="receipt:none:1", key="x", business_date=AUGUST, actor="account:1",
    )  # fmt: skip
    assert invariant.wrong(ctx) == [invariant.Wrong("receipt:none:1", 0, 9)]


def test_money_of_april_and_may_stands_in_the_year_before_until_it_is_closed():
    _, terms = by_slips()
    slip = slip_of(terms[8])
    for day in (date(2027, 3, 31), date(2027, 4, 1), date(2027, 5, 31)):
        told((slip, 100, day, "final"), file=f"{day:%Y%m%d}00000000")
    close(on(date(2027, 6, 1)), YEAR)
    for day in (date(2027, 5, 31), date(2027, 6, 1), date(2028, 4, 2)):
        told((slip, 101, day, "final"), file=f"{day:%Y%m%d}11111111")
    found = rows(
        "SELECT business_date, yen, accounting_year FROM ledger_entry WHERE sort = 'receipt' ORDER BY id"
    )
    assert [(yen, year) for _, yen, year in found] == [
        (100, 2026), (100, 2026), (100, 2026), (101, 2027), (101, 2027), (101, 2028),
    ]  # fmt: skip


def test_a_suggestion_is_the_slip_that_differs_by_one_digit():
    who, terms = by_slips()
    by_slips()
    right = slip_of(terms[3])
    wrong = right[:-1] + ("0" if right[-1] != "0" else "1")
    told((wrong, terms[3].yen, AUGUST, "final"))
    (found,) = unknown.waiting(on(AUGUST))
    best, *_ = unknown.suggestions(on(AUGUST), found)
    assert (best.person, best.number, best.yen) == (who, 3, terms[3].yen)
    assert best.agrees == ("番号が一字だけ違います", "額が同じです", "未納の額と同じです")


def test_a_clerk_decides_and_a_later_decision_takes_the_earlier_back():
    who, terms = by_slips()
    other, _ = by_slips()
    told(("1", terms[1].yen, AUGUST, "final"))
    (found,) = unknown.waiting(on(AUGUST))
    ctx = on(date(2026, 8, 10))
    before = balances(who), balances(other)
    rulings.pay(ctx, found.id, other, YEAR, "direct", 1, "領収証書を見せてもらった")
    assert unknown.count(ctx) == 0
    assert balances(other)[1] == before[1][1] - terms[1].yen
    rulings.pay(ctx, found.id, who, YEAR, "direct", 1, "別の人だった")
    assert balances(other) == before[1]
    assert balances(who)[1] == 0
    rulings.send_back(ctx, found.id, "この区の人ではなかった")
    assert (balances(who), balances(other)) == before
    assert sum(ledger.trial(ctx).values()) == 0
    assert ledger.trial(ctx)["cash"] == 0


def test_a_booked_payment_moves_to_another_term_and_keeps_its_yen():
    who, terms = by_slips()
    told((slip_of(terms[1]), 5_000, AUGUST, "final"))
    receipt = Receipt.objects.get()
    rulings.pay(on(AUGUST), receipt.id, who, YEAR, "direct", 2, "第2期の分だった")
    assert (balances(who)[1], balances(who)[2]) == (terms[1].yen, terms[2].yen - 5_000)


def test_a_ruling_needs_a_reason_a_term_and_a_final_report():
    who, terms = by_slips()
    told((slip_of(terms[1]), 5_000, AUGUST, "preliminary"), ("1", 1, AUGUST, "final"))
    early, late = Receipt.objects.order_by("id")
    with pytest.raises(Refused, match="理由"):
        rulings.pay(on(AUGUST), late.id, who, YEAR, "direct", 1, " ")
    with pytest.raises(Refused, match="200字"):
        rulings.pay(on(AUGUST), late.id, who, YEAR, "direct", 1, "あ" * 201)
    with pytest.raises(Refused, match="調定されていません"):
        rulings.pay(on(AUGUST), late.id, who, YEAR, "deduction", 4, "理由")
    with pytest.raises(Refused, match="速報"):
        rulings.send_back(on(AUGUST), early.id, "理由")
    assert not rows("SELECT 1 FROM receipts_ruling")


def test_what_was_divided_between_premium_and_late_charge_goes_back_from_both():
    who, _ = by_slips()
    told(("1", 1_000, AUGUST, "final"))
    (found,) = unknown.waiting(on(AUGUST))
    rulings.pay(on(AUGUST), found.id, who, YEAR, "direct", 1, "領収証書")
    post(on(AUGUST), [
        Line(who, found.source, f"{found.source}:{sort}", yen, YEAR, YEAR, sort, "slip", 1, "slip")
        for sort, yen in (("receipt", -300), ("late_receipt", 300))
    ])  # fmt: skip
    rulings.send_back(on(AUGUST), found.id, "他区の納付書")
    sums = "SELECT sort, sum(yen) FROM ledger_entry WHERE source = %s GROUP BY sort ORDER BY sort"
    assert rows(sums, [found.source]) == [("late_receipt", 0), ("receipt", 0)]
    assert invariant.wrong(on(AUGUST)) == []


def test_cash_is_booked_at_once_and_the_day_closes_with_what_was_counted():
    who, terms = by_slips()
    ctx = on(AUGUST)
    for yen, message in ((0, "1円以上"), (-5, "1円以上")):
        with pytest.raises(Refused, match=message):
            cash.take(ctx, who, YEAR, 1, yen)
    with pytest.raises(Refused, match="調定されていません"):
        cash.take(ctx, who, YEAR, 12, 100)
    cash.take(ctx, who, YEAR, 1, terms[1].yen)
    cash.take(ctx, who, YEAR, 2, 700)
    assert balances(who)[1] == 0
    assert cash.booked(AUGUST) == (2, terms[1].yen + 700)
    with pytest.raises(Refused, match="違う理由"):
        cash.close(ctx, terms[1].yen, "")
    made = cash.close(ctx, terms[1].yen, "釣銭を700円多く渡した")
    assert (made.receipts, made.counted_yen, made.booked_yen) == (2, terms[1].yen, terms[1].yen + 700)
    with pytest.raises(Refused, match="日締め"):
        cash.take(ctx, who, YEAR, 3, 100)
    with pytest.raises(Refused, match="日締め"):
        cash.close(ctx, 0, "")
    assert CashClose.objects.count() == 1
