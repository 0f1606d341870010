"""Drafts: who gets which letter, what it says, who is held and why."""

from datetime import date

import pytest

from kaigo.base.jobs.registry import NotReady
from kaigo.base.records.refusal import Refused
from kaigo.insurance.certificates import decide as certificates
from kaigo.insurance.collection.models import Instalment, Plan
from kaigo.insurance.collection.tests import builders as B
from kaigo.insurance.notices import decide
from kaigo.insurance.notices.common import kept
from kaigo.insurance.notices.models import Content, Draft
from kaigo.insurance.notices.premium import words
from kaigo.insurance.notices.premium.letters import Before, Part
from kaigo.insurance.notices.tests import builders as N

pytestmark = pytest.mark.django_db
CTX = N.on()


def draft(who: int, **words) -> Draft:
    return Draft.objects.filter(person_id=who, state="draft", **words).latest("id")


def make(**words) -> dict:
    return decide.draft_premium(CTX, N.INSURER, N.YEAR, **words)


def issue(row: Draft) -> None:
    decide.note_issued(CTX, [(row.id, f"8見介納第{row.id}号", CTX.on)])


def test_a_draft_says_what_was_decided():
    who = N.ready()
    done = make()
    row = draft(who)
    data = row.content.data
    assert done["drafts"] == 1 and done["yen"] == 74_400 and done["held"] == {}
    assert (row.letter, row.annual_yen, row.held) == ("premium_notice", 74_400, "")
    assert data["annual"] == sum(p[3] for p in data["parts"]) == 74_400
    assert data["title"] == "介護保険料納入通知書 兼 決定通知書"
    assert len(data["parts"]) == 8 and data["parts"][0][4] == "第1期"
    assert data["next"]["yen"] == data["parts"][0][3]
    words = kept(row.content.common)
    assert words["operative_text"]["id"] == "appeal-13-2016" and len(words["stages"]) == 13
    assert make()["drafts"] == 0


def test_reasons_are_those_stored_and_name_nobody_else():
    who = N.ready()
    make()
    said = str(draft(who).content.data["reasons"])
    assert (
        "第5段階の一年分の保険料は 74,400 円です。" in said
        and "世帯に住民税がかかっている方がいます。" in said
    )
    assert "見本 次郎" not in str(draft(who).content.data)


def test_deduction_that_begins_is_announced_with_its_payer():
    who = N.insured()
    B.target(who)
    N.assess(who)
    N.plan(who)
    make()
    row = draft(who)
    data = row.content.data
    assert row.letter == "deduction_start" and data["start"] == {"month": "10月", "payer": "日本年金機構"}
    assert data["title"].endswith("特別徴収開始通知書") and set(data["ways"]) == {"slip", "deduction"}


def test_letters_that_may_not_go_out_are_held_with_the_reason():
    free, dead, stopped, odd, interim, protected = (
        N.ready(), N.insured(), N.ready(), N.ready("見本\U000f0000"), N.ready(interim=True), N.insured(),
    )  # fmt: skip
    N.lives(dead, state="dead", since=date(2026, 6, 1))
    N.stop(stopped)
    other = N.insured("見本 一郎")
    N.together(protected, other)
    N.mail(protected, "見本 一郎")
    N.protect(protected)
    for who in (dead, protected):
        N.assess(who)
        N.plan(who)
    held = make()["held"]
    assert {who: draft(who).held for who in (free, dead, stopped, odd, interim, protected)} == {
        free: "", dead: "dead", stopped: "stopped", odd: "unprintable", interim: "interim", protected: "protected",
    }  # fmt: skip
    assert held == {"dead": 1, "interim": 1, "protected": 1, "stopped": 1, "unprintable": 1}
    assert "F0000" in draft(odd).held_why
    assert draft(protected).content.data["address"] == ""


def test_only_an_interim_stage_may_be_let_go_and_with_a_reason():
    interim, stopped = N.ready(interim=True), N.ready()
    N.stop(stopped)
    make()
    with pytest.raises(Refused, match="理由を書いて"):
        decide.lift(CTX, draft(interim).id, " ")
    decide.lift(CTX, draft(interim).id, "申告の見込みがないため仮のまま通知する")
    assert draft(interim).held == ""
    with pytest.raises(Refused, match="外せません"):
        decide.lift(CTX, draft(stopped).id, "急ぐ")
    assert decide.recheck(CTX, N.INSURER)["withdrawn"] == 0


def test_a_letter_to_heirs_goes_out():
    who = N.insured()
    N.lives(who, state="dead", since=date(2026, 6, 1))
    N.mail(who, "見本 太郎")
    N.assess(who)
    N.plan(who)
    make()
    data = draft(who).content.data
    assert draft(who).held == "" and (data["recipient"], data["name"]) == ("見本 太郎", "見本 花子")


def test_a_mailing_address_that_serves_strangers_is_asked_about_first():
    """I27d: somebody else's mailing address was entered, and letters and a refund went there for two years."""
    one, other, wife = N.insured(), N.insured("山田 一郎"), N.insured("見本 次郎")
    N.together(one, wife)
    for who in (one, other, wife):
        N.assess(who)
        N.plan(who)
    N.mail(one, "見本 太郎")
    N.mail(wife, "見本 太郎")
    assert make()["held"] == {}
    N.mail(other, "見本 太郎")
    decide.recheck(CTX, N.INSURER)
    assert {draft(who).held for who in (one, other, wife)} == {"shared"}
    decide.lift(CTX, draft(one).id, "成年後見人であることを登記事項証明書で確かめた")
    assert decide.recheck(CTX, N.INSURER)["withdrawn"] == 0
    assert (draft(one).held, draft(other).held) == ("", "shared")


