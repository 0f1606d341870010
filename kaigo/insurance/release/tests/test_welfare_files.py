"""代理納付の依頼: what the welfare office reads = what the ledger says is open, by two persons."""

from __future__ import annotations

from datetime import date

import pytest

from kaigo.base.files import store
from kaigo.base.records.context import Context
from kaigo.base.records.refusal import Refused
from kaigo.insurance.collection.tests import builders as B
from kaigo.insurance.collection.tests.test_plan import JULY, plan_on
from kaigo.insurance.ledger.post import Line, post
from kaigo.insurance.qualification.models import InsuredNumber
from kaigo.insurance.release import leaving, requests, subjects, welfare_files
from kaigo.insurance.residents.models import AddresseeNumber
from kaigo.layouts.reader import read

pytestmark = pytest.mark.django_db
ASKS, APPROVES = Context("account:1", "release", JULY), Context("account:2", "release", JULY)
MONTH = "2026-07-01"


@pytest.fixture(autouse=True)
def _two_people(monkeypatch):
    monkeypatch.setattr("kaigo.insurance.release.requests.same_person", lambda one, other: one == other)


def assisted(serial: int, substitute: bool = True) -> int:
    """Somebody on public assistance, whose premium the welfare office pays or not."""
    who = B.person()
    B.insured(who)
    B.welfare(who, date(2020, 1, 1), substitute=substitute)
    InsuredNumber.objects.create(person_id=who, number=f"{serial:010d}")
    AddresseeNumber.objects.create(person_id=who, number=f"{serial:015d}")
    B.assess(B.on(JULY), who, 66_000)
    plan_on(JULY)
    return who


def test_the_list_leaves_by_two_persons_and_says_what_is_open():
    one = assisted(1)
    assisted(2, substitute=False)
    post(ASKS, [Line(one, "t", "t", 600, B.YEAR, B.YEAR, "receipt", "substitute", 1, "substitute")])
    assert welfare_files.months(ASKS, B.YEAR)[MONTH] == "令和8年7月に納期限の来る期"
    asked = welfare_files.request(ASKS, B.INSURER, B.YEAR, MONTH)
    with pytest.raises(Refused, match="本人は承認できません"):
        requests.approve(ASKS, asked)
    requests.approve(APPROVES, asked)
    file = welfare_files.let_out(APPROVES, B.INSURER, asked)
    reading = read(store.get(file.digest), welfare_files.LAYOUT, insurer=B.INSURER)
    assert not reading.problems and not reading.refused
    (line,) = reading.rows.drop("line").to_dicts()
    assert (line["addressee"], line["insured_number"], line["case_number"]) == (
        "0" * 14 + "1",
        "0" * 9 + "1",
        "1",
    )
    assert (line["fiscal_year"], line["instalment"], line["yen"], line["due_on"]) == (
        "2026",
        "1",
        "8000",
        "20260731",
    )
    assert file.totals == {"people": 1, "yen": 8_000, "month": MONTH}


def test_what_was_paid_between_asking_and_leaving_stops_the_file():
    one = assisted(1)
    asked = welfare_files.request(ASKS, B.INSURER, B.YEAR, MONTH)
    requests.approve(APPROVES, asked)
    post(ASKS, [Line(one, "t", "t", 600, B.YEAR, B.YEAR, "receipt", "substitute", 1, "substitute")])
    with pytest.raises(Refused, match="中身が変わりました"):
        welfare_files.let_out(APPROVES, B.INSURER, asked)


def test_a_line_that_the_office_could_not_read_is_named_and_stops_the_file():
    assisted(1)
    other = B.person()
    B.insured(other)
    B.welfare(other, date(2020, 1, 1))
    B.assess(B.on(JULY), other, 66_000)
    plan_on(JULY)
    with pytest.raises(requests.Differs) as caught:
        welfare_files.request(ASKS, B.INSURER, B.YEAR, MONTH)
    assert [(d["person"], d["what"]) for d in caught.value.report.differences] == [(other, "welfare_unfit")]


def test_a_month_without_such_terms_has_no_file():
    assisted(1, substitute=False)
    assert welfare_files.months(ASKS, B.YEAR) == {}
    with pytest.raises(Refused, match="代理納付を依頼する期はありません"):
        welfare_files.request(ASKS, B.INSURER, B.YEAR, MONTH)


def test_every_file_that_may_leave_has_a_name_and_a_receiver():
    assert set(leaving.KINDS) == set(subjects.FILES)
    assert [one for one, file in subjects.FILES.items() if not file.receiver] == [
        "exchange"
    ]  # its list names the host
