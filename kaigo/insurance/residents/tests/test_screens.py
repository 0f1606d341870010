"""Pages of the room as a clerk meets them: nothing typed is lost, acts are shown before they are done, rights are kept."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import connection
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext

from kaigo.base.desk.refs import ref
from kaigo.base.records.context import acting
from kaigo.base.staff.tests.someone import someone
from kaigo.insurance.registers.take import take as take_registers
from kaigo.insurance.registers.tests.test_registers import deliver as deliver_facility
from kaigo.insurance.residents import models as m
from kaigo.insurance.residents import panels, read, screens
from kaigo.insurance.residents.tests.lines import told
from kaigo.insurance.residents.tests.test_take import GUEST, MOVE, RESIDENT, TAX, person

ALL = frozenset({"residents.view", "residents.change"})
MAILING = {
    "use": "all", "recipient": "後見人　甲", "postal_code": "１７９-０００１", "address": "見本区南1", "building": "",
    "reason": "2", "start": "R8.4.1", "end": "", "case": "2026-15",
}  # fmt: skip


def ask(name, data=None, query=None, may=ALL, **path):
    view = next(p.callback for p in screens.urls if p.name == name)
    request = RequestFactory().post("/", data) if data is not None else RequestFactory().get("/", query or {})
    request.staff, request.day = someone(may), date(2026, 7, 1)
    return view(request, **path)


def text(answer):
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.fixture
def who(street, ctx):
    told(ctx, RESIDENT, {}, {"addressee": f"{8:015}", "name": "見本　花子", "relationship": "12"}, MOVE)
    return person()


def test_a_persons_page_shows_any_day(who, ctx):
    html = text(ask("person", person=who))
    assert "見本区北2-2-2" in html
    assert "転居" in html
    assert "見本　花子" not in html
    html = text(ask("person", query={"on": "R8.4.1"}, person=who))
    assert "令和8年4月1日(2026-04-01) 現在" in html
    told(ctx, RESIDENT, MOVE | {"correction": "1", "address": "見本区北3-3-3"})
    html = text(ask("person", person=who))
    assert "以前の認識 1件" in html
    assert ask("person", person=10**12).status_code == 404


def test_the_household_page_shows_all_members_on_a_day(who, ctx):
    html = text(ask("household", person=who))
    assert html.index("世帯主") < html.index("見本　花子")
    assert "妻" in html
    assert "この日に入っている世帯はありません" in text(ask("household", query={"on": "H31.4.1"}, person=who))


def test_facts_of_other_offices_have_their_page(who, ctx):
    told(ctx, TAX, {"total_income": "1234567"})
    with acting(ctx):
        deliver_facility(1, {"number": "1370000001"})
        take_registers(ctx)
    with acting(ctx):
        take_registers(ctx)
    told(ctx, "ward.facility_stay", {"facility": "1370000001", "from": "20260501", "to": "20260601"})
    html = text(ask("facts", person=who))
    assert "1,234,567" in html
    assert "令和8年度" in html
    assert "境界層証明書はありません" in html
    stay = html[html.index("入所") :]
    assert stay.index("みほん苑") < stay.index("令和8年5月1日") < stay.index("令和8年5月31日")


def test_an_act_is_typed_shown_and_then_done(who, ctx):
    assert "送付先を登録" in text(ask("person", person=who))
    html = text(ask("enter", MAILING, person=who, act="mailing"))
    assert "次のとおり登録します" in html
    assert "令和8年4月1日(2026-04-01)" in html
    assert m.MailingAddress.objects.count() == 0
    answer = ask("enter", MAILING | {"step": "do"}, person=who, act="mailing")
    assert answer.status_code == 302
    fact = m.MailingAddress.objects.get()
    assert (fact.postal_code, fact.source) == ("1790001", "case:2026-15")
    assert read.letter_addresses(ctx, [who])[who].recipient == "後見人　甲"


def test_what_is_wrong_is_said_on_top_and_at_the_field_and_nothing_is_lost(who):
    html = text(ask("enter", MAILING | {"start": "きのう", "postal_code": "12"}, person=who, act="mailing"))
    assert "2か所を直してください" in html
    assert html.count("郵便番号は7桁の数字です") == 2
    assert 'value="後見人　甲"' in html
    assert 'value="きのう"' in html
    # What the decision itself refuses is told the same way.
    html = text(ask("enter", {"text": "１２３４５６７８９０１８", "step": "do"}, person=who, act="memo"))
    assert "個人番号" in html
    assert "１２３４５６７８９０１８" in html
    assert m.Memo.objects.count() == 0


def test_an_address_that_another_household_uses_must_be_confirmed(who, ctx):
    """I27d: somebody else's 送付先 was registered and letters went astray for two years."""
    told(ctx, RESIDENT, {"addressee": f"{9:015}", "household": f"{5:015}", "name": "別人　一"})
    other = read.person_of_number(ctx, f"{9:015}")
    assert ask("enter", MAILING | {"step": "do"}, person=other, act="mailing").status_code == 302
    html = text(ask("enter", MAILING, person=who, act="mailing"))
    assert "別人　一" in html
    assert "確かめてから登録してください" in text(
        ask("enter", MAILING | {"step": "do"}, person=who, act="mailing")
    )
    assert m.MailingAddress.objects.count() == 1
    sure = MAILING | {"step": "do", "sure": "yes"}
    assert ask("enter", sure, person=who, act="mailing").status_code == 302
    assert m.MailingAddress.objects.count() == 2


