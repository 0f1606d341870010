"""Pages as a clerk meets them: one page tells the case, forms keep what was typed, nobody approves himself."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, timedelta

import pytest
from django.test import RequestFactory
from psycopg.types.range import Range

from kaigo.base.desk.refs import ref, unref
from kaigo.base.records.facts import believe_rows
from kaigo.base.staff.tests.someone import someone
from kaigo.insurance.arrears import agreements, lapses, measures, panels, screens, talks, write_offs
from kaigo.insurance.arrears.models import Agreement, Contact, Measure, Proposal, Visit, WriteOff
from kaigo.insurance.arrears.obligors import obligors
from kaigo.insurance.arrears.route import block, route
from kaigo.insurance.arrears.tests.builders import DUE, LAST, YEAR, demanded, on, owes, pays
from kaigo.insurance.collection.tests.builders import insured, person
from kaigo.insurance.residents.models import Household, Membership, Protection, Relation, Residence

pytestmark = pytest.mark.django_db
ALL = frozenset({"arrears.view", "arrears.work", "arrears.enforce", "arrears.propose", "arrears.approve"})
DAY = timedelta(days=1)
TODAY = date(2026, 6, 15)
MY_NUMBER = "123456789018"


def ask(name, data=None, may=ALL, day=TODAY, account=1, query=None, **path):
    """The page of this name as a clerk with these permissions sees it."""
    view = next(p.callback for p in screens.urls if p.name == name)
    request = RequestFactory().post("/", data) if data is not None else RequestFactory().get("/", query or {})
    request.staff, request.day = someone(may, account=account), day
    return view(request, **path)


def text(answer):
    assert answer.status_code == 200
    return answer.content.decode()


def home(who: int, address: str, town: str = "") -> None:
    values = {
        field.attname: ""
        for field in Residence._meta.concrete_fields
        if field.get_internal_type() == "CharField"
    }
    nothing = {
        field.attname: None
        for field in Residence._meta.concrete_fields
        if field.get_internal_type() == "DateField"
    }
    believe_rows(
        Residence,
        [{**values, **nothing, "person_id": who, "state": "resident", "event": "01", "address": address, "town_code": town,
          "phone": "03-0000-0000", "effective": Range(date(2000, 1, 1), None), "source": "test:1"}],
    )  # fmt: skip


def family(*members: tuple[str, str], number: str = "1") -> list[int]:
    """People of one household: (name, relationship)."""
    house = Household.objects.create(number=number)
    found = []
    for name, relationship in members:
        who = person(name)
        believe_rows(
            Membership,
            [{"person_id": who, "household_id": house.id, "relationship": relationship,
              "effective": Range(date(2000, 1, 1), None), "source": "test:1"}],
        )  # fmt: skip
        found.append(who)
    return found


def protect(who: int) -> None:
    believe_rows(
        Protection,
        [{"person_id": who, "measure": "01", "effective": Range(date(2020, 1, 1), None), "source": "test:1"}],
    )


def test_the_desk_tells_debt_event_and_next_step_on_one_page():
    who = owes((1, DUE, 8_000), (2, date(2024, 9, 2), 7_000))
    pays(who, 1_000, date(2024, 8, 20))
    talks.write_contact(
        on(TODAY), who, date(2026, 5, 1), "phone", "本人", "年金の日に納めるとのこと", date(2026, 6, 12)
    )
    html = text(ask("desk", person=who))
    assert '<span class="figure">14,000<small>' in html
    for said in (
        "令和8年8月20日",
        "令和8年9月2日",
        "年金の日に納めるとのこと",
        "納める約束の日を過ぎています",
        "時効が完成する期があります",
    ):
        assert said in html
    assert "法200条1項" in html  # the reasons of the law stand behind each day
    assert "連帯納付義務者" in html


def test_the_desk_adds_late_charges_as_the_law_has_them_and_keeps_them_apart():
    who = owes((1, DUE, 80_000), (2, date(2024, 9, 2), 70_000))
    demanded(who, date(2024, 8, 20), yen=80_000)
    html = text(ask("desk", person=who))
    late = int(re.search(r'今日までの延滞金</span><span class="figure">([\d,]+)<', html)[1].replace(",", ""))
    # Only the term that was demanded costs more: 見本区, three months at 2.4%, then 8.7%, from 2026 9.1%.
    days = [(date(2024, 10, 31) - DUE).days, 426, (TODAY - date(2025, 12, 31)).days]
    assert late == 80_000 * (24 * days[0] + 87 * days[1] + 91 * days[2]) // 365_000 // 100 * 100
    assert f"{150_000 + late:,}<small>" in html


def test_the_list_is_filtered_by_amount_age_stage_and_last_contact():
    small, large = owes((1, DUE, 900)), owes((1, date(2025, 12, 1), 90_000))
    talks.write_contact(on(TODAY), large, date(2026, 6, 1), "phone", "本人", "電話")
    measures.begin(on(TODAY), small, "seizure", TODAY, "普通預金")

    def shown(**query) -> set[int]:
        html = text(ask("debtors", query=query))
        return {who for who in (small, large) if ref("person", who) in html}

    assert shown() == {small, large}
    assert shown(least="1000") == {large}
    assert shown(most="1,000") == {small}
    assert shown(older="12") == {small}
    assert shown(stage="seized") == {small}
    assert shown(stage="new") == {large}
    assert shown(silent="1") == {small}
    assert "数として読めません" in text(ask("debtors", query={"least": "たくさん"}))


def test_fifty_stand_on_a_page_and_the_second_page_has_the_rest():
    for _ in range(51):
        owes((1, DUE, 1_000))
    first, second = text(ask("debtors")), text(ask("debtors", query={"page": "2"}))
    assert first.count('<th scope="row"><a href="/arrears/person/') == 50
    assert second.count('<th scope="row"><a href="/arrears/person/') == 1
    assert "51件" in text(ask("debtors", query={"page": "99"})).replace(
        '<span class="num">51</span>件', "51件"
    )


def test_head_and_spouse_owe_too():
    head, wife, child = family(("見本 太郎", "02"), ("見本 花子", "12"), ("見本 次郎", "20"))
    assert [(o.person, o.role) for o in obligors(on(TODAY), child).who] == [(head, "世帯主")]
    assert [(o.person, o.role) for o in obligors(on(TODAY), wife).who] == [(head, "世帯主・配偶者")]
    assert [(o.person, o.role) for o in obligors(on(TODAY), head).who] == [(wife, "配偶者")]


@pytest.mark.parametrize("protected", [0, 1])
def test_where_somebody_is_protected_nobody_is_named_as_an_obligor(protected):
    both = family(("加害 太郎", "02"), ("被害 花子", "12"))
    protect(both[protected])
    for one in both:
        insured(one)
    owes((1, DUE, 8_000), who=both[1])
    found = obligors(on(TODAY), both[1])
    assert (found.who, found.guarded) == ((), True)
    html = text(ask("desk", person=both[1]))
    assert "加害 太郎" not in html
    assert ref("person", both[0]) not in html
    assert "請求や照会をしないでください" in html


def test_a_protection_against_somebody_outside_the_household_hides_the_household_too():
    head, wife = family(("世帯 太郎", "02"), ("世帯 花子", "12"))
    other = person("加害 次郎")
    believe_rows(
        Relation,
        [{"person_id": wife, "other_id": other, "relation": "9", "effective": Range(date(2020, 1, 1), None), "source": "test:1"}],
    )  # fmt: skip
    protect(wife)
    assert obligors(on(TODAY), wife).guarded
    assert obligors(on(TODAY), head).guarded


def test_who_may_not_see_households_sees_no_obligor():
    _, wife = family(("見本 太郎", "02"), ("見本 花子", "12"))
    assert obligors(replace(on(TODAY), fields=frozenset({"name"})), wife).who == ()


def test_a_talk_is_kept_and_a_my_number_is_refused_with_all_that_was_typed():
    who = owes((1, DUE, 8_000))
    typed = {
        "on": "R8.6.15",
        "how": "phone",
        "whom": "長男",
        "text": f"番号は{MY_NUMBER}",
        "promise_on": "",
        "promise_yen": "",
    }
    html = text(ask("contact", typed, person=who))
    assert "個人番号(マイナンバー)の形" in html
    assert "番号は" in html and "長男" in html
    assert not Contact.objects.exists()
    assert ask("contact", {**typed, "text": "来週電話する"}, person=who).status_code == 302
    kept = Contact.objects.get()
    assert (kept.on, kept.how, kept.whom, kept.text) == (TODAY, "phone", "長男", "来週電話する")


@pytest.mark.parametrize(
    "changed, why",
    [({"on": "R8.6.16"}, "まだ来ていない日"), ({"text": ""}, "内容を書いてください"), ({"promise_yen": "500"}, "いつ納める約束か"),
     ({"on": "きのう"}, "日付として読めません"), ({"how": "x"}, "方法を選んでください")],
)  # fmt: skip
def test_what_is_wrong_is_told_beside_what_was_typed(changed, why):
    who = owes((1, DUE, 8_000))
    typed = {
        "on": "R8.6.15",
        "how": "phone",
        "whom": "本人",
        "text": "話した",
        "promise_on": "",
        "promise_yen": "",
    }
    html = text(ask("contact", typed | changed, person=who))
    assert why in html
    assert not Contact.objects.exists()


def test_an_agreement_is_shown_before_it_is_made_and_sums_to_the_debt():
    who = owes((1, DUE, 8_001), (2, date(2024, 9, 2), 7_000))
    typed = {"monthly": "4,000", "first_on": "R8.6.30"}
    html = text(ask("agreement", typed, person=who))
    assert "答えを確かめる" in html and "3,001" in html and "15,001 円" in html
    assert not Agreement.objects.exists()
    again = {"step": "do", "monthly": "4000", "first_on": "2026-06-30", "debt": "15001"}
    pays(who, 1, TODAY)
    assert "額が変わりました(15,001円→15,000円)" in text(ask("agreement", again, person=who))
    assert ask("agreement", again | {"debt": "15000"}, person=who).status_code == 302
    assert Agreement.objects.get().debt_yen == 15_000
    assert "履行中" in text(ask("desk", person=who))


def test_a_measure_is_recorded_and_released_from_the_desk():
    who = owes((1, DUE, 8_000))
    typed = {"kind": "seizure", "begins": "R8.6.10", "object": "", "ground": "", "reason": ""}
    assert "何を差し押さえたか" in text(ask("measure", typed, person=who))
    assert ask("measure", typed | {"object": "普通預金(見本銀行)"}, person=who).status_code == 302
    made = Measure.objects.get()
    assert "普通預金(見本銀行)" in text(ask("desk", person=who))
    end = {"how": "ended", "ended_on": "R8.6.9", "reason": "完納"}
    assert "始まった日から今日まで" in text(ask("measure_end", end, measure=made.id))
    assert ask("measure_end", end | {"ended_on": "R8.6.15"}, measure=made.id).status_code == 302
    assert "もう終わっています" in text(ask("measure_end", end | {"ended_on": "R8.6.15"}, measure=made.id))
    assert ask("measure", typed, may=ALL - {"arrears.enforce"}, person=who).status_code == 404


def test_property_is_asked_and_answered():
    who = owes((1, DUE, 8_000))
    typed = {"kind": "bank", "whom": "見本銀行", "asked_on": "R8.6.1"}
    assert ask("inquiry", typed, person=who).status_code == 302
    html = text(ask("desk", person=who))
    asked = re.search(r"/arrears/inquiry/([^/]+)/", html)[1]
    number = unref("property_inquiry", asked)
    early = {"answered_on": "R8.5.31", "answer": "残高あり"}
    assert "照会した日より前" in text(ask("answer", early, property_inquiry=number))
    assert ask("answer", early | {"answered_on": "R8.6.15"}, property_inquiry=number).status_code == 302
    assert "残高あり" in text(ask("desk", person=who))


def test_a_day_is_walked_town_by_town_and_number_by_number():
    places = [
        ("旭町二丁目1番1号", "002"),
        ("旭町一丁目12番3号", "001"),
        ("旭町一丁目9番10号", "001"),
        ("旭町一丁目9番2号", "001"),
    ]
    people = []
    for address, town in places:
        who = owes((1, DUE, 8_000))
        home(who, f"見本区{address}", town)
        talks.plan_visit(on(TODAY), who, TODAY)
        people.append(who)
    assert [s.person for s in route(on(TODAY), TODAY)] == [people[3], people[2], people[1], people[0]]
    html = text(ask("route"))
    assert html.index("9番2号") < html.index("9番10号") < html.index("12番3号") < html.index("二丁目1番1号")
    with pytest.raises(Exception, match="もう予定にあります"):
        talks.plan_visit(on(TODAY), people[0], TODAY)


def test_the_numbers_of_an_address_are_read_in_any_spelling():
    assert (
        block("見本区旭町一丁目12番3号")
        == block("見本区旭町1丁目12-3")
        == block("見本区旭町１丁目１２番３号")
        == (1, 12, 3)
    )


def test_of_a_protected_person_no_address_is_printed():
    who = owes((1, DUE, 8_000))
    home(who, "見本区秘密町1番1号")
    protect(who)
    talks.plan_visit(on(TODAY), who, TODAY)
    html = text(ask("route"))
    assert "秘密町" not in html and "03-0000-0000" not in html
    assert "住所は印刷しません" in html


def test_what_came_of_a_visit_is_written_once_its_day_has_come():
    who = owes((1, DUE, 8_000))
    made = talks.plan_visit(on(TODAY), who, TODAY + DAY)
    assert "まだ来ていない日" in text(ask("visit_result", {"result": "absent", "note": ""}, visit=made.id))
    assert (
        ask(
            "visit_result", {"result": "absent", "note": "表札なし"}, day=TODAY + DAY, visit=made.id
        ).status_code
        == 302
    )
    assert Visit.objects.get().result == "absent"


def test_the_forecast_names_each_month_and_its_people():
    who = owes((1, DUE, 8_000))
    html = text(ask("forecast", day=date(2026, 6, 15)))
    assert "令和8年8月" in html and "histogram" in html
    assert ref("person", who) in text(ask("forecast_of", day=date(2026, 6, 15), year=2026, month=8))
    assert ref("person", who) not in text(ask("forecast_of", day=date(2026, 6, 15), year=2026, month=9))


def test_a_write_off_is_asked_by_one_and_approved_by_another():
    who = owes((1, DUE, 8_000))
    today = LAST + DAY
    lapses.find(on(today))
    assert "8,000" in text(ask("write_offs", day=today))
    assert ask("propose", {"ground": "", "reason": "8月分"}, day=today).status_code == 302
    asked = Proposal.objects.get()
    own = text(ask("proposal", day=today, proposal=asked.id))
    assert "依頼した本人は承認できません" in own and "承認して記帳する" not in own
    assert "本人は承認できません" in ask("approve", {}, day=today, proposal=asked.id).content.decode()
    assert not WriteOff.objects.exists()
    other = text(ask("proposal", day=today, account=2, proposal=asked.id))
    assert "承認して記帳する" in other
    assert (
        ask("approve", {}, day=today, account=2, may=ALL - {"arrears.approve"}, proposal=asked.id).status_code
        == 404
    )
    assert ask("approve", {}, day=today, account=2, proposal=asked.id).status_code == 302
    html = text(ask("desk", day=today, person=who))
    assert "時効の完成" in html and "取消しを依頼する" in html
    (made,) = write_offs.written_off(on(today), who)
    assert "取り消す理由を書いてください" in text(
        ask("reversal", {"reason": ""}, day=today, write_off=made.id)
    )
    assert ask("reversal", {"reason": "誤り"}, day=today, write_off=made.id).status_code == 302
    assert Proposal.objects.get(state="requested").what == "reversal"
    assert "承認を待っている依頼" in text(ask("reversal", {"reason": "再び"}, day=today, write_off=made.id))


def test_figures_restriction_and_late_money_are_shown():
    who = owes((1, DUE, 8_000), (2, date(2024, 9, 2), 7_000))
    pays(who, 7_000, date(2024, 9, 1), number=2)
    today = LAST + DAY
    lapses.find(on(today))
    pays(who, 300, today)
    html = text(ask("figures_of", day=today, year=YEAR))
    assert "第5段階" in html and "48.66" in html  # 7,300 of 15,000
    assert "2年を超える" in html
    assert "給付額減額" in text(ask("restriction", day=today, query={"stage": "lapsed"}))
    assert "300" in text(ask("late", day=today))


def test_the_counter_warns_of_arrears_and_says_nothing_where_there_are_none():
    who = owes((1, DUE, 8_000))
    shown = panels.panel(on(TODAY), who)
    assert shown.banners[0].kind == "arrears" and "8,000円" in shown.banners[0].text
    pays(who, 8_000, TODAY)
    assert panels.panel(on(TODAY), who) is None


def test_the_counter_is_not_told_what_was_entered_by_mistake(django_assert_num_queries):
    who = owes((1, DUE, 8_000))
    made = measures.begin(on(TODAY), who, "acknowledgement", TODAY)
    with django_assert_num_queries(1):
        shown = panels.panel(on(TODAY), who)
    assert [event.text for event in shown.events] == ["債務の承認"]
    measures.end(on(TODAY), made.id, "void", None, "別の人の書面だった")
    assert panels.panel(on(TODAY), who).events == ()


def test_a_broken_agreement_and_an_answer_that_stays_out_are_next_steps():
    who = owes((1, DUE, 9_000))
    agreements.make(on(date(2026, 3, 2)), who, 3_000, date(2026, 3, 31), 9_000)
    talks.ask_property(on(date(2026, 3, 2)), who, "bank", "見本銀行", date(2026, 3, 2))
    html = text(ask("desk", person=who, day=date(2026, 4, 15)))
    assert "分納が1回、3,000円遅れています" in html
    assert "回答が1か月を過ぎても" in html
