"""Every check of the gate, broken on purpose one at a time: what is wrong is named, and nothing goes out."""

from datetime import date

import pytest
from django.db import IntegrityError, transaction
from psycopg.errors import UniqueViolation

from kaigo.base.paper import press
from kaigo.base.records.refusal import Refused
from kaigo.insurance.certificates import decide as certificates
from kaigo.insurance.notices import decide as notices
from kaigo.insurance.notices.holds import FREE
from kaigo.insurance.notices.models import Content, Draft, Issue
from kaigo.insurance.notices.save import Drafted, save
from kaigo.insurance.notices.tests import builders as N
from kaigo.insurance.release import gate, printing, pulls, requests
from kaigo.insurance.release.models import Letter, PrintRun, Request

pytestmark = pytest.mark.django_db
ASKS, APPROVES = N.on(), N.on(actor="account:2")


@pytest.fixture(autouse=True)
def _print_here(monkeypatch):
    def run(self, template, letters, created, common=None, pages=None, standards=press.STANDARDS):
        yield press.render(template, list(letters), created, common, pages, standards)

    monkeypatch.setattr(printing.Press, "run", run)


def faulty(who: int, change) -> None:
    """What a faulty program would leave: the same draft with other words, or another amount beside them."""
    old = Content.objects.select_related("draft").get(draft__person_id=who, draft__state="draft")
    draft = old.draft
    notices.withdraw(ASKS, [draft.id], "hand")
    made = Drafted(
        who, draft.letter, draft.fiscal_year, draft.assessment_id, draft.plan_id, draft.certificate_id,
        draft.annual_yen, draft.dated, FREE, dict(old.data), old.common,
    )  # fmt: skip
    save([change(made)])


def words(**other):
    return lambda made: made._replace(data=made.data | other)


def part(place: int, value):
    def change(made):
        parts = [list(each) for each in made.data["parts"]]
        parts[0][place] = value
        return made._replace(data=made.data | {"parts": parts})

    return change


def stopped(letter: str = "premium_notice") -> list[dict]:
    """The differences; asking is refused because of them, and nothing was left behind by it."""
    found = gate.compare_letters(ASKS, letter, N.YEAR).differences
    with pytest.raises(requests.Differs):
        requests.request_run(ASKS, letter, N.YEAR, ASKS.on)
    assert not Request.objects.exists() and not Letter.objects.exists()
    return found


@pytest.mark.parametrize(
    "change, what",
    [
        (words(annual=74_401), "amount"),
        (words(refund=1), "parts"),
        (words(stage=6), "stage"),
        (part(0, "debit"), "parts"),
        (part(1, 9), "parts"),
        (part(2, "2026-08-01"), "parts"),
        (part(3, 1), "amount"),
        (lambda made: made._replace(annual_yen=74_401), "amount"),
        (words(address="東京都見本区南9丁目9番9号"), "place"),
        (words(building="よその部屋"), "place"),
        (words(recipient="よその人"), "place"),
        (words(name="よその人"), "place"),
    ],
    ids=["annual", "refund", "stage", "way", "number", "due", "yen", "list", "address", "building", "recipient", "name"],
)  # fmt: skip
def test_one_word_that_is_not_so_stops_all(change, what):
    who = N.ready("見本 花子")
    N.ready("見本 太郎")
    notices.draft_premium(ASKS, N.INSURER, N.YEAR)
    faulty(who, change)
    assert [(found["person"], found["what"]) for found in stopped()] == [(who, what)]


def certified(name: str = "見本 花子") -> int:
    who = N.insured(name)
    certificates.issue(ASKS, who)
    notices.draft_certificates(ASKS, N.INSURER)
    return who


