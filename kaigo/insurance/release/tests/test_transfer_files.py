"""The transfer file of refunds: file = decisions = ledger, two persons, read back; what the bank returns is reversed."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from kaigo.base.files import store
from kaigo.base.records.refusal import Refused
from kaigo.base.records.rows import rows
from kaigo.insurance.certificates.tests.asking import ask, text
from kaigo.insurance.ledger.post import Line, post
from kaigo.insurance.refunds import decide, read, transfers
from kaigo.insurance.refunds.models import Payee, Transfer
from kaigo.insurance.refunds.tests import builders as R
from kaigo.insurance.release import read as released
from kaigo.insurance.release import requests, screens, transfer_files
from kaigo.insurance.release.models import OutgoingFile, Request
from kaigo.layouts.reader import read as read_file

pytestmark = pytest.mark.django_db
ASKS, APPROVES = R.on(), R.on(account=2)
DAY = "2026-09-15"


def too_much(yen: int = 1_000, account: str = "1234567", name: str = "見本 花子") -> int:
    who = R.payer(name=name)
    R.pay_all(who)
    R.pay(who, 1, yen, R.AUGUST)
    R.register(who, R.ACCOUNT._replace(account=account))
    return who


def asked() -> Request:
    return transfer_files.request(ASKS, R.INSURER, R.YEAR, DAY)


def out() -> OutgoingFile:
    request = asked()
    requests.approve(APPROVES, request)
    return transfer_files.let_out(APPROVES, R.INSURER, request)


def differences() -> list[tuple[int, str]]:
    report, _ = transfer_files.compare(ASKS, R.INSURER, R.YEAR, DAY)
    return [(d["person"], d["what"]) for d in report.differences]


def test_the_file_is_what_two_persons_approved_and_is_booked_when_it_is_out():
    one, other = too_much(), too_much(2_500, "7654321", "見本 太郎")
    R.approved(one)
    R.approved(other)
    waits = asked()
    assert waits.gate.totals | {"digest": ""} == {
        "records": 2, "file_yen": 3_500, "decisions_yen": 3_500, "interest_yen": 0, "digest": "",
    }  # fmt: skip
    with pytest.raises(Refused, match="本人は承認できません"):
        requests.approve(ASKS, waits)
    with pytest.raises(Refused, match="承認されていない"):
        transfer_files.let_out(APPROVES, R.INSURER, waits)
    with pytest.raises(Refused, match="依頼がすでに"):
        transfer_files.request(ASKS, R.INSURER, R.YEAR, "2026-09-16")
    requests.approve(APPROVES, waits)
    assert not rows("SELECT 1 FROM ledger_entry WHERE sort = 'refund'")
    file = transfer_files.let_out(APPROVES, R.INSURER, waits)
    assert (file.layout, file.records, file.totals["file_yen"]) == ("bank.transfer", 2, 3_500)
    booked = rows(
        "SELECT person_id, yen, accounting_year, reason FROM ledger_entry WHERE sort = 'refund' ORDER BY id"
    )
    assert booked == [(one, 1_000, R.YEAR, "income"), (other, 2_500, R.YEAR, "income")]
    assert R.terms(one)["direct", 1].balance == 0
    assert {p.state for who in (one, other) for p in read.history(ASKS, who)} == {"sent"}
    with pytest.raises(Refused, match="振込を待っている還付がありません"):
        asked()


def test_the_written_bytes_have_the_form_of_a_file_that_others_wrote():
    """The sample is of the fixtures of zengin4j (Apache-2.0): record lengths, order, fields of the same kind."""
    R.approved(too_much())
    content = store.get(out().digest)
    sample = _sample()
    assert len(content) == 120 * 4 and [content[n : n + 1] for n in range(0, 480, 120)] == [
        b"1",
        b"2",
        b"8",
        b"9",
    ]
    theirs = sample.split(b"\r")
    assert [record[:1] for record in theirs if record] == [b"1", b"2", b"2", b"8", b"9"]
    assert {len(record) for record in theirs if record} == {120}
    # Head: kind 21, code 0; data: digits where theirs are digits; tail: count and sum at the same places.
    assert content[1:4] == theirs[0][1:4] == b"210"
    for start, end in ((1, 5), (20, 23), (42, 50), (80, 91)):
        assert content[120 + start : 120 + end].isdigit() and theirs[1][start:end].isdigit()
    assert (content[241:247], content[247:259]) == (b"000001", b"000000001000")
    assert content[360:] == theirs[4] == b"9" + b" " * 119
    ours, said = read_file(content, "bank.transfer"), read_file(sample, "bank.transfer")
    assert not ours.problems and not ours.refused and not said.problems
    assert ours.rows.columns == said.rows.columns
    (line,) = ours.rows.to_dicts()
    assert (line["bank"], line["branch"], line["account"], line["holder"], int(line["yen"])) == (
        "0001", "001", "1234567", "ﾐﾎﾝ ﾊﾅｺ", 1_000,
    )  # fmt: skip
    assert (line["transfer_on"], line["consignor"]) == ("0915", "0131997001")


def _sample() -> bytes:
    """A copy of the published sample, kept beside the layouts' tests."""
    here = Path(__file__).resolve().parents[3] / "layouts" / "tests"
    return next(here.rglob("sougou-furikomi.txt")).read_bytes()


