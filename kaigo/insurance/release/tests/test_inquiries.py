"""所得照会票: from the decision to ask to the letter at the post; what has changed since stops it."""

from __future__ import annotations

import subprocess
from datetime import date

import pytest
from psycopg.types.range import Range

from kaigo.base.paper import press
from kaigo.base.records.facts import believe_rows
from kaigo.base.records.refusal import Refused
from kaigo.insurance.certificates import decide as certificates
from kaigo.insurance.certificates.tests.asking import ask, text
from kaigo.insurance.collection.tests import builders as B
from kaigo.insurance.notices import decide, screens
from kaigo.insurance.notices.inquiries.drafting import LETTER, draft_inquiries
from kaigo.insurance.notices.inquiries.letters import MOST
from kaigo.insurance.notices.models import Draft
from kaigo.insurance.notices.tests import builders as N
from kaigo.insurance.qualification import income_inquiries as inquiries
from kaigo.insurance.qualification.models import IncomeInquiry
from kaigo.insurance.registers.models import Insurer, InsurerEntry
from kaigo.insurance.release import gate, printing, pulls, requests
from kaigo.insurance.release import screens as release_screens
from kaigo.insurance.release.models import Letter
from kaigo.insurance.residents.models import Particulars, Residence, Taxation

pytestmark = pytest.mark.django_db
ASKS, APPROVES = N.on(), N.on(actor="account:2")
MAY = {"notices.view", "notices.draft", "release.view"}
DUE = date(2026, 8, 31)


@pytest.fixture(autouse=True)
def _here(monkeypatch):
    def run(self, template, letters, created, common=None, pages=None, standards=press.STANDARDS):
        yield press.render(template, list(letters), created, common, pages, standards)

    monkeypatch.setattr(printing.Press, "run", run)
    for code, name in (("112038", "川口市"), ("122033", "市川市")):
        row = N.fact(InsurerEntry, name=name, prefecture="県", number=code)
        believe_rows(InsurerEntry, [row | {"insurer_id": Insurer.objects.create(code=code).id}])


def mover(name="転入 花子", code="112038") -> int:
    who = B.person(name)
    believe_rows(
        Residence,
        [
            N.fact(
                Residence,
                person_id=who,
                state="resident",
                address="東京都見本区ひみつ1丁目1番1号",
                became_resident_on=date(2026, 3, 10),
                from_code=code,
                from_address="埼玉県川口市青木2丁目1番1号",
                effective=Range(date(2026, 3, 10), None),
            )
        ],
    )
    return who


def asked(*people: int, code="112038", reason="") -> list[IncomeInquiry]:
    return inquiries.ask(ASKS, 2026, code, people, DUE, reason)


def rename(who: int, name: str) -> None:
    old = Particulars.objects.get(person_id=who, known__upper_inf=True)
    row = {column: getattr(old, column) for column in Particulars.value_columns()}
    believe_rows(
        Particulars,
        [row | {"person_id": who, "name": name, "effective": old.effective, "source": "test:2", "notified_on": None}],
    )  # fmt: skip


def compared():
    return gate.compare_letters(ASKS, LETTER, 2026)


def printed():
    wanted = requests.request_run(ASKS, LETTER, 2026, ASKS.on)
    requests.approve(APPROVES, wanted)
    return printing.print_run(ASKS, wanted)


def test_one_letter_for_each_municipality_and_none_twice():
    asked(mover("転入 花子"), mover("転入 太郎"))
    asked(mover("転入 次郎", "122033"), code="122033")
    assert draft_inquiries(ASKS, N.INSURER) == {"drafts": 2, "people": 3, "left": 0}
    assert draft_inquiries(ASKS, N.INSURER) == {"drafts": 0, "people": 0, "left": 0}
    first, second = Draft.objects.order_by("id")
    assert first.person_id is None and first.fiscal_year == 2026
    assert {p["name"] for p in first.content.data["people"]} == {"転入 花子", "転入 太郎"}
    assert second.content.data["recipient"] == "県市川市 住民税担当課"


def test_many_people_of_one_municipality_are_divided_and_fit_on_two_pages(tmp_path):
    longest = "長" * 40
    asked(*[mover(f"{longest}{number}") for number in range(MOST + 1)])
    assert draft_inquiries(ASKS, N.INSURER)["drafts"] == 2
    run = printed()
    assert (run.letters, run.pages) == (2, 4)


