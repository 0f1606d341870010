"""Pages of the gate: from comparison to post, by two people, with everything that stops it shown."""

import json

import pytest

from kaigo.base.desk.refs import ref
from kaigo.base.desk.tests.asking import ask, text
from kaigo.base.files import store
from kaigo.base.paper import press
from kaigo.insurance.notices import decide as notices
from kaigo.insurance.notices.tests import builders as N
from kaigo.insurance.release import panels, printing, screens
from kaigo.insurance.release.models import GateReport, Letter, PrintRun, Pull, Request

pytestmark = pytest.mark.django_db
ASK = {"release.runs", "release.view", "release.request"}
APPROVE = {"release.runs", "release.view", "release.approve"}
POST = {"release.runs", "release.view", "release.pull", "release.post"}
CTX = N.on()


@pytest.fixture(autouse=True)
def _print_here(monkeypatch):
    def run(self, template, letters, created, common=None, pages=None, standards=press.STANDARDS):
        yield press.render(template, list(letters), created, common, pages, standards)

    monkeypatch.setattr(printing.Press, "run", run)


def premium(**words):
    return {
        "subject": "letters",
        "what": "premium_notice",
        "year": str(N.YEAR),
        "dated": "2026-07-10",
    } | words


def test_from_draft_to_post_by_two_people():
    N.ready("見本 花子")
    who = N.ready("見本 太郎")
    notices.draft_premium(CTX, N.INSURER, N.YEAR)
    html = text(ask(screens, "gate", may=ASK))
    assert "148,800" in html and "印刷を依頼する" in html
    assert ask(screens, "ask", premium(), ASK).status_code == 302
    asked = Request.objects.get()
    assert "別の職員の承認を待っています" in text(ask(screens, "asked", may=ASK | APPROVE, asked=asked.id))
    assert ask(screens, "approve", {}, APPROVE, asked=asked.id).status_code == 409
    assert ask(screens, "approve", {}, ASK, account=2, asked=asked.id).status_code == 404
    assert screens.nav[0].waiting(CTX) == 1
    assert ask(screens, "approve", {}, APPROVE, account=2, asked=asked.id).status_code == 302
    assert ask(screens, "print", {}, APPROVE, account=2, asked=asked.id).status_code == 302
    run = PrintRun.objects.get()
    html = text(ask(screens, "run", may=POST | APPROVE, run=run.id))
    assert "見本 花子" in html and "抜き取る通知はありません" in html
    # The print room needs sheets and names, no amounts, no letters of a person, no requests.
    room = {"release.runs", "release.post"}
    printed = text(ask(screens, "run", may=room, run=run.id))
    assert "74,400" in html and "見本 花子" in printed
    assert "74,400" not in printed.split("積んだ順")[1] and "/release/letter/" not in printed
    assert "/release/request/" not in text(ask(screens, "gate", may=room))
    assert ask(screens, "history", may=room, person=who).status_code == 404
    letter = Letter.objects.get(person_id=who)
    assert ask(screens, "letter", may=room, letter=letter.id).status_code == 404
    assert ask(screens, "letter_paper", may=room, letter=letter.id).status_code == 404
    manifest = ask(screens, "manifest", may=ASK, run=run.id, kind="json")
    assert json.loads(manifest.content)["letters"] == 2
    assert ask(screens, "paper", may=ASK, run=run.id, part=1).status_code == 404
    assert ask(screens, "paper", may=APPROVE, run=run.id, part=1).content[:5] == b"%PDF-"
    letter = Letter.objects.get(person_id=who)
    assert ask(screens, "pull", {"reason": "宛先の確認"}, POST, letter=letter.id).status_code == 302
    assert "宛先の確認" in text(ask(screens, "run", may=POST, run=run.id))
    assert letter.sheet in ask(screens, "manifest", may=ASK, run=run.id, kind="pulls").content.decode()
    assert ask(screens, "post", {}, APPROVE, run=run.id).status_code == 404
    assert ask(screens, "post", {}, POST, run=run.id).status_code == 302
    assert "もう抜き取れません" in text(ask(screens, "run", may=POST, run=run.id))
    assert "抜取り" in text(ask(screens, "history", may=ASK, person=who))
    assert "発送済み" in text(ask(screens, "gate", may=ASK))


