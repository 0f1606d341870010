"""口座振替の依頼: what a bank reads = what the ledger says is open, by two persons, and every line owes an answer."""

from __future__ import annotations

from datetime import date

import pytest
from psycopg.types.range import Range

from kaigo.base.files import store
from kaigo.base.records.context import Context
from kaigo.base.records.facts import believe_rows
from kaigo.base.records.refusal import Refused
from kaigo.insurance.collection.models import Deferral, DeferralTerm
from kaigo.insurance.collection.tests import builders as B
from kaigo.insurance.collection.tests.test_plan import JULY, plan_on
from kaigo.insurance.ledger.post import Line, post
from kaigo.insurance.receipts import debits
from kaigo.insurance.receipts.models import DebitRequest
from kaigo.insurance.release import debit_files, requests
from kaigo.insurance.release.models import OutgoingFile
from kaigo.insurance.residents.models import BankAccount
from kaigo.layouts import agreed as agreements
from kaigo.layouts.reader import read

pytestmark = pytest.mark.django_db
ASKS, APPROVES = Context("account:1", "release", JULY), Context("account:2", "release", JULY)
DUE = "2026-07-31"


@pytest.fixture(autouse=True)
def _two_people(monkeypatch):
    monkeypatch.setattr("kaigo.insurance.release.requests.same_person", lambda one, other: one == other)


def debtor(holder: str = "ミホン ハナコ", bank: str = "0001", branch: str = "001", yen: int = 66_000) -> int:
    """Somebody with a mandate whose terms are to be debited."""
    who = B.person()
    B.insured(who)
    believe_rows(BankAccount, [
        {"person_id": who, "use": "debit", "bank": bank, "branch": branch, "account_kind": "1", "account": "1234567",
         "holder": holder, "effective": Range(date(2020, 1, 1), None), "source": "test:1"}
    ])  # fmt: skip
    B.assess(B.on(JULY), who, yen)
    plan_on(JULY)
    return who


def lines(file: OutgoingFile) -> list[dict]:
    """As the bank's program reads it."""
    reading = read(store.get(file.digest), "bank.debit", insurer=B.INSURER)
    assert not reading.problems and not reading.refused
    return reading.rows.to_dicts()


def sent() -> OutgoingFile:
    asked = debit_files.request(ASKS, B.INSURER, B.YEAR, DUE)
    requests.approve(APPROVES, asked)
    return debit_files.let_out(APPROVES, B.INSURER, asked)


def test_the_file_leaves_by_two_persons_and_the_bank_reads_what_is_open():
    one, two = debtor(), debtor(bank="0005", branch="001")
    # A part of the first term was paid already: the bank is asked for the rest.
    post(ASKS, [Line(one, "t", "t", 1_000, B.YEAR, B.YEAR, "receipt", "debit", 1, "counter")])
    assert debit_files.days(ASKS, B.YEAR)[DUE] == "令和8年7月31日引落し"
    asked = debit_files.request(ASKS, B.INSURER, B.YEAR, DUE)
    with pytest.raises(Refused, match="本人は承認できません"):
        requests.approve(ASKS, asked)
    with pytest.raises(Refused, match="承認されていない"):
        debit_files.let_out(ASKS, B.INSURER, asked)
    requests.approve(APPROVES, asked)
    file = debit_files.let_out(APPROVES, B.INSURER, asked)
    first, second = lines(file)
    assert (first["bank"], int(first["yen"]), first["holder"], first["new_code"]) == (
        "0001",
        7_600,
        "ﾐﾎﾝ ﾊﾅｺ",
        "1",
    )
    assert (second["bank"], int(second["yen"])) == ("0005", 8_600)
    assert file.totals == {"yen": 16_200, "banks": 2, "debit_on": DUE}
    asked_rows = DebitRequest.objects.order_by("id").values_list("person_id", "yen", "reference", "file")
    assert list(asked_rows) == [
        (one, 7_600, first["customer_number"], file.id), (two, 8_600, second["customer_number"], file.id),
    ]  # fmt: skip
    # Nobody is asked twice for one day.
    assert DUE not in debit_files.days(ASKS, B.YEAR)
    with pytest.raises(Refused, match="引き落とす期はありません"):
        debit_files.request(ASKS, B.INSURER, B.YEAR, DUE)
    later = {w.person: w.first for w in debits.wanted(ASKS, date(2026, 8, 31))}
    assert later == {one: False, two: False}


def test_a_payment_between_request_and_release_stops_the_file():
    one = debtor()
    asked = debit_files.request(ASKS, B.INSURER, B.YEAR, DUE)
    requests.approve(APPROVES, asked)
    post(ASKS, [Line(one, "t", "t", 1_000, B.YEAR, B.YEAR, "receipt", "debit", 1, "counter")])
    with pytest.raises(Refused, match="中身が変わりました"):
        debit_files.let_out(APPROVES, B.INSURER, asked)
    assert not DebitRequest.objects.exists()


def test_a_name_that_no_bank_takes_is_named_and_nothing_leaves():
    one = debtor(holder="ミホン" * 11)
    debtor()
    with pytest.raises(requests.Differs) as caught:
        debit_files.request(ASKS, B.INSURER, B.YEAR, DUE)
    assert [(d["person"], d["what"]) for d in caught.value.report.differences] == [(one, "debit_unfit")]


def test_without_an_agreement_with_the_bank_no_file_is_made(monkeypatch):
    debtor()
    monkeypatch.setattr(agreements, "_of", lambda insurer: {})
    with pytest.raises(Refused, match="委託者の取決めがありません"):
        debit_files.request(ASKS, B.INSURER, B.YEAR, DUE)


def test_a_day_that_is_over_is_not_asked_for():
    """The file says month and day alone: a bank would take a day that is over for next year's."""
    debtor()
    late = Context("account:1", "release", date(2026, 9, 1))
    assert next(iter(debit_files.days(late, B.YEAR))) == "2026-09-30"
    asked = debit_files.request(ASKS, B.INSURER, B.YEAR, DUE)
    requests.approve(APPROVES, asked)
    for day in (date(2026, 7, 31), date(2026, 8, 1)):
        with pytest.raises(Refused, match="が過ぎています"):
            debit_files.let_out(Context("account:2", "release", day), B.INSURER, asked)


def test_a_term_whose_deferral_runs_is_not_debited():
    one, two = debtor(), debtor(bank="0005")
    day = date(2026, 7, 10)
    for who, until in ((one, date(2026, 8, 1)), (two, date(2026, 7, 31))):
        made = Deferral.objects.create(
            person_id=who, what="granted", ground="disaster", start_on=day, end_on=until, facts=[], reasons=[], law="",
            note="", asked_by="account:1", decided_on=day, actor="account:2",
        )  # fmt: skip
        DeferralTerm.objects.create(deferral=made, person_id=who, fiscal_year=B.YEAR, kind="direct", number=1)
    assert [asked.person for asked in debits.wanted(ASKS, date(2026, 7, 31))] == [two]
    assert [asked.person for asked in debits.wanted(ASKS, date(2026, 8, 31))] == [one, two]
