"""Pages as a clerk meets them: figures lead to reasons, acts are shown before they are done, rights are kept."""

from __future__ import annotations

import re
from datetime import date

import pytest
from django.test import RequestFactory

from kaigo.base.desk.refs import ref
from kaigo.base.staff.tests.someone import someone
from kaigo.insurance.collection import panels, read, screens
from kaigo.insurance.collection.models import Task, Way
from kaigo.insurance.collection.tests.builders import YEAR, assess, insured, mandate, on, person, target
from kaigo.insurance.collection.tests.test_plan import JULY, continuing, in_force, parts, plan_on
from kaigo.insurance.ledger.models import LedgerEntry

pytestmark = pytest.mark.django_db
ALL = frozenset({"collection.view", "collection.match", "collection.change"})


def ask(name, data=None, may=ALL, day=JULY, **path):
    """The page of this name as a clerk with these permissions sees it."""
    view = next(p.callback for p in screens.urls if p.name == name)
    request = RequestFactory().post("/", data) if data is not None else RequestFactory().get("/")
    request.staff, request.day = someone(may), day
    return view(request, **path)


def text(answer):
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.fixture
def who():
    return continuing(yen=53_700, feb=13_750)


def test_every_figure_of_the_ledger_leads_to_reasons(who):
    html = text(ask("ledger", person=who))
    plan = in_force(who)
    assert "見本 花子 さんの収納台帳" in html
    for yen in ("6,500", "6,700", "53,700"):
        assert yen in html
    for amount in re.findall(r'<td class="num">(.*?)</td><td class="num">', html):
        assert "/collection/plan/" in amount
    assert f"/collection/plan/{ref('plan', plan.id)}/" in html
    assert "法135条・140条" in text(ask("plan", plan=plan.id))


def test_a_plan_page_compares_with_the_plan_before(who):
    html = text(ask("plan", plan=in_force(who).id))
    assert "前の期別との比較" in html
    assert "−7,250" in html
    old = text(ask("plan", plan=in_force(who).supersedes_id))
    assert "後の期別に替わっています" in old


def test_the_year_shows_what_was_levied_by_way_and_part(who):
    other = person()
    insured(other)
    assess(on(JULY), other, 66_000)
    plan_on(JULY)
    html = text(ask("year_of", year=YEAR))
    assert '<span class="figure">119,700<small>' in html
    assert "令和8年7月31日" in html
    assert ask("year_of", year=1999).status_code == 404


def test_the_check_names_who_differs(who):
    assert "全員について" in text(ask("check", year=YEAR))
    LedgerEntry.objects.create(
        person_id=who, fiscal_year=YEAR, accounting_year=YEAR, sort="adjust", way="deduction", number=4, yen=7, reason="x", source="x",
        key="x", business_date=JULY, actor="account:1",
    )  # fmt: skip
    html = text(ask("check", year=YEAR))
    assert "見本 花子" in html
    assert "調定の合計が年額と違う" in html


def test_changing_the_way_shows_what_follows_before_it_is_done():
    who = person()
    insured(who)
    mandate(who, date(2020, 4, 1))
    assess(on(JULY), who, 66_000)
    plan_on(JULY)
    asked = {"way": "slip", "valid_from": "R8.9.1"}
    html = text(ask("way", asked, person=who))
    assert "納付方法を変える" in html
    assert html.count('<tr class="changed">') == 6
    assert not Way.objects.exists()
    assert {w for w, _ in parts(who)} == {"debit"}
    assert ask("way", asked | {"step": "do"}, person=who).status_code == 302
    assert Way.objects.get().valid_from == date(YEAR, 9, 1)
    assert {w for w, n in parts(who) if n >= 3} == {"slip"}


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"way": "slip", "valid_from": "きょう"}, "日付として読めません"),
        ({"way": "slip", "valid_from": "2026-06-30"}, "業務日より前にできません"),
        ({"valid_from": "2026-09-01"}, "納付方法を選んでください"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_stays(who, typed, said):
    html = text(ask("way", typed, person=who))
    assert said in html
    assert f'value="{typed["valid_from"]}"' in html


def test_debit_without_an_account_is_refused(who):
    answer = ask("way", {"way": "debit", "valid_from": "2026-09-01", "step": "do"}, person=who)
    assert answer.status_code == 409
    assert "口座が登録されていません" in answer.content.decode()


def test_a_record_is_matched_by_hand_and_the_plan_follows():
    who = person()
    insured(who)
    assess(on(JULY), who, 60_000)
    plan_on(JULY)
    record = target(None)
    Task.objects.create(sort="target", what=f"target:{record.id}", message="見つかりません", state="open")
    assert "見つかりません" in text(ask("targets"))
    # The address names whose record it would be: nobody takes one for himself or his household (base/desk/things.py).
    assert f"/collection/targets/{ref('target', record.id)}/person/{ref('person', who)}/" in text(
        ask("target", target=record.id)
    )
    page = text(ask("match", target=record.id, person=who))
    assert "見本 花子 さんの年金記録とする" in page and "この人の記録とする" in page and "届いた記録" in page
    far = person("見本 遠子", "トオイ トオコ", birth=date(1948, 1, 2), sex="1")
    insured(far)
    for other in ({"person": far}, {"person": who, "target": record.id + 1}):
        assert ask("match", {}, **({"target": record.id} | other)).status_code == 404
    assert ask("match", {}, frozenset({"collection.view"}), target=record.id, person=who).status_code == 404
    assert ask("match", {}, target=record.id, person=who).status_code == 302
    assert in_force(who).request == "start"
    again = ask("match", {}, target=record.id, person=who)
    assert again.status_code == 409 and "もうそのように同定されています" in again.content.decode()
    assert "同定を取り消す" in text(ask("target", target=record.id))
    assert ask("match_nobody", {}, target=record.id).status_code == 302
    assert in_force(who).way == "direct"
    assert "被保険者ではない" in text(ask("target", target=record.id))


def test_the_request_page_names_who_has_no_record(who):
    html = text(ask("request"))
    assert "特別徴収依頼通知" in html
    assert "見本 花子" in html


def test_pages_need_their_permission(who):
    for name, path in (("ledger", {"person": who}), ("year", {}), ("targets", {}), ("request", {})):
        assert ask(name, may=frozenset(), **path).status_code == 404
    assert ask("way", may=frozenset({"collection.view"}), person=who).status_code == 404
    assert ask("ledger", person=999_999).status_code == 404


def test_the_panel_tells_state_and_next_part_in_four_queries(who, django_assert_max_num_queries):
    with django_assert_max_num_queries(4):
        panel = panels.panel(on(JULY), who)
    assert "53,700円" in panel.state
    assert ("次の納め", "8月 6,500円(特別徴収)") in panel.facts
    assert len(panel.events) == 2
    assert panels.panel(on(JULY), person()) is None


def test_a_ledger_page_needs_few_queries(who, django_assert_max_num_queries):
    with django_assert_max_num_queries(25):
        text(ask("ledger", person=who))
    assert read.open_parts(on(JULY), who, YEAR)[0].number == 8


def test_whom_the_law_cannot_judge_is_listed_with_what_is_missing():
    who = person()
    insured(who)
    assess(on(date(YEAR, 4, 1)), who, 30_000, "provisional")
    plan_on(date(YEAR, 4, 1))
    html = text(ask("unclear"))
    assert "前の2月に引いた額" in html
    assert f"/collection/person/{ref('person', who)}/" in html
