"""Every channel's file, written in its layout, taken in by feeds and booked: what it says is what the ledger says."""

from __future__ import annotations

from datetime import date

import pytest

from kaigo.base.feeds.decide import receive
from kaigo.base.feeds.read import open_repairs
from kaigo.base.records.context import acting
from kaigo.base.records.rows import rows
from kaigo.insurance.collection.models import DeductionRequest, DeductionTarget, Instalment
from kaigo.insurance.collection.slips import reference_of
from kaigo.insurance.collection.tests.builders import (
    INSURER,
    YEAR,
    assess,
    february,
    insured,
    mandate,
    on,
    person,
    target,
    welfare,
)  # fmt: skip
from kaigo.insurance.collection.tests.test_plan import JULY, plan_on
from kaigo.insurance.ledger import read as ledger
from kaigo.insurance.receipts import debits, read, unknown
from kaigo.insurance.receipts.models import DebitResult, Receipt
from kaigo.insurance.receipts.take import take as take_in
from kaigo.insurance.residents.models import AddresseeNumber
from kaigo.layouts.barcode import of_slip
from kaigo.layouts.slip import parse
from kaigo.layouts.writer import write_csv, write_fixed

pytestmark = pytest.mark.usefixtures("street")
AUGUST = date(2026, 8, 3)
DUE = date(2026, 7, 31)
_sequence: dict[str, int] = {}


@pytest.fixture(autouse=True)
def _from_one():
    _sequence.clear()


def take(ctx):
    with acting(ctx):
        return take_in(ctx)


def received(day: date, content: bytes, layout: str) -> str:
    """A file comes in; its state."""
    with acting(on(day)):
        return receive(on(day), INSURER, f"{layout}.csv", content, layout).state


def debtor(way: str = "slip", yen: int = 66_000) -> tuple[int, dict[int, Instalment]]:
    """Somebody who pays directly, in a way, and his terms by number."""
    with acting(on(JULY)):
        who = person()
        insured(who)
        if way == "debit":
            mandate(who, date(2020, 1, 1))
        if way == "substitute":
            welfare(who, date(2020, 1, 1))
        assess(on(JULY), who, yen)
        plan_on(JULY)
    return who, {
        i.number: i for i in Instalment.objects.filter(person_id=who, plan__superseded_by__isnull=True)
    }


def slip(part: Instalment) -> str:
    return reference_of(part.fiscal_year, part.way, part.id, part.number)


def send(layout: str, lines: list[dict[str, str]], day: date = AUGUST) -> str:
    """A file comes in; its state."""
    _sequence[layout] = _sequence.get(layout, 0) + 1
    content = write_csv(layout, INSURER, day, _sequence[layout], "changes", lines)
    return received(day, content, layout)


def store(
    part: Instalment, kind: str, yen: int | None = None, at: str = "20260801101200", store="101"
) -> dict[str, str]:
    barcode = of_slip("912345", parse(slip(part)), None, yen or part.yen, most=None)
    return {
        "barcode": barcode, "kind": kind, "paid_at": at, "chain": "1", "store": store, "yen": str(yen or part.yen),
        "booked_on": "20260803", "settled_on": "20260805" if kind == "02" else "",
    }  # fmt: skip


def balances(who: int, kind: str = "direct") -> dict[int, int]:
    return {t.number: t.balance for t in ledger.terms(on(JULY), who) if t.kind == kind}


def test_a_store_reports_first_and_pays_later():
    who, terms = debtor()
    assert (
        send("agency.store_receipts", [store(terms[1], "01"), store(terms[2], "01", at="20260801101300")])
        == "accepted"
    )
    assert take(on(AUGUST))["preliminary"] == 2
    assert balances(who)[1] == terms[1].yen
    assert {row[2] for row in rows(read.preliminary_sql())} == {1, 2}
    send("agency.store_receipts", [store(terms[1], "02"), store(terms[2], "03", at="20260801101300")])
    done = take(on(AUGUST))
    assert (done["booked"], done["preliminary"]) == (1, 1)
    assert (balances(who)[1], balances(who)[2]) == (0, terms[2].yen)
    assert rows(read.preliminary_sql()) == []
    assert rows("SELECT business_date, reason FROM ledger_entry WHERE sort = 'receipt'") == [
        (date(2026, 8, 5), "store")
    ]


