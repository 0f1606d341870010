"""The file to the pension payers: file = plan = letter, or no file."""

from datetime import date

import pytest

from kaigo.base.files import store
from kaigo.insurance.collection import request as prepared
from kaigo.insurance.collection.models import DeductionRequest, DeductionTarget, Plan
from kaigo.insurance.collection.tests import builders as B
from kaigo.insurance.notices import decide as notices
from kaigo.insurance.notices.models import Draft
from kaigo.insurance.notices.tests import builders as N
from kaigo.insurance.release import files, requests
from kaigo.insurance.release.models import OutgoingFile, Request

pytestmark = pytest.mark.django_db
ASKS, APPROVES = N.on(), N.on(actor="account:2")


@pytest.fixture
def row(monkeypatch):
    """Collection reads the payers' own records for its file; here the rows are made, with the amounts of the plans."""

    def make(*people: int, add: int = 0):
        rows = []
        for who in people:
            plan = Plan.objects.get(person_id=who, superseded_by__isnull=True)
            yen = {i.number: i.yen for i in plan.instalments.filter(way="deduction")}
            target = DeductionTarget.objects.get(person_id=who)
            rows.append(
                prepared.RequestRow(
                    who, plan.id, target.id, "01", "01", "001", yen[10] + add, yen[12], yen[14]
                )
            )
        made = prepared.Prepared("01", N.YEAR, repr(rows).encode(), rows, {"records": len(rows)}, [])
        monkeypatch.setattr(files.requests_of_collection, "prepare", lambda *_: made)

    return make


def deducted(name: str = "見本 花子") -> int:
    """Somebody whose deduction begins in October."""
    who = N.insured(name)
    B.target(who)
    N.assess(who)
    N.plan(who)
    return who


def draft() -> None:
    notices.draft_premium(ASKS, N.INSURER, N.YEAR)


def test_the_file_leaves_by_two_persons_when_everything_agrees(row):
    who = deducted()
    draft()
    row(who)
    asked = files.release_request(ASKS, N.INSURER, N.YEAR)
    totals = asked.gate.totals
    assert (
        totals["file_yen"] == totals["decisions_yen"] == totals["letters_yen"] > 0 and totals["queued"] == 1
    )
    with pytest.raises(requests.Refused, match="本人は承認できません"):
        requests.approve(ASKS, asked)
    with pytest.raises(requests.Refused, match="承認されていない"):
        files.let_out(ASKS, N.INSURER, asked)
    requests.approve(APPROVES, asked)
    sent = files.let_out(APPROVES, N.INSURER, asked)
    assert store.get(sent.digest) and (sent.requested_by, sent.approved_by) == ("account:1", "account:2")
    noted = DeductionRequest.objects.get()
    assert (noted.person_id, noted.file) == (who, sent.id)


def test_a_file_leaves_once_whoever_presses_again(row):
    """Two people have the approved request on their screens; the second let-out meets what the first did."""
    who = deducted()
    draft()
    row(who)
    asked = files.release_request(ASKS, N.INSURER, N.YEAR)
    requests.approve(APPROVES, asked)
    again, given_up = (Request.objects.get(id=asked.id) for _ in range(2))
    files.let_out(APPROVES, N.INSURER, asked)
    with pytest.raises(requests.Refused, match="承認されていない"):
        files.let_out(ASKS, N.INSURER, again)
    with pytest.raises(requests.Refused, match="終わった依頼"):
        requests.abandon(ASKS, given_up)
    assert (OutgoingFile.objects.count(), DeductionRequest.objects.count()) == (1, 1)


def test_one_yen_in_the_file_stops_it(row):
    """I22: what is asked of the payer is not what was decided and told."""
    who = deducted()
    draft()
    row(who, add=1)
    with pytest.raises(requests.Differs):
        files.release_request(ASKS, N.INSURER, N.YEAR)
    assert files.compare_request(ASKS, N.INSURER, N.YEAR).report.differences[0]["what"] == "plan"
    assert not OutgoingFile.objects.exists()


def test_an_amount_that_nobody_was_told_stops_it(row):
    who = deducted()
    row(who)
    report = files.compare_request(ASKS, N.INSURER, N.YEAR).report
    assert [d["what"] for d in report.differences] == ["letter_none"]