def test_the_paper_says_whom_and_why_and_not_where_they_live_now(tmp_path):
    asked(mover())
    draft_inquiries(ASKS, N.INSURER)
    draft = Draft.objects.get()
    html = text(ask(screens, "letter", may=MAY, draft=draft.id))
    paper = ask(screens, "paper", may=MAY, draft=draft.id)
    path = tmp_path / "draft.pdf"
    path.write_bytes(paper.content)
    words = subprocess.run(
        ["pdftotext", "-layout", path, "-"], capture_output=True, check=True
    ).stdout.decode()
    for said in ("転入 花子", "埼玉県川口市青木", "令和8年8月31日", "介護保険法第129条"):
        assert said in html and said in words
    assert "御中" in words and "回答書" in words and "合計所得金額" in words and "記録なし" in words
    assert "ひみつ" not in words and "ひみつ" not in html


def test_it_goes_through_the_gate_and_posting_notes_the_day():
    (row,) = asked(mover())
    assert [d["what"] for d in compared().differences] == ["missing"]
    draft_inquiries(ASKS, N.INSURER)
    run = printed()
    row.refresh_from_db()
    assert (row.state, run.letters, Taxation.objects.count()) == ("asked", 1, 0)
    # Printed and not yet posted: no second letter.
    assert draft_inquiries(ASKS, N.INSURER)["drafts"] == 0
    assert pulls.post(N.on(date(2026, 7, 13)), run.id).letters == 1
    row.refresh_from_db()
    assert (row.state, row.sent_on) == ("sent", date(2026, 7, 13))
    assert Taxation.objects.get().status == "5"
    assert Draft.objects.get().issue.number.startswith("令8見介照第")


def test_asking_and_approving_are_two_persons():
    asked(mover())
    draft_inquiries(ASKS, N.INSURER)
    wanted = requests.request_run(ASKS, LETTER, 2026, ASKS.on)
    with pytest.raises(Refused, match="本人は承認できません"):
        requests.approve(ASKS, wanted)


def test_what_changed_since_stops_the_gate_and_is_drafted_anew():
    who = mover()
    (row,) = asked(who)
    draft_inquiries(ASKS, N.INSURER)
    assert compared().difference_count == 0
    rename(who, "改名 花子")
    assert compared().differences == [{"person": who, "what": "inquiry"}]
    with pytest.raises(requests.Differs):
        requests.request_run(ASKS, LETTER, 2026, ASKS.on)
    assert decide.recheck(ASKS, N.INSURER) == {"checked": 1, "withdrawn": 1, "drafts": 1}
    assert compared().difference_count == 0
    inquiries.drop(ASKS, row, "税の記録が届いた")
    assert [d["what"] for d in compared().differences] == ["inquiry"]
    assert decide.recheck(ASKS, N.INSURER)["drafts"] == 0
    assert not Draft.objects.filter(state="draft").exists()


def test_a_protected_person_is_in_no_letter_and_one_printed_is_taken_out():
    who = mover()
    (row,) = asked(who)
    draft_inquiries(ASKS, N.INSURER)
    run = printed()
    N.protect(who)
    with pytest.raises(Refused, match="事情の変わった通知が1通"):
        pulls.post(APPROVES, run.id)
    assert pulls.recheck(APPROVES, run.id) == 1
    assert pulls.post(APPROVES, run.id).letters == 0
    row.refresh_from_db()
    assert row.state == "asked" and not Taxation.objects.exists()
    assert draft_inquiries(ASKS, N.INSURER) == {"drafts": 0, "people": 0, "left": 1}
    assert compared().difference_count == 0
    inquiries.drop(ASKS, row, "支援措置の開始")
    asked(who, reason="本人が同意")
    assert draft_inquiries(ASKS, N.INSURER)["people"] == 1


def test_the_clerk_drafts_from_the_page_and_a_letter_to_an_office_is_readable_after_print():
    assert ask(screens, "draft_inquiries", {}, may=MAY).status_code == 409
    asked(mover())
    assert ask(screens, "draft_inquiries", {}, may={"notices.view"}).status_code == 404
    assert ask(screens, "draft_inquiries", {}, may=MAY).status_code == 302
    assert "県川口市" in text(ask(screens, "drafts", may=MAY, query=f"letter={LETTER}"))
    run = printed()
    html = text(ask(release_screens, "run", may=MAY, run=run.id))
    assert "県川口市" in html
    page = text(ask(release_screens, "letter", may=MAY, letter=Letter.objects.get().id))
    assert "御中" in page and "年額" not in page and "総合照会</a> ›" not in page


def test_a_letter_with_a_certificate_that_another_has_replaced_is_withdrawn():
    who = N.insured("見本 花子")
    certificates.issue(ASKS, who)
    decide.draft_certificates(ASKS, N.INSURER)
    certificates.reissue(ASKS, certificates.current(who).id, "change")
    assert decide.draft_certificates(ASKS, N.INSURER)["drafts"] == 1
    assert [d.state for d in Draft.objects.order_by("id")] == ["withdrawn", "draft"]
    assert gate.compare_letters(ASKS, "insured_certificate", 2026).difference_count == 0