@pytest.mark.parametrize("change", [words(number="9999999999"), words(copy=2)], ids=["number", "copy"])
def test_a_certificate_that_is_not_the_persons_stops_all(change):
    who = certified()
    assert gate.compare_letters(ASKS, "insured_certificate", N.YEAR).difference_count == 0
    faulty(who, change)
    assert [(found["person"], found["what"]) for found in stopped("insured_certificate")] == [
        (who, "certificate")
    ]


def test_a_certificate_goes_out_by_two_persons():
    who = certified()
    asked = requests.request_run(ASKS, "insured_certificate", N.YEAR, ASKS.on)
    requests.approve(APPROVES, asked)
    run = printing.print_run(ASKS, asked)
    assert (run.letters, run.pages) == (1, 1) and Letter.objects.get().person_id == who


def test_a_protected_persons_certificate_waits_too():
    who, other = N.insured("見本 花子"), N.insured("見本 一郎")
    N.together(who, other)
    N.mail(who, "見本 一郎")
    certificates.issue(ASKS, who)
    notices.draft_certificates(ASKS, N.INSURER)
    N.protect(who)
    assert [(found["person"], found["what"]) for found in stopped("insured_certificate")] == [(who, "place")]


def test_what_changes_between_asking_and_approval_stops_the_approval():
    who = N.ready("見本 花子")
    notices.draft_premium(ASKS, N.INSURER, N.YEAR)
    asked = requests.request_run(ASKS, "premium_notice", N.YEAR, ASKS.on)
    N.assess(who, 96_720, 7, "revision", Draft.objects.get().assessment_id)
    N.plan(who)
    with pytest.raises(requests.Differs):
        requests.approve(APPROVES, asked)
    asked.refresh_from_db()
    assert (asked.state, asked.approved_by) == ("requested", "")


def test_nothing_is_printed_for_a_day_on_which_no_letter_is_dated():
    N.ready("見本 花子")
    notices.draft_premium(ASKS, N.INSURER, N.YEAR)
    with pytest.raises(Refused, match=r"2026-07-11 の通知はありません"):
        requests.request_run(ASKS, "premium_notice", N.YEAR, date(2026, 7, 11))
    assert not Request.objects.exists()


def test_a_number_is_never_given_twice():
    """A number that is taken stops the whole run: no letter, no file of it is kept."""
    N.ready("見本 花子")
    notices.draft_premium(ASKS, N.INSURER, N.YEAR)
    asked = requests.request_run(ASKS, "premium_notice", N.YEAR, ASKS.on)
    requests.approve(APPROVES, asked)
    other = Draft.objects.create(
        person_id=N.insured("見本 太郎"), letter="premium_notice", fiscal_year=N.YEAR, annual_yen=0,
        dated=ASKS.on, state="withdrawn",
    )  # fmt: skip
    Issue.objects.create(draft=other, number="令8見介納第1号", issued_on=ASKS.on)
    with pytest.raises((IntegrityError, UniqueViolation), match="notices_issue_once"), transaction.atomic():
        printing.print_run(ASKS, asked)
    assert not Letter.objects.exists() and not PrintRun.objects.exists()


def test_numbers_go_on_without_gap_after_a_pulled_letter():
    who = N.ready("見本 花子")
    notices.draft_premium(ASKS, N.INSURER, N.YEAR)

    def go_out() -> PrintRun:
        asked = requests.request_run(ASKS, "premium_notice", N.YEAR, ASKS.on)
        requests.approve(APPROVES, asked)
        return printing.print_run(ASKS, asked)

    run = go_out()
    first = Letter.objects.get(run=run)
    pulls.pull(ASKS, first.id, "宛名の確認")
    assert gate.compare_letters(ASKS, "premium_notice", N.YEAR).differences[0]["what"] == "missing"
    notices.draft_premium(ASKS, N.INSURER, N.YEAR)
    second = Letter.objects.get(run=go_out())
    assert (first.number, second.number) == ("令8見介納第1号", "令8見介納第2号")
    assert second.person_id == who and pulls.post(ASKS, run.id).letters == 0
