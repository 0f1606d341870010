"""Pages as a clerk meets them: who is left out and why, two people, typed words kept, nothing that rights do not give."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, timedelta

import pytest
from django.test import RequestFactory

from kaigo.base.desk.refs import ref
from kaigo.base.staff.tests.someone import someone
from kaigo.insurance.collection.tests.builders import YEAR
from kaigo.insurance.dunning import late, panels, returned, screens, waivers
from kaigo.insurance.dunning.models import Batch, Demand, LateCharge, PublicNotice, ReturnedMail, Stay, Waiver
from kaigo.insurance.dunning.tests.builders import DATED, INSURER, by, demanded, dunned, pay, payer, shadow
from kaigo.insurance.qualification.models import InsuredNumber

pytestmark = pytest.mark.django_db
ALL = frozenset(
    {"dunning.view", "dunning.request", "dunning.approve", "dunning.decide", "dunning.waive", "notices.draft"}
)
WINTER = date(YEAR, 12, 20)


def ask(name, data=None, query=None, may=ALL, who=1, day=DATED, **path):
    """The page of this name as a clerk with these permissions sees it."""
    view = next(p.callback for p in screens.urls if p.name == name)
    request = RequestFactory().post("/", data) if data is not None else RequestFactory().get("/", query or {})
    request.staff, request.day = someone(may, account=who, day=day), day
    return view(request, **path)


def text(answer) -> str:
    assert answer.status_code == 200, answer.content.decode()[-2000:]
    return answer.content.decode()


def field(html: str, name: str) -> str:
    """What stands in a field of a form."""
    return re.search(rf'<(?:input|textarea) id="{name}"[^>]*?value="([^"]*)"', html).group(1)


def test_a_list_goes_from_the_form_to_the_demand_by_two_people():
    who, paid = payer(), payer(name="見本 次郎")
    assert "督促も催告もまだありません" in text(ask("batches"))
    answer = ask("prepare", {"dated": "R8.8.18", "since": "", "least": ""})
    batch = Batch.objects.get()
    assert (answer.status_code, answer["Location"]) == (
        302,
        f"/dunning/batches/{ref('dunning_batch', batch.id)}/",
    )
    html = text(ask("batch", dunning_batch=batch.id))
    assert "本人は承認できません" in html and "見本 花子" in html and "見本 次郎" in html
    assert "指定期限 令和8年8月28日" in html
    assert ask("approve", {}, dunning_batch=batch.id).status_code == 409
    assert Batch.objects.get().state == "shadowed"
    ask("approve", {}, who=2, dunning_batch=batch.id)
    pay(paid, 1, day=DATED)
    ask("execute", {}, dunning_batch=batch.id)
    assert [d.person_id for d in Demand.objects.all()] == [who]
    html = text(ask("batch", query={"list": "dropped"}, dunning_batch=batch.id))
    assert "影の後に除いた期" in html and "見本 次郎" in html and "見本 花子" not in html
    assert "2026年8月" in text(ask("batches"))


def test_what_is_left_out_is_told_with_what_to_do():
    payer(name="見本 居所不明", at_home=False)
    batch = shadow()
    html = text(ask("batch", query={"list": "address"}, dunning_batch=batch.id))
    assert "宛先が分からない" in html and "公示送達" in html and "見本 居所不明" in html


def test_a_form_that_is_refused_keeps_what_was_typed():
    html = text(ask("prepare", {"dated": "R8.8.1", "since": "R8.4.1", "least": "千円"}))
    assert "数として読めません" in html
    assert (field(html, "dated"), field(html, "since"), field(html, "least")) == ("R8.8.1", "R8.4.1", "千円")
    html = text(ask("prepare", {"dated": "R8.8.1", "since": "", "least": ""}))
    assert "業務日より前" in html
    html = text(
        ask(
            "remind",
            {"reminder_dated": "R8.8.18", "deadline": "R8.8.18", "quiet": "30", "reminder_least": ""},
        )
    )
    assert "発行日より後" in html and field(html, "deadline") == "R8.8.18"
    assert not Batch.objects.exists()


def test_the_page_of_a_person_shows_demand_late_charge_and_its_calculation():
    who = payer(960_000)
    demanded()
    html = text(ask("person", person=who, day=WINTER))
    assert "督促した日" in html and "今日までの延滞金" in html and "2.8%" in html
    ask("settle", {"term": f"{YEAR}:1"}, person=who, day=WINTER)
    charge = LateCharge.objects.get()
    html = text(ask("late_charge", late_charge=charge.id, day=WINTER))
    assert "年 9.1%" in html and f"{charge.yen:,} 円" in html
    demand = Demand.objects.get()
    html = text(ask("demand", demand=demand.id))
    assert "自治法231条の3" in html and "督促状を再発行する" in html
    assert ask("settle", {"term": "x"}, person=who, day=WINTER).status_code == 409
    assert LateCharge.objects.count() == 1


def test_a_waiver_is_asked_for_and_decided_on_two_pages():
    who = dunned(960_000)
    pay(who, 1, day=date(YEAR, 12, 15))
    late.settle_all(by(1, WINTER), INSURER)
    charge = LateCharge.objects.get()
    html = text(
        ask("ask_waiver", {"yen": f"{charge.yen + 1}", "reason": "災害"}, late_charge=charge.id, day=WINTER)
    )
    assert "1円から" in html and field(html, "yen") == f"{charge.yen + 1}"
    ask("ask_waiver", {"yen": "200", "reason": "災害で納められなかった"}, late_charge=charge.id, day=WINTER)
    html = text(ask("waivers", who=2, day=WINTER))
    assert "災害で納められなかった" in html and "認める" in html
    assert "取り下げる" in text(ask("waivers", who=1, day=WINTER))
    request = waivers.WaiverRequest.objects.get()
    ask("waiver", {"act": "grant"}, who=2, waiver_request=request.id, day=WINTER)
    assert Waiver.objects.get().yen == 200
    assert "認めた" in text(ask("late_charge", late_charge=charge.id, day=WINTER))


def test_letters_are_stopped_and_go_again():
    who = payer()
    html = text(ask("stay", {"why": "", "start": "x", "end": "", "note": ""}, person=who))
    assert "止める訳を選んでください" in html and field(html, "start") == "x"
    ask("stay", {"why": "deferral", "start": "R8.8.1", "end": "", "note": "徴収猶予"}, person=who)
    stay = Stay.objects.get()
    assert "徴収猶予" in text(ask("person", person=who))
    ask("end_stay", {}, stay=stay.id)
    assert Stay.objects.get(superseded_by__isnull=True).end == DATED


def test_a_returned_letter_is_entered_by_number_searched_and_posted():
    who = payer()
    InsuredNumber.objects.create(person_id=who, number="0000000017")
    answer = ask("returned", query={"number": "００００００００１７"})
    assert answer["Location"] == f"/dunning/person/{ref('person', who)}/returned/"
    html = text(ask("returned", query={"number": "9"}))
    assert "被保険者番号 9 の人はいません" in html and field(html, "number") == "9"
    html = text(
        ask(
            "enter_returned",
            {
                "letter": "demand",
                "document_number": "",
                "returned_on": "R8.8.18",
                "why": "moved",
                "note": "x",
            },
            person=who,
        )
    )
    assert "文書番号を書いてください" in html and field(html, "note") == "x"
    ask(
        "enter_returned",
        {
            "letter": "demand",
            "document_number": "8見介督第1号",
            "returned_on": "R8.8.18",
            "why": "moved",
            "note": "",
        },
        person=who,
    )
    row = ReturnedMail.objects.get()
    html = text(ask("post_notice", {"posted_on": "R8.8.18", "returned": [ref("returned", row.id)]}))
    assert "まだ調べていません" in html
    ask(
        "search",
        {"searched_on": "R8.8.18", "what": "visit", "found": "not_living", "note": ""},
        returned=row.id,
    )
    assert "不現住" in text(ask("returned_one", returned=row.id))
    ask("post_notice", {"posted_on": "R8.8.18", "returned": [ref("returned", row.id)]})
    notice = PublicNotice.objects.get()
    html = text(ask("notice", public_notice=notice.id))
    assert "見本 花子" in html and "令和8年8月25日" in html
    # What is posted says neither where somebody lived nor how much he owes, nor the number of the letter.
    assert "見本区中央" not in html and "8見介督第1号" not in html and " 円" not in html


def test_the_payments_of_a_year_stand_apart_by_way():
    who = payer()
    pay(who, 1, 1_000)
    html = text(ask("paid", person=who, year=YEAR))
    assert "1,000" in html and "この年はまだ終わっていません" in html
    assert "納めた額はありません" in text(ask("paid", person=who, year=YEAR - 1))
    assert ask("paid", person=who, year=1999).status_code == 404


def test_the_panel_says_what_happened_last_and_warns_of_a_lost_address(django_assert_num_queries):
    who = payer()
    assert panels.panel(by(1, DATED), who) is None
    demanded()
    with django_assert_num_queries(1):
        panel = panels.panel(by(1, DATED), who)
    assert "第1期を督促" in panel.state and panel.facts == (("督促", "1期"),) and not panel.banners
    row = returned.enter(by(1, DATED), who, "demand", "1", DATED, "moved")
    panel = panels.panel(by(1, DATED), who)
    assert [b.kind for b in panel.banners] == ["arrears"]
    assert any("返戻(転居先不明)" in event.text for event in panel.events)
    returned.search(by(1, DATED), row, DATED, "office", "address")
    assert not panels.panel(by(1, DATED), who).banners
    returned.search(by(1, WINTER), row, WINTER, "visit", "not_living")
    assert panels.panel(by(1, WINTER), who).banners


def test_the_navigation_counts_lists_waivers_and_letters_that_wait():
    who = dunned(960_000)
    assert screens.nav.waiting(by(1, DATED)) == 0
    shadow(DATED + timedelta(days=1))
    assert screens.nav.waiting(by(1, DATED)) == 1
    row = returned.enter(by(1, DATED), who, "demand", "1", DATED, "moved")
    assert screens.nav.waiting(by(1, DATED)) == 2
    returned.search(by(1, DATED), row, DATED, "office", "address")
    pay(who, 1, day=date(YEAR, 12, 15))
    late.settle_all(by(1, WINTER), INSURER)
    waivers.ask(by(1, WINTER), LateCharge.objects.get().id, 100, "災害")
    assert screens.nav.waiting(by(1, WINTER)) == 2


def test_the_panel_shows_late_charges_as_they_were_known():
    who = dunned(960_000)
    pay(who, 1, day=date(YEAR, 12, 15))
    late.settle_all(by(1, WINTER), INSURER)
    charge = LateCharge.objects.get()
    shown = panels.panel(by(1, WINTER), who)
    assert dict(shown.facts)["延滞金"] == f"{charge.yen:,}円"
    before = replace(by(1, WINTER), known_at=charge.decided_at - timedelta(seconds=1))
    assert panels.panel(before, who) is None


@pytest.mark.parametrize("name", ["prepare", "remind"])
def test_who_may_only_look_makes_no_list(name):
    assert ask(name, {}, may={"dunning.view"}).status_code in (403, 404)
    assert "影の一覧を作る" not in text(ask("batches", may={"dunning.view"}))
