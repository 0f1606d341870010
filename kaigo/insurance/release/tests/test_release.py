"""The gate, two persons, print, pull, post: a letter that differs from decision or ledger cannot leave."""

import csv
import io
import json
import subprocess
from dataclasses import replace
from datetime import date

import pytest
from django.db import connection

from kaigo.base.files import store
from kaigo.base.paper import press
from kaigo.base.records.refusal import Refused
from kaigo.insurance.collection.decide import plan_all
from kaigo.insurance.collection.models import Remission
from kaigo.insurance.ledger.models import LedgerEntry
from kaigo.insurance.notices import decide as notices
from kaigo.insurance.notices.holds import FREE
from kaigo.insurance.notices.models import Content, Draft
from kaigo.insurance.notices.save import Drafted, save
from kaigo.insurance.notices.tests import builders as N
from kaigo.insurance.premium import read as premium
from kaigo.insurance.release import gate, printing, pulls, requests
from kaigo.insurance.release.models import Letter, PrintRun, Pull, Request

pytestmark = pytest.mark.django_db
ASKS, APPROVES = N.on(), N.on(actor="account:2")


@pytest.fixture(autouse=True)
def _print_here(monkeypatch):
    """One process is enough for a few letters: the press itself is tested with workers."""

    def run(self, template, letters, created, common=None, pages=None, standards=press.STANDARDS):
        letters = list(letters)
        yield press.render(template, letters, created, common, pages, standards)

    monkeypatch.setattr(printing.Press, "run", run)


def compare(letter="premium_notice"):
    return gate.compare_letters(ASKS, letter, N.YEAR)


def printed(letter="premium_notice") -> PrintRun:
    asked = requests.request_run(ASKS, letter, N.YEAR, ASKS.on)
    requests.approve(APPROVES, asked)
    return printing.print_run(ASKS, asked)


def drafted(*names: str) -> list[int]:
    people = [N.ready(name) for name in names]
    notices.draft_premium(ASKS, N.INSURER, N.YEAR)
    return people


def rewrite(who: int, change, more: int = 0) -> None:
    """What a faulty program would do: a content of its own (the role of the program may not change one that is kept)."""
    old = Content.objects.get(draft__person_id=who, draft__state="draft")
    draft = old.draft
    notices.withdraw(ASKS, [draft.id], "hand")
    save(
        [
            Drafted(
                who, draft.letter, draft.fiscal_year, draft.assessment_id, draft.plan_id, None, draft.annual_yen + more,
                draft.dated, FREE, change(dict(old.data)), old.common,
            )
        ]
    )  # fmt: skip


def test_a_remitted_premium_is_held_and_stops_nobody_else():
    one, _ = drafted("見本 花子", "見本 太郎")
    Remission.objects.create(
        person_id=one, fiscal_year=N.YEAR, assessment_id=premium.current(ASKS, one, N.YEAR).id, what="granted",
        ground="hardship", manner="stage", yen=20_000, after_yen=54_400, cuts=[], facts=[], reasons=[], law="", note="",
        asked_by="account:1", decided_on=ASKS.on, actor="account:2",
    )  # fmt: skip
    plan_all(ASKS, N.INSURER, N.YEAR, persons=[one])
    notices.draft_premium(ASKS, N.INSURER, N.YEAR)
    assert Draft.objects.get(person_id=one, state="draft").held == "remission"
    report = compare()
    assert (report.difference_count, report.totals["letters"], report.totals["held"]) == (0, 1, 1)


def test_letters_that_agree_pass_with_their_totals():
    drafted("見本 花子", "見本 太郎")
    report = compare()
    assert report.difference_count == 0 and report.compared == 2
    assert (
        report.totals["decisions_yen"]
        == report.totals["entries_yen"]
        == report.totals["letters_yen"]
        == 2 * 74_400
    )


@pytest.mark.parametrize("more", [0, 1], ids=["on the letter", "in the whole draft"])
def test_one_yen_on_the_letter_stops_everything(more):
    """I22: the amount of the letter is not the amount that was decided, whether or not its own draft agrees with it."""
    one, _ = drafted("見本 花子", "見本 太郎")
    rewrite(one, lambda data: data | {"annual": data["annual"] + 1}, more)
    report = compare()
    assert report.differences == [
        {"person": one, "what": "amount", "decision": 74_400, "entries": 74_400, "letter": 74_401}
    ]
    with pytest.raises(requests.Differs, match="1人に差"):
        requests.request_run(ASKS, "premium_notice", N.YEAR, ASKS.on)
    assert not Request.objects.exists() and not PrintRun.objects.exists()