def test_two_records_are_merged_after_a_look_at_both(who, ctx):
    told(ctx, GUEST, {"addressee": f"{9:015}", "name": "見本　太郎"})
    guest = read.person_of_number(ctx, f"{9:015}")
    typed = {"into": "7", "reason": "氏名・生年月日が一致"}
    html = text(ask("enter", typed, person=guest, act="merge"))
    assert "見本　太郎 さん" in html
    assert "まとめる先に移ります" in html
    assert ask("enter", typed | {"step": "do"}, person=guest, act="merge").status_code == 302
    assert ask("person", person=guest).headers["Location"] == f"/residents/{ref('person', who)}/"


@pytest.mark.parametrize("act", sorted(screens.ACTS))
def test_every_act_opens_and_wants_something(who, act):
    assert "<form" in text(ask("enter", person=who, act=act))
    assert "直してください" in text(ask("enter", {}, person=who, act=act))


def test_acts_need_their_own_permission(who):
    may = frozenset({"residents.view"})
    assert ask("enter", person=who, act="memo", may=may).status_code == 404
    for name in ("person", "household", "facts"):
        assert "/enter/" not in text(ask(name, person=who, may=may))
        assert "/enter/" in text(ask(name, person=who))
    assert ask("enter", person=who, act="nothing").status_code == 404
    assert ask("person", person=who, may=frozenset()).status_code == 404


def test_lists_of_protected_people_and_holds(who, ctx):
    assert "対象者はいません" in text(ask("lists"))
    told(ctx, RESIDENT, MOVE | {"history": "3", "event_on": "20260601", "protection": "1", "hold": "調査中"})
    assert f"/person/{ref('person', who)}/" in text(ask("lists"))
    assert "調査中" in text(ask("lists", query={"list": "hold"}))


def test_the_counters_card_takes_few_queries(who, ctx):
    told(ctx, RESIDENT, MOVE | {"history": "3", "event_on": "20260601", "protection": "1"})
    with CaptureQueriesContext(
        connection,
    ) as queries:
        card = panels.panel(ctx, who)
    assert len(queries) <= 4
    assert card.state == "住民(令和2年4月1日から)"
    assert [banner.kind for banner in card.banners] == ["protected"]
    assert [(bar.label, bar.end) for bar in card.bars] == [("住民", None)]
    assert dict(card.facts)["世帯"] == "見本　太郎 の世帯 2人(世帯主)"
    assert panels.panel(ctx.at(date(2000, 1, 1)), who) is None


def test_welfare_and_old_age_pension_of_a_person_are_seen_with_their_days(who, ctx):
    welfare = {
        "welfare_kind": "1",
        "history": "1",
        "correction": "0",
        "from": "20260501",
        "substitute_payment": "1",
    }
    told(ctx, "ward.welfare", welfare)
    told(ctx, "ward.old_age_pension", {"certificate": "福-1", "from": "20200401"})
    html = text(ask("facts", person=who))
    assert "生活保護" in html
    assert "令和8年5月1日" in html
    assert "福-1" in html
