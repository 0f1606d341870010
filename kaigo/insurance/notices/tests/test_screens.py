"""Pages of drafts: what waits, what is held and why, one letter as text and paper."""

import subprocess
from datetime import date

import pytest

from kaigo.base.desk.refs import ref
from kaigo.base.desk.tests.asking import ask, text
from kaigo.insurance.notices import decide, panels, screens
from kaigo.insurance.notices.models import Draft
from kaigo.insurance.notices.tests import builders as N

pytestmark = pytest.mark.django_db
MAY = {"notices.view", "notices.draft"}
CTX = N.on()


def draft(who: int) -> Draft:
    return Draft.objects.filter(person_id=who, state="draft").latest("id")


def test_an_empty_house_says_so():
    html = text(ask(screens, "drafts", may=MAY))
    assert "発行を待っている通知はありません" in html and "当てはまる下書きはありません" in html


def test_the_list_shows_what_waits_and_what_is_held_with_the_reason():
    N.ready("見本 花子")
    stopped = N.ready("見本 太郎")
    N.stop(stopped)
    decide.draft_premium(CTX, N.INSURER, N.YEAR)
    html = text(ask(screens, "drafts", may=MAY))
    assert "見本 花子" in html and "見本 太郎" not in html and "74,400" in html
    held = text(ask(screens, "drafts", may=MAY, query="standing=held&held=stopped"))
    assert "見本 太郎" in held and "宛名確認中" in held
    assert "見本 太郎" not in text(ask(screens, "drafts", may=MAY, query="standing=held&held=dead"))
    assert ask(screens, "drafts", may=MAY, query="standing=x").status_code == 404
    assert screens.nav.waiting(CTX) == 1


def test_a_letter_is_readable_as_text_and_as_paper(tmp_path):
    who = N.ready("見本 花子")
    decide.draft_premium(CTX, N.INSURER, N.YEAR)
    html = text(ask(screens, "letter", may=MAY, draft=draft(who).id))
    for said in (
        "74,400",
        "第5段階の一年分の保険料は",
        "法129条・条例",
        "東京都介護保険審査会",
        "第1期",
        "取り下げる",
    ):
        assert said in html
    paper = ask(screens, "paper", may=MAY, draft=draft(who).id)
    path = tmp_path / "draft.pdf"
    path.write_bytes(paper.content)
    words = subprocess.run(
        ["pdftotext", "-layout", path, "-"], capture_output=True, check=True
    ).stdout.decode()
    assert "74,400 円" in words and "下書き" in words
    assert ask(screens, "letter", may=MAY, draft=0).status_code == 404


def test_an_interim_letter_is_let_go_by_a_clerk_who_may():
    who = N.ready(interim=True)
    decide.draft_premium(CTX, N.INSURER, N.YEAR)
    number = draft(who).id
    assert "止めた理由を外して通知する" in text(ask(screens, "letter", may=MAY, draft=number))
    assert ask(screens, "lift", {"reason": "x"}, {"notices.view"}, draft=number).status_code == 404
    assert draft(who).held == "interim"
    assert ask(screens, "lift", {"reason": ""}, MAY, draft=number).status_code == 409
    assert ask(screens, "lift", {"reason": "催告の後も申告なし"}, MAY, draft=number).status_code == 302
    assert draft(who).held == ""
    assert "催告の後も申告なし" in text(ask(screens, "letter", may=MAY, draft=number))


def test_all_interim_letters_are_let_go_for_one_reason_and_no_others():
    one, two, stopped = N.ready(interim=True), N.ready(interim=True), N.ready(interim=True)
    N.stop(stopped)
    decide.draft_premium(CTX, N.INSURER, N.YEAR)
    html = text(ask(screens, "drafts", may=MAY, query="standing=held&held=interim"))
    assert "2通を仮の段階のまま通知する理由" in html
    assert ask(screens, "lift_interim", {"reason": " "}, MAY).status_code == 409
    assert ask(screens, "lift_interim", {"reason": "催告済み"}, MAY).status_code == 302
    assert [draft(who).held for who in (one, two, stopped)] == ["", "", "stopped"]


def test_recheck_and_withdraw():
    who = N.ready()
    decide.draft_premium(CTX, N.INSURER, N.YEAR)
    first = draft(who)
    N.lives(who, "東京都見本区南9丁目9番9号", since=date(2026, 7, 1))
    assert "作り直した下書き" in text(ask(screens, "recheck", {}, MAY))
    again = draft(who)
    assert again.id != first.id and again.content.data["address"] == "東京都見本区南9丁目9番9号"
    assert ask(screens, "withdraw", {}, MAY, draft=again.id).status_code == 302
    assert ask(screens, "withdraw", {}, MAY, draft=again.id).status_code == 409
    assert ask(screens, "draft_person", {}, MAY, person=who).status_code == 302
    assert ask(screens, "draft_person", {}, MAY, person=who).status_code == 409


def test_the_panel_says_that_a_letter_waits(django_assert_max_num_queries):
    who = N.ready()
    assert panels.panel(CTX, who) is None
    decide.draft_premium(CTX, N.INSURER, N.YEAR)
    with django_assert_max_num_queries(4):
        panel = panels.panel(CTX, who)
    assert (
        panel.state == "納入通知書・決定通知書 発行待ち"
        and panel.url == f"/notices/{ref('draft', draft(who).id)}/"
    )