def test_one_yen_in_the_ledger_stops_everything():
    one, _ = drafted("見本 花子", "見本 太郎")
    LedgerEntry.objects.create(
        person_id=one, fiscal_year=N.YEAR, accounting_year=N.YEAR, sort="adjust", way="slip", number=1, yen=1, reason="test",
        source="test:1", key="test:1", business_date=ASKS.on, actor="account:1",
    )  # fmt: skip
    assert [d["what"] for d in compare().differences] == ["amount"]
    with pytest.raises(requests.Differs):
        requests.request_run(ASKS, "premium_notice", N.YEAR, ASKS.on)


def test_one_yen_between_two_terms_stops_everything():
    (one,) = drafted("見本 花子")

    def shift(data):
        parts = [list(part) for part in data["parts"]]
        parts[0][3] += 1
        parts[1][3] -= 1
        return data | {"parts": parts}

    rewrite(one, shift)
    assert [d["what"] for d in compare().differences] == ["parts"]


def test_people_without_a_letter_and_old_decisions_are_differences():
    drafted("見本 花子")
    late = N.ready("見本 太郎")
    assert [(d["person"], d["what"]) for d in compare().differences] == [(late, "missing")]
    notices.draft_premium(ASKS, N.INSURER, N.YEAR)
    assert compare().difference_count == 0
    before = Draft.objects.get(person_id=late).assessment_id
    N.assess(late, 96_720, 7, "revision", before)
    N.plan(late)
    assert {d["what"] for d in compare().differences} == {"superseded", "missing"}


def test_the_same_person_cannot_ask_and_approve():
    drafted("見本 花子")
    asked = requests.request_run(ASKS, "premium_notice", N.YEAR, ASKS.on)
    with pytest.raises(Refused, match="本人は承認できません"):
        requests.approve(ASKS, asked)
    with pytest.raises(Refused, match="承認されていない"):
        printing.print_run(ASKS, asked)
    with pytest.raises(Refused, match="依頼がすでに"):
        requests.request_run(APPROVES, "premium_notice", N.YEAR, ASKS.on)
    requests.abandon(ASKS, asked)
    with pytest.raises(Refused, match="承認待ちではありません"):
        requests.approve(APPROVES, asked)


def test_what_was_given_up_or_printed_meanwhile_is_not_done_again():
    drafted("見本 花子")
    asked = requests.request_run(ASKS, "premium_notice", N.YEAR, ASKS.on)
    approving, printing_too = (Request.objects.get(id=asked.id) for _ in range(2))
    requests.approve(APPROVES, asked)
    with pytest.raises(Refused, match="承認待ちではありません"):
        requests.approve(APPROVES, approving)
    printing_too.refresh_from_db()
    requests.abandon(ASKS, asked)
    with pytest.raises(Refused, match="承認されていない"):
        printing.print_run(ASKS, printing_too)
    assert not Letter.objects.exists()


def test_what_changes_between_approval_and_print_stops_the_print():
    one, _ = drafted("見本 花子", "見本 太郎")
    asked = requests.request_run(ASKS, "premium_notice", N.YEAR, ASKS.on)
    requests.approve(APPROVES, asked)
    N.lives(one, "東京都見本区南9丁目9番9号", since=date(2026, 7, 1))
    with pytest.raises(requests.Differs):
        printing.print_run(ASKS, asked)
    assert not Letter.objects.exists()


def test_a_run_has_a_manifest_that_names_every_sheet_and_no_person():
    people = drafted("見本 花子", "見本 太郎")
    run = printed()
    letters = list(Letter.objects.filter(run=run).order_by("sequence"))
    manifest = json.loads(store.get(run.manifest))
    lines = list(csv.DictReader(io.StringIO(store.get(run.manifest_csv).decode())))
    assert (run.letters, run.pages) == (2, 4) and {row.person_id for row in letters} == set(people)
    assert [row.sequence for row in letters] == [1, 2] and len({row.sheet for row in letters}) == 2
    assert [line["sheet"] for line in lines] == [row.sheet for row in letters]
    assert [line["sha256"] for line in lines] == [row.content for row in letters]
    assert manifest["letters"] == 2 and "見本 花子" not in json.dumps(manifest, ensure_ascii=False)
    assert [row.number for row in letters] == ["令8見介納第1号", "令8見介納第2号"]
    assert compare().compared == 0


def test_the_paper_says_what_the_record_says(tmp_path):
    drafted("見本 花子")
    run = printed()
    letter = Letter.objects.get(run=run)
    path = tmp_path / "run.pdf"
    path.write_bytes(store.get(run.files[0]["digest"]))
    text = subprocess.run(
        ["pdftotext", "-layout", path, "-"], capture_output=True, check=True
    ).stdout.decode()
    assert f"{letter.annual_yen:,} 円" in text and letter.number in text and "見本 花子 様" in text


def test_a_letter_can_be_printed_again_byte_for_byte():
    drafted("見本 花子")
    letter = Letter.objects.get(run=printed())
    run = letter.run
    assert printing.reprint(letter) == store.get(run.files[0]["digest"])