def test_an_amount_other_than_the_last_letter_stops_it_until_its_change_is_queued(row):
    who = deducted()
    draft()
    told = Draft.objects.get(person_id=who)
    notices.note_issued(ASKS, [(told.id, "令8見介特第1号", ASKS.on)])
    N.assess(who, 96_720, 7, "revision", told.assessment_id, date(2026, 7, 20))
    N.plan(who, day=date(2026, 7, 20))
    row(who)
    report = files.compare_request(ASKS, N.INSURER, N.YEAR).report
    assert [d["what"] for d in report.differences] == ["letter_amount"]
    notices.draft_changes(ASKS, N.INSURER, N.YEAR)
    report = files.compare_request(ASKS, N.INSURER, N.YEAR).report
    assert report.difference_count == 0 and report.totals["queued"] == 1


def test_a_held_letter_is_a_coded_reason(row):
    who = deducted()
    N.stop(who)
    draft()
    row(who)
    report = files.compare_request(ASKS, N.INSURER, N.YEAR).report
    assert report.difference_count == 0 and report.totals["held"] == {"stopped": 1}


def test_a_file_that_changed_after_approval_stays(row):
    one, two = deducted(), deducted("見本 太郎")
    draft()
    row(one)
    asked = files.release_request(ASKS, N.INSURER, N.YEAR)
    requests.approve(APPROVES, asked)
    row(one, two)
    with pytest.raises(requests.Refused, match="中身が変わりました"):
        files.let_out(APPROVES, N.INSURER, asked)
    assert not DeductionRequest.objects.exists()


SEPTEMBER = date(2026, 9, 15)


@pytest.fixture
def stop(row, monkeypatch):
    """Somebody who was told and asked for and moved away in September, so that his payer is to stop (file 41)."""
    who = deducted()
    draft()
    told = Draft.objects.get(person_id=who)
    row(who)
    asked = files.release_request(ASKS, N.INSURER, N.YEAR)
    requests.approve(APPROVES, asked)
    files.let_out(APPROVES, N.INSURER, asked)
    notices.note_issued(ASKS, [(told.id, "令8見介特第1号", ASKS.on)])
    B.lose(who, date(2026, 9, 2), "51")
    N.assess(who, 31_000, 5, "revision", told.assessment_id, SEPTEMBER, months=5)
    N.plan(who, day=SEPTEMBER)

    def prepare(ctx, insurer, fiscal_year, code):
        plans = Plan.objects.filter(superseded_by__isnull=True)
        target = DeductionTarget.objects.get(person_id=who)
        rows = [prepared.RequestRow(p.person_id, p.id, target.id, code, "02", "001", 0, 0, 0) for p in plans]
        return prepared.Prepared(code, N.YEAR, repr(rows).encode(), rows, {"records": len(rows)}, [])

    monkeypatch.setattr(files.requests_of_collection, "prepare", prepare)
    assert Plan.objects.get(superseded_by__isnull=True).request == "stop"
    return who


def test_a_stop_leaves_by_two_persons_only_when_its_change_is_told_or_waits(stop):
    """I22: whoever's deduction stops has his change letter before the payer is told."""
    asks, approves = N.on(SEPTEMBER), N.on(SEPTEMBER, "account:2")
    report = files.compare_request(asks, N.INSURER, N.YEAR, "41").report
    assert (report.subject, [d["what"] for d in report.differences]) == (
        "file:pension.special_collection:41",
        ["letter_amount"],
    )
    with pytest.raises(requests.Differs):
        files.release_request(asks, N.INSURER, N.YEAR, "41")
    assert notices.draft_changes(asks, N.INSURER, N.YEAR)["drafts"] == 1
    asked = files.release_request(asks, N.INSURER, N.YEAR, "41")
    assert (asked.gate.totals["records"], asked.gate.totals["queued"]) == (1, 1)
    with pytest.raises(requests.Refused, match="本人は承認できません"):
        requests.approve(asks, asked)
    requests.approve(approves, asked)
    sent = files.let_out(approves, N.INSURER, asked)
    assert (sent.name, sent.records) == ("13199_41_20260915.dat", 1)
    assert [r.code for r in DeductionRequest.objects.filter(person_id=stop).order_by("id")] == ["01", "41"]


def test_a_stop_of_somebody_whose_deduction_goes_on_stops_the_file(stop):
    going_on = deducted("見本 太郎")
    draft()
    assert Plan.objects.get(person_id=going_on).request != "stop"
    notices.draft_changes(N.on(SEPTEMBER), N.INSURER, N.YEAR)
    report = files.compare_request(N.on(SEPTEMBER), N.INSURER, N.YEAR, "41").report
    assert [(d["person"], d["what"]) for d in report.differences] == [(going_on, "plan")]