def test_a_difference_is_shown_by_person_and_nothing_is_asked():
    N.ready("見本 花子")
    notices.draft_premium(CTX, N.INSURER, N.YEAR)
    late = N.ready("見本 太郎")
    answer = ask(screens, "ask", premium(), ASK)
    report = GateReport.objects.latest("id")
    assert answer.url == f"/release/report/{ref('report', report.id)}/" and not Request.objects.exists()
    html = text(ask(screens, "report", may=ASK, report=report.id))
    assert "1人に差があります" in html and "見本 太郎" in html and f"/person/{ref('person', late)}/" in html
    assert "通知の下書きがありません" in html


def test_compare_without_asking_and_wrong_choices():
    N.ready()
    notices.draft_premium(CTX, N.INSURER, N.YEAR)
    assert ask(screens, "compare", premium(), ASK).status_code == 302
    assert "差はありません" in text(ask(screens, "report", may=ASK, report=GateReport.objects.get().id))
    for wrong in ({"what": "x"}, {"subject": "y"}, {"year": "20x6"}):
        assert ask(screens, "compare", premium(**wrong), ASK).status_code == 409
    assert ask(screens, "ask", premium(dated="x"), ASK).status_code == 409
    assert ask(screens, "asked", may=ASK, asked=0).status_code == 404


def test_a_file_without_anybody_to_ask_is_refused():
    answer = ask(screens, "ask", {"subject": "file", "what": "01", "year": str(N.YEAR)}, ASK)
    assert answer.status_code == 409 and not GateReport.objects.exists()


def test_recheck_puts_a_protected_person_on_the_list():
    who, other = N.ready("見本 花子"), N.ready("見本 一郎")
    N.together(who, other)
    N.mail(who, "見本 一郎")
    notices.draft_premium(CTX, N.INSURER, N.YEAR)
    ask(screens, "ask", premium(), ASK)
    asked = Request.objects.get()
    ask(screens, "approve", {}, APPROVE, account=2, asked=asked.id)
    ask(screens, "print", {}, APPROVE, account=2, asked=asked.id)
    run = PrintRun.objects.get()
    N.protect(who)
    assert ask(screens, "post", {}, POST, run=run.id).status_code == 409
    assert ask(screens, "recheck", {}, POST, run=run.id).status_code == 302
    assert Pull.objects.get().code == "protected"
    assert "支援措置" in text(ask(screens, "run", may=POST, run=run.id))


def test_every_letter_that_went_out_can_be_seen_again(django_assert_max_num_queries):
    """帳票発行履歴: number, date, sheet and the same paper."""
    who = N.ready("見本 花子")
    assert panels.panel(CTX, who) is None
    notices.draft_premium(CTX, N.INSURER, N.YEAR)
    ask(screens, "ask", premium(), ASK)
    asked = Request.objects.get()
    ask(screens, "approve", {}, APPROVE, account=2, asked=asked.id)
    ask(screens, "print", {}, APPROVE, account=2, asked=asked.id)
    letter = Letter.objects.get()
    html = text(ask(screens, "letter", may=ASK, letter=letter.id))
    assert letter.number in html and letter.sheet in html
    again = ask(screens, "letter_paper", may=ASK, letter=letter.id).content
    assert again == store.get(PrintRun.objects.get().files[0]["digest"])
    assert letter.number in text(ask(screens, "history", may=ASK, person=who))
    with django_assert_max_num_queries(4):
        panel = panels.panel(CTX, who)
    assert letter.number in panel.state