def test_the_pages_of_the_gate_ask_show_and_hand_over_the_file():
    may = {"release.runs", "release.view", "release.request", "release.approve"}
    R.approved(too_much())
    page = text(ask(screens, "gate", None, may, day=R.SEPTEMBER))
    assert "還付の総合振込" in page and "令和8年9月11日" in page
    asks = {"subject": "transfer", "what": DAY, "year": "2026"}
    assert ask(screens, "compare", asks, may, day=R.SEPTEMBER).status_code == 302
    assert ask(screens, "ask", asks, may, day=R.SEPTEMBER).status_code == 302
    row = Request.objects.get()
    assert "令和8年9月15日に振込み" in text(ask(screens, "asked", None, may, day=R.SEPTEMBER, asked=row.id))
    for act in ("approve", "print"):
        assert ask(screens, act, {}, may, 2, R.SEPTEMBER, asked=row.id).status_code == 302
    file = OutgoingFile.objects.get()
    assert "振り込む額 1,000 円" in text(ask(screens, "file", None, may, day=R.SEPTEMBER, file=file.id))
    answer = ask(screens, "content", None, may, day=R.SEPTEMBER, file=file.id)
    assert (
        answer.content == store.get(file.digest) and "refunds_20260915.txt" in answer["Content-Disposition"]
    )
    assert "還付の総合振込" in text(ask(screens, "report", None, may, day=R.SEPTEMBER, report=file.gate_id))
    assert released.recipients(ASKS, [f"release_file:{file.id}"]) == {
        f"release_file:{file.id}": "指定金融機関"
    }


def test_a_term_that_was_levied_again_stops_the_file():
    who = too_much()
    R.approved(who)
    assert differences() == []
    post(R.on(), [Line(who, "p", "p", 400, R.YEAR, R.YEAR, "adjust", "slip", 1, "revision")])
    assert differences() == [(who, "transfer_ledger")]
    with pytest.raises(requests.Differs):
        asked()


def test_an_account_that_changed_or_became_a_strangers_stops_the_file():
    who, stranger = too_much(), R.payer(name="見本 太郎")
    R.approved(who)
    request = asked()
    requests.approve(APPROVES, request)
    R.refund_account(stranger, "1234567")
    assert differences() == [(who, "transfer_shared")]
    R.register(who, R.ACCOUNT._replace(account="5555555"))
    assert differences() == [(who, "transfer_payee")]
    with pytest.raises(requests.Differs):
        transfer_files.let_out(APPROVES, R.INSURER, request)
    assert not Transfer.objects.exists() and not OutgoingFile.objects.exists()


def test_bytes_that_say_something_else_stop_the_file(monkeypatch):
    who = too_much()
    R.approved(who)
    write = transfers.write_fixed
    monkeypatch.setattr(
        transfers,
        "write_fixed",
        lambda name, head, lines: write(name, head, [row | {"yen": "9999"} for row in lines]),
    )
    assert differences() == [(who, "transfer_file")]


def test_without_an_agreement_with_the_bank_there_is_no_file():
    R.approved(too_much())
    with pytest.raises(Refused, match=r"委託者.*取決めがありません"):
        transfer_files.request(ASKS, "131202", R.YEAR, DAY)


def test_only_bank_days_ahead_can_be_chosen():
    R.approved(too_much())
    for day in ("2026-09-12", "2026-09-10", "2026-09-21"):  # Saturday, today, holiday
        with pytest.raises(Refused, match="営業日"):
            transfer_files.request(ASKS, R.INSURER, R.YEAR, day)
    request = asked()
    requests.approve(APPROVES, request)
    with pytest.raises(Refused, match="過ぎています"):
        transfer_files.let_out(R.on(date(2026, 9, 15), 2), R.INSURER, request)


def test_a_returned_transfer_is_reversed_and_can_be_paid_to_another_account():
    who = too_much(50_000, name="見本 次郎")
    day = date(2026, 12, 1)
    made = R.approved(who, day)
    assert made.interest_yen == 0 and made.refund_yen == 50_000
    transfers.note_sent(R.on(day), 1, date(2026, 12, 4), [made.id])
    row = Transfer.objects.get()
    with pytest.raises(Refused, match="理由を選んで"):
        transfers.take_back(R.on(day), row.id, "x", "")
    transfers.take_back(R.on(date(2026, 12, 8)), row.id, "no_account", "口座番号の誤り")
    with pytest.raises(Refused, match="もう戻っています"):
        transfers.take_back(R.on(day), row.id, "no_account", "")
    assert R.terms(who)["direct", 1].balance == -50_000
    assert read.one(ASKS, made.id).state == "returned"
    assert [case.yen for case in read.cases(ASKS, who)] == [50_000]
    R.register(who, R.ACCOUNT._replace(account="3333333"))
    again = decide.propose(R.on(date(2026, 12, 28)), who, Payee.objects.get().id)
    assert (again.refund_yen, again.interest_yen) == (50_000, 0)


def test_the_interest_of_a_returned_transfer_ends_with_its_first_decision():
    who = too_much(900_000)
    day = date(2026, 12, 1)
    made = R.approved(who, day)
    transfers.note_sent(R.on(day), 1, date(2026, 12, 4), [made.id])
    assert made.interest_yen > 0
    paid = rows(
        "SELECT sort, sum(yen) FROM ledger_entry WHERE sort IN ('refund', 'interest') GROUP BY 1 ORDER BY 1"
    )
    assert paid == [("interest", made.interest_yen), ("refund", 900_000)]
    transfers.take_back(R.on(date(2026, 12, 8)), Transfer.objects.get().id, "closed", "")
    assert rows("SELECT sum(yen) FROM ledger_entry WHERE sort IN ('refund', 'interest')") == [(0,)]
    again = decide.propose(R.on(date(2026, 12, 31)), who, Payee.objects.get().id)
    assert again.interest_yen == made.interest_yen