def test_a_change_shows_both_sides_and_only_after_a_letter():
    who = N.ready()
    make()
    first = draft(who)
    assert decide.draft_changes(CTX, N.INSURER, N.YEAR)["drafts"] == 0
    issue(first)
    N.assess(who, 96_720, stage=7, sort="revision", supersedes=first.assessment_id, day=date(2026, 8, 20))
    N.plan(who, day=date(2026, 8, 20))
    late = N.on(date(2026, 9, 1))
    assert decide.draft_premium(late, N.INSURER, N.YEAR)["drafts"] == 0
    assert decide.draft_changes(late, N.INSURER, N.YEAR)["drafts"] == 1
    row = draft(who, letter="change_notice")
    data = row.content.data
    assert (data["before"]["annual"], data["annual"]) == (74_400, 96_720)
    assert data["what"][0] == "1年間の保険料が 22,320円増えました。" and data["notes"] == ["more", "slips"]
    assert "第5段階から第7段階" in data["what"][1]
    assert sum(r["before"] or 0 for r in data["rows"]) == 74_400
    assert sum(r["after"] or 0 for r in data["rows"]) == 96_720
    assert any(r["before"] != r["after"] for r in data["rows"])


def test_who_pays_by_pension_hears_nothing_of_slips():
    who = N.insured()
    B.target(who)
    N.assess(who)
    N.plan(who)
    make()
    data = draft(who).content.data
    before = Before(data["annual"], 0, 5, tuple(Part(*p) for p in data["parts"] if p[0] == "deduction"))
    taken = [part._replace(yen=part.yen + 100) for part in before.parts]
    said = words.Wanted(*[None] * len(words.Wanted._fields))._replace(annual=before.annual + 300, refund=0)
    assert words._notes(said, before, taken) == ("deducted",)
    slips = [Part(*p) for p in data["parts"] if p[0] == "slip"]
    less = [part._replace(yen=part.yen - 1) for part in slips]
    both = before._replace(parts=tuple(slips))
    assert words._notes(said._replace(annual=both.annual - 8, refund=5), both, less) == ("slips", "refund")
    assert words._notes(said._replace(annual=both.annual), both, slips) == ("same",)


def test_what_a_former_system_told_is_changed_not_told_again():
    who = N.insured()
    opening = N.assess(who, sort="opening")
    taken = Plan.objects.create(
        person_id=who, fiscal_year=N.YEAR, assessment_id=opening, cause="opening", way="direct", refund_yen=0,
        request="none", decided_on=date(2026, 7, 1), actor="account:1",
    )  # fmt: skip
    Instalment.objects.create(
        plan=taken, person_id=who, fiscal_year=N.YEAR, way="slip", number=1, due_on=date(2026, 7, 31), yen=74_400,
        provisional=False,
    )  # fmt: skip
    assert make()["drafts"] == 0 and decide.draft_changes(CTX, N.INSURER, N.YEAR)["drafts"] == 0
    N.assess(who, 96_720, stage=7, sort="revision", supersedes=opening)
    N.plan(who)
    assert make()["drafts"] == 0
    assert decide.draft_changes(CTX, N.INSURER, N.YEAR)["drafts"] == 1
    data = draft(who).content.data
    assert draft(who).letter == "change_notice"
    assert data["before"] == {"annual": 74_400, "refund": 0, "stage": 5} and data["annual"] == 96_720
    assert data["rows"][0]["before"] == 74_400


def test_a_draft_that_waits_is_replaced_when_the_decision_is():
    who = N.ready()
    make()
    first = draft(who)
    N.assess(who, 96_720, stage=7, sort="revision", supersedes=first.assessment_id)
    N.plan(who)
    done = make()
    first.refresh_from_db()
    assert (done["withdrawn"], done["drafts"]) == (1, 1)
    assert (first.state, first.withdrawn_reason) == ("withdrawn", "superseded")
    assert draft(who).letter == "premium_notice" and draft(who).annual_yen == 96_720


def test_protection_after_drafting_is_found_again():
    who, other = N.ready(), N.insured("見本 一郎")
    N.together(who, other)
    N.mail(who, "見本 一郎")
    make()
    assert draft(who).held == "" and decide.recheck(CTX, N.INSURER)["withdrawn"] == 0
    N.protect(who)
    assert decide.recheck(CTX, N.INSURER) == {"checked": 1, "withdrawn": 1, "drafts": 1}
    assert draft(who).held == "protected"


def test_nothing_is_drafted_without_operative_text():
    N.ready()
    with pytest.raises(NotReady, match="教示"):
        make(dated=date(2016, 3, 31))
    assert not Content.objects.exists()


def test_a_certificate_gets_its_letter():
    who = N.insured()
    certificates.issue(CTX, who)
    assert decide.draft_certificates(CTX, N.INSURER)["drafts"] == 1
    data = draft(who).content.data
    assert data["birth"] == "昭和25年5月5日" and data["sex"] == "女" and data["copy"] == 1
    assert data["home"] == "東京都見本区中央1丁目1番1号" and draft(who).held == ""
    assert decide.draft_certificates(CTX, N.INSURER)["drafts"] == 0