def test_pay_easy_is_booked_and_a_misread_number_is_nobodys():
    who, terms = debtor()
    right = slip(terms[1])
    wrong = slip(terms[2])[:-1] + str((int(slip(terms[2])[-1]) + 1) % 10)
    line = {"payee_number": "13199", "confirmation_number": "123456", "payment_category": "1", "yen": "8200",
            "paid_at": "20260801101200", "bank": "0001", "settled_on": "20260804"}  # fmt: skip
    send("bank.payeasy_receipts", [line | {"payment_number": right}, line | {"payment_number": wrong}])
    done = take(on(AUGUST))
    assert (done["booked"], done["open"]) == (1, 1)
    assert balances(who)[1] == terms[1].yen - 8_200
    assert [u.why for u in unknown.waiting(on(AUGUST))] == ["reference"]


def test_the_bank_reports_what_was_paid_at_its_counter():
    who, terms = debtor()
    line = {"payee_number": "13199", "yen": str(terms[1].yen), "paid_on": "20260731", "bank": "0001", "branch": "001",
            "settled_on": "20260803", "number": "000000000001", "slip_number": slip(terms[1])}  # fmt: skip
    assert send("bank.slip_receipts", [line]) == "accepted"
    take(on(AUGUST))
    assert balances(who)[1] == 0
    assert Receipt.objects.values_list("paid_on", "settled_on").get() == (DUE, AUGUST)
    # The same file again is recognised, and the same run again finds nothing new.
    _sequence.clear()
    assert send("bank.slip_receipts", [line]) == "repeated"
    assert take(on(AUGUST))["lines"] == 0


def test_the_welfare_office_pays_for_people_and_says_whom_it_could_not():
    who, terms = debtor("substitute")
    AddresseeNumber.objects.create(person_id=who, number="000000000000001")
    line = {"addressee": "000000000000001", "insured_number": "0000000001", "fiscal_year": str(YEAR), "instalment": "1",
            "outcome": "1", "yen": str(terms[1].yen), "paid_on": "20260731"}  # fmt: skip
    send("welfare.substitute_receipts", [
        line | {"number": "000000000001"},
        line | {"number": "000000000002", "instalment": "2", "outcome": "3", "why": "1", "yen": "0", "paid_on": ""},
        line | {"number": "000000000003", "addressee": "000000000000009"},
    ])  # fmt: skip
    done = take(on(AUGUST))
    assert (done["booked"], done["open"]) == (1, 1)
    assert (balances(who)[1], balances(who)[2]) == (0, terms[2].yen)
    assert [u.why for u in unknown.waiting(on(AUGUST))] == ["person"]


HEAD = {"type_code": "91", "code_kind": "0", "consignor": "0000131997", "consignor_name": "ﾐﾎﾝｸ", "debit_on": "0731",
        "our_bank": "0001", "our_bank_name": "ﾐﾎﾝ", "our_branch": "001", "our_branch_name": "ﾎﾝﾃﾝ"}  # fmt: skip


def answer(asked: list[tuple[debits.Wanted, str]], **other: str) -> str:
    """The bank's result file of debits (who, result code)."""
    lines = [
        {"bank": w.bank, "bank_name": "ﾐﾎﾝ", "branch": w.branch, "branch_name": "ﾎﾝﾃﾝ", "account_kind": w.account_kind,
         "account": w.account, "holder": "ﾐﾎﾝ ﾊﾅｺ", "yen": str(w.yen), "new_code": "0", "customer_number": w.reference,
         "result": code} | other
        for w, code in asked
    ]  # fmt: skip
    content = write_fixed("bank.debit", HEAD, lines)
    return received(AUGUST, content, "bank.debit_result")