def test_another_template_does_not_pretend_to_be_the_old_paper(monkeypatch):
    drafted("見本 花子")
    letter = Letter.objects.get(run=printed())
    monkeypatch.setattr(printing.notices, "template_digest", lambda _: "0" * 64)
    with pytest.raises(Refused, match=f"R{letter.run_id}-1 の 1 ページ"):
        printing.reprint(letter)


def test_protection_after_printing_puts_the_letter_on_the_pull_list():
    """I27d: a letter that would tell an abuser where somebody lives is taken out before the post has it."""
    who, other = N.ready("見本 花子"), N.ready("見本 一郎")
    N.together(who, other)
    N.mail(who, "見本 一郎")
    notices.draft_premium(ASKS, N.INSURER, N.YEAR)
    run = printed()
    N.protect(who)
    with pytest.raises(Refused, match="1通あります"):
        pulls.post(ASKS, run.id)
    assert pulls.recheck(ASKS, run.id) == 1 and pulls.recheck(ASKS, run.id) == 0
    (line,) = pulls.pull_list(run.id)
    letter = Letter.objects.get(person_id=who)
    assert (line.sequence, line.sheet, line.code) == (letter.sequence, letter.sheet, "protected")
    assert pulls.post(ASKS, run.id).letters == 1
    # He was not told: the next drafting says it again, held.
    assert notices.draft_premium(ASKS, N.INSURER, N.YEAR)["held"] == {"protected": 1}


def test_a_queued_letter_of_a_protected_person_stops_the_gate():
    who, other = N.ready("見本 花子"), N.ready("見本 一郎")
    N.together(who, other)
    N.mail(who, "見本 一郎")
    notices.draft_premium(ASKS, N.INSURER, N.YEAR)
    N.protect(who)
    assert [(d["person"], d["what"]) for d in compare().differences] == [(who, "place")]
    notices.recheck(ASKS, N.INSURER)
    report = compare()
    assert report.difference_count == 0 and (report.compared, report.totals["held"]) == (1, 1)


def test_a_superseded_decision_after_printing_is_pulled_and_told_anew():
    who, _ = drafted("見本 花子", "見本 太郎")
    run = printed()
    before = Draft.objects.get(person_id=who).assessment_id
    N.assess(who, 96_720, 7, "revision", before)
    N.plan(who)
    assert pulls.recheck_all(ASKS) == {"runs": 1, "pulled": 1}
    assert Pull.objects.get().code == "superseded"
    notices.draft_premium(ASKS, N.INSURER, N.YEAR)
    again = Draft.objects.get(person_id=who, state="draft")
    assert (again.letter, again.annual_yen) == ("premium_notice", 96_720)
    pulls.post(ASKS, run.id)
    assert printed().letters == 1


def test_by_hand_only_before_posting_and_with_a_reason():
    drafted("見本 花子", "見本 太郎")
    run = printed()
    one, two = Letter.objects.filter(run=run).order_by("sequence")
    with pytest.raises(Refused, match="理由"):
        pulls.pull(ASKS, one.id, "")
    pulls.pull(ASKS, one.id, "封筒の窓から番号が見える")
    with pytest.raises(Refused, match="もう抜取り"):
        pulls.pull(ASKS, one.id, "もう一度")
    assert pulls.pull_csv(run.id).decode().splitlines()[1].split(",")[2] == one.sheet
    pulls.post(ASKS, run.id)
    with pytest.raises(Refused, match="もう引き渡した"):
        pulls.pull(ASKS, two.id, "遅い")
    with pytest.raises(Refused, match="もう引き渡した"):
        pulls.post(ASKS, run.id)


def test_a_letter_that_overflows_stops_the_run(monkeypatch):
    drafted("見本 花子")
    from kaigo.insurance.notices import read

    template, _ = read.TEMPLATES["premium_notice"]
    monkeypatch.setitem(read.TEMPLATES, "premium_notice", (template, 1))
    with pytest.raises(Refused, match="ページ数"):
        printed()


def test_the_program_may_not_rewrite_what_a_letter_says():
    drafted("見本 花子")
    from django.db import ProgrammingError, transaction

    with pytest.raises(ProgrammingError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE notices_content SET data = '{}'")


def test_change_letters_pass_the_same_gate():
    (who,) = drafted("見本 花子")
    pulls.post(ASKS, printed().id)
    before = Draft.objects.get(person_id=who).assessment_id
    N.assess(who, 44_640, 2, "revision", before, date(2026, 9, 10))
    N.plan(who, day=date(2026, 9, 10))
    late = replace(ASKS, on=date(2026, 9, 10))
    assert gate.compare_letters(late, "change_notice", N.YEAR).differences[0]["what"] == "missing"
    notices.draft_changes(late, N.INSURER, N.YEAR)
    report = gate.compare_letters(late, "change_notice", N.YEAR)
    assert report.difference_count == 0 and report.totals["letters_yen"] == 44_640
