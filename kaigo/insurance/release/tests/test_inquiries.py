"""所得照会票: what the paper says, and what posting it does to the tax of those asked about."""

from __future__ import annotations

from datetime import date

import pytest

from kaigo.base.desk.tests.asking import ask, text
from kaigo.insurance.certificates import decide as certificates
from kaigo.insurance.notices import decide, screens
from kaigo.insurance.notices.inquiries.drafting import INQUIRIES
from kaigo.insurance.notices.inquiries.letters import MOST
from kaigo.insurance.notices.models import Draft
from kaigo.insurance.notices.tests import builders as N
from kaigo.insurance.release import gate, pulls
from kaigo.insurance.release.tests.offices import (
    ASKS,
    MAY,
    asked,
    drafted,
    here,
    mover,
    printed,
    words_of,
)  # fmt: skip
from kaigo.insurance.residents.models import Taxation

__all__ = ["here"]
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("here")]


def test_many_people_of_one_municipality_are_divided_and_fit_on_two_pages():
    longest = "長" * 40
    asked(*[mover(f"{longest}{number}") for number in range(MOST + 1)])
    assert drafted(INQUIRIES)["drafts"] == 2
    run = printed(INQUIRIES)
    assert (run.letters, run.pages) == (2, 4)


def test_the_paper_says_whom_and_why_and_not_where_they_live_now(tmp_path):
    asked(mover())
    drafted(INQUIRIES)
    draft = Draft.objects.get()
    html = text(ask(screens, "letter", may=MAY, draft=draft.id))
    words = words_of(ask(screens, "paper", may=MAY, draft=draft.id).content, tmp_path)
    for said in ("転入 花子", "埼玉県川口市青木", "令和8年8月31日", "介護保険法第129条"):
        assert said in html and said in words
    assert "御中" in words and "回答書" in words and "合計所得金額" in words and "記録なし" in words
    assert "ひみつ" not in words and "ひみつ" not in html


def test_it_goes_through_the_gate_and_posting_notes_the_day():
    (row,) = asked(mover())
    drafted(INQUIRIES)
    run = printed(INQUIRIES)
    assert pulls.post(N.on(date(2026, 7, 13)), run.id).letters == 1
    row.refresh_from_db()
    assert (row.state, row.sent_on) == ("sent", date(2026, 7, 13))
    assert Taxation.objects.get().status == "5"
    assert Draft.objects.get().issue.number.startswith("令8見介照第")


def test_a_letter_with_a_certificate_that_another_has_replaced_is_withdrawn():
    who = N.insured("見本 花子")
    certificates.issue(ASKS, who)
    decide.draft_certificates(ASKS, N.INSURER)
    certificates.reissue(ASKS, certificates.current(who).id, "change")
    assert decide.draft_certificates(ASKS, N.INSURER)["drafts"] == 1
    assert [d.state for d in Draft.objects.order_by("id")] == ["withdrawn", "draft"]
    assert gate.compare_letters(ASKS, "insured_certificate", 2026).difference_count == 0