def test_a_bank_is_asked_for_what_is_open_and_answers_with_money_or_a_reason():
    one, first = debtor("debit")
    two, second = debtor("debit")
    asked = debits.wanted(on(JULY), DUE)
    assert [(w.person, w.number, w.yen) for w in asked] == [(one, 1, first[1].yen), (two, 1, second[1].yen)]
    assert debits.note_requested(on(JULY), DUE, 1, asked) == 2
    assert debits.wanted(on(JULY), DUE) == []
    assert answer([(asked[0], "0"), (asked[1], "1")]) == "accepted"
    done = take(on(AUGUST))
    assert (done["booked"], done["bounced"]) == (1, 1)
    assert (balances(one)[1], balances(two)[1]) == (0, second[1].yen)
    assert rows(read.bounced_sql()) == [(two, YEAR, 1, DUE, "1", second[1].yen)]
    (day,) = read.debit_days(on(AUGUST))
    assert (day.asked, day.done, day.bounced, day.waiting, day.codes) == (2, 1, 1, 0, (("資金不足", 1),))
    assert rows("SELECT business_date FROM ledger_entry WHERE sort = 'receipt'") == [(DUE,)]


def test_a_result_that_fits_no_request_books_nothing():
    one, first = debtor("debit")
    (asked,) = debits.wanted(on(JULY), DUE)
    # Nobody asked: money waits for a clerk, an answer without money goes to the lines to repair.
    answer([(asked, "0"), (asked._replace(account="7654321"), "2")])
    done = take(on(AUGUST))
    assert (done["booked"], done["open"], done["bounced"]) == (0, 1, 0)
    assert [u.why for u in unknown.waiting(on(AUGUST))] == ["request"]
    (line,) = open_repairs(on(AUGUST))
    assert (line.room, line.errors[0]["rule"]) == ("receipts", "receipts.debit")
    assert "依頼していません" in line.errors[0]["message"]
    assert balances(one)[1] == first[1].yen


def test_an_answer_with_another_amount_or_a_second_answer_books_nothing():
    one, first = debtor("debit")
    (asked,) = debits.wanted(on(JULY), DUE)
    debits.note_requested(on(JULY), DUE, 1, [asked])
    answer([(asked._replace(yen=asked.yen + 1), "0")])
    take(on(AUGUST))
    assert [u.why for u in unknown.waiting(on(AUGUST))] == ["amount"]
    assert balances(one)[1] == first[1].yen
    answer([(asked, "0")])
    assert take(on(AUGUST))["booked"] == 1
    answer([(asked, "0")], account="7654321")
    take(on(AUGUST))
    assert [u.why for u in unknown.waiting(on(AUGUST))] == ["amount", "twice"]
    assert DebitResult.objects.count() == 1
    assert balances(one)[1] == 0


def test_what_was_taken_from_pensions_is_booked_by_month():
    with acting(on(JULY)):
        who = person()
        insured(who)
        february(who, 9_000)
        record = target(who)
        assess(on(JULY), who, 54_000)
        plan_on(JULY)
        DeductionRequest.objects.create(
            person_id=who, fiscal_year=YEAR, code="01", kind="01", payer=record.payer, target=record, yen1=9_000,
            yen2=9_000, yen3=9_000, file=1,
        )  # fmt: skip
    head = {"municipality": INSURER[:5], "payer": record.payer, "notice": "22", "medium": "6", "scheme": "0",
            "made_on": "20261105"}  # fmt: skip
    line = {"basic_pension_number": record.basic_pension_number, "pension_code": "1150", "birth": "19500505", "sex": "2",
            "kana": "ﾐﾎﾝ ﾊﾅｺ", "name": "見本 花子", "kind": "00", "result": "00", "yen1": "9000"}  # fmt: skip
    content = write_fixed(
        "pension.special_collection", head, [line, line | {"basic_pension_number": "9999999999"}]
    )
    assert received(AUGUST, content, "pension.special_collection") == "accepted"
    before = balances(who, "deduction")
    done = take(on(date(2026, 11, 6)))
    assert (done["booked"], done["open"]) == (1, 1)
    assert balances(who, "deduction") == before | {10: before[10] - 9_000}
    assert rows("SELECT business_date, number FROM ledger_entry WHERE sort = 'receipt'") == [
        (date(2026, 11, 10), 10)
    ]
    assert DeductionTarget.objects.count() == 1
