"""住所地特例連絡票: what the paper says, and that posting it is what tells a municipality."""

from __future__ import annotations

from datetime import date

import pytest

from kaigo.base.desk.tests.asking import ask, text
from kaigo.base.records.context import acting
from kaigo.base.records.facts import believe_rows
from kaigo.base.records.refusal import Refused
from kaigo.insurance.collection.tests import builders as B
from kaigo.insurance.notices import screens
from kaigo.insurance.notices.exchange.drafting import EXCHANGE
from kaigo.insurance.notices.exchange.letters import MOST
from kaigo.insurance.notices.models import Draft
from kaigo.insurance.notices.tests import builders as N
from kaigo.insurance.qualification import exchange_letters
from kaigo.insurance.qualification.models import ExchangeNotice, InsuredNumber
from kaigo.insurance.qualification.tests.builders import facility
from kaigo.insurance.registers.models import Facility, FacilityEntry
from kaigo.insurance.release import pulls
from kaigo.insurance.release.models import Letter
from kaigo.insurance.release.tests.offices import (
    APPROVES,
    ASKS,
    BEGAN,
    KAWAGUCHI,
    MAY,
    began,
    compared,
    drafted,
    here,
    lives_in,
    printed,
    wanted,
    words_of,
)  # fmt: skip

__all__ = ["here"]
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("here")]
CHANGED = date(2026, 7, 1)


def test_nobody_whom_the_section_did_not_choose_is_in_a_letter():
    began()
    assert drafted(EXCHANGE)["drafts"] == 0
    assert compared(EXCHANGE).difference_count == 0


def test_the_paper_says_who_where_since_when_and_what(tmp_path):
    facility("1100000002", "埼玉県川口市本町2-2", exception=True)
    who = began()
    InsuredNumber.objects.create(person_id=who, number="0000012345")
    lives_in(who, CHANGED, home="1100000002")
    wanted(who)
    exchange_letters.want(ASKS, [(who, "change", CHANGED, KAWAGUCHI)])
    drafted(EXCHANGE)
    draft = Draft.objects.get()
    html = text(ask(screens, "letter", may=MAY, draft=draft.id))
    paper = words_of(ask(screens, "paper", may=MAY, draft=draft.id).content, tmp_path)
    for said in ("特例 花子", "0000012345", "埼玉県川口市青木1-1", "埼玉県川口市本町2-2", "令和8年6月10日",
                 "令和8年7月1日", "適用", "施設の変更", "1100000002", "昭和25年5月5日"):  # fmt: skip
        assert said in html and said in paper, said
    assert "県川口市 への住所地特例連絡票" in html
    assert "御中" in paper and "介護保険法第13条" in paper and "前の施設" in paper
    # Nothing of the premium, the income or the household.
    assert not [word for word in ("年額", "所得", "段階", "世帯", "認定") if word in paper]


def test_the_longest_names_of_a_register_stay_on_their_page(tmp_path):
    for number in ("1100000003", "1100000004"):
        home = Facility.objects.create(number=number)
        row = N.fact(FacilityEntry, facility_id=home.id, name="長い名前の施設" * 17, address="長い住所" * 50)
        row |= {"kind": "01", "capacity": 100, "municipality": KAWAGUCHI, "exception_target": True}
        believe_rows(FacilityEntry, [row])
    people = [B.person("長" * 120, "ナガイ" * 40) for _ in range(MOST + 1)]
    for who in people:
        lives_in(who, date(2026, 6, 1), BEGAN, home="1100000004")
        lives_in(who, BEGAN, home="1100000003")
    exchange_letters.want(ASKS, [(who, "change", BEGAN, KAWAGUCHI) for who in people])
    assert drafted(EXCHANGE)["drafts"] == 2
    run = printed(EXCHANGE)
    assert (run.letters, run.pages) == (2, 2)


def test_posting_it_notes_that_the_municipality_was_told():
    wanted(began())
    drafted(EXCHANGE)
    pulls.post(N.on(date(2026, 7, 13)), printed(EXCHANGE).id)
    notice = ExchangeNotice.objects.get()
    number = Letter.objects.get().number
    assert (notice.told_on, notice.how) == (date(2026, 7, 13), f"連絡票 {number}")
    assert number.startswith("令8見介住第")


def test_an_event_that_our_records_know_no_longer_is_not_told():
    who = began()
    wanted(who)
    drafted(EXCHANGE)
    run = printed(EXCHANGE)
    # The register says now that it began a day later.
    with acting(ASKS):
        lives_in(who, date(2026, 6, 1), BEGAN)
    with pytest.raises(Refused, match="事情の変わった通知が1通"):
        pulls.post(APPROVES, run.id)
    assert pulls.recheck(APPROVES, run.id) == 1
    assert pulls.post(APPROVES, run.id).letters == 0
    assert not ExchangeNotice.objects.exists()
    assert drafted(EXCHANGE) == {"drafts": 0, "events": 0, "left": 1}
