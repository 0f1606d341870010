"""The person page: every card in at most 28 queries, any day, any moment of belief."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from psycopg.types.range import Range

from kaigo.base.desk.panel import Banner, Panel
from kaigo.base.desk.refs import ref
from kaigo.base.records.facts import believe_rows
from kaigo.insurance.collection.tests.builders import assess, insured, on, person
from kaigo.insurance.counter.decide import take
from kaigo.insurance.counter.models import Ticket
from kaigo.insurance.counter.person import banners, moment
from kaigo.insurance.counter.tests.clerk import ALL, TODAY, ask, text
from kaigo.insurance.premium.tests.builders import at_home
from kaigo.insurance.qualification.models import InsuredNumber
from kaigo.insurance.qualification.tests.builders import died, fact, lives
from kaigo.insurance.residents import read as residents
from kaigo.insurance.residents.models import Protection

pytestmark = pytest.mark.django_db(databases=["default", "staff"])


@pytest.fixture
def who():
    somebody = person(
        "寿限無寿限無五劫のすりきれ 海砂利水魚之助",
        "ジュゲムジュゲムゴコウノスリキレ カイジャリスイギョノスケ",
    )
    lives(somebody, "1990-01-01")
    at_home([somebody])
    insured(somebody)
    InsuredNumber.objects.create(person_id=somebody, number="0000012345")
    assess(on(TODAY), somebody, 66_000)
    take(on(TODAY), somebody, "call", "納付書のこと", "", False)
    return somebody


def test_the_page_says_who_it_is(who):
    html = text(ask("person", person=who))
    for said in ("寿限無寿限無", "昭和25年5月5日(1950-05-05)", "76歳", "0000012345", "見本区中央1丁目1番1号"):
        assert said in html
    assert "電話 納付書のこと" in html


def test_a_full_person_needs_at_most_32_queries(who):
    from kaigo.insurance.collection.tests.test_plan import plan_on

    plan_on(TODAY)
    text(ask("person", person=who))
    with CaptureQueriesContext(
        connection,
    ) as queries:
        text(ask("person", person=who))
    # One more belongs to the staff database: who is logged in.
    # Two are the access record's: why he is looked at (not asked in this test), how many were opened today.
    assert len(queries) + 2 <= 32, [q["sql"][:90] for q in queries]


def test_cards_of_rooms_that_one_may_not_enter_are_absent(who):
    assert "電話・窓口の記録" in text(ask("person", person=who))
    html = text(ask("person", may=frozenset({"counter.view"}), person=who))
    assert "電話・窓口の記録" in html
    assert "/collection/" not in html


def test_another_day_turns_the_band_amber_and_says_so(who):
    html = text(ask("person", person=who))
    assert "band--other" not in html
    html = text(ask("person", "on=1989-12-31", person=who))
    assert "band--other" in html
    assert "平成元年12月31日現在" in html
    assert "見本区中央1丁目1番1号" not in html


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("2026-04-01T09:00", "2026-04-01 09:00"),
        ("令和8年4月1日 9:00", "2026-04-01 09:00"),
        ("令和8年4月1日9時05分", "2026-04-01 09:05"),
        ("Ｒ８．４．１ １７：３０", "2026-04-01 17:30"),
        ("R8.4.1", "2026-04-02 00:00"),
    ],
)
def test_a_moment_is_a_day_with_a_time_or_its_end(typed, meant):
    assert f"{timezone.localtime(moment(typed)):%Y-%m-%d %H:%M}" == meant


def test_a_day_may_be_typed_in_any_spelling(who):
    assert "令和7年10月1日現在" in text(ask("person", "on=R7.10.1", person=who))


@pytest.mark.parametrize("query", ["on=きのう", "known=きのう", "known=2199-01-01T00:00", "on=2026-02-30"])
def test_a_wrong_time_is_told_and_the_page_still_shown(who, query):
    html = text(ask("person", query, person=who))
    assert 'role="alert"' in html
    assert "寿限無" in html


def test_a_moment_before_we_knew_shows_nothing_of_it(who):
    before = timezone.localtime(timezone.now() - timedelta(days=1))
    html = text(ask("person", f"known={before:%Y-%m-%dT%H:%M}", person=who))
    assert "時点の認識" in html
    assert "寿限無" not in html
    assert "納付書のこと" not in html


def test_notes_of_later_days_are_not_shown_on_an_earlier_day(who):
    assert "納付書のこと" not in text(ask("person", "on=2026-07-14", person=who))


def test_a_protected_person_is_announced_above_everything(who):
    believe_rows(
        Protection,
        [fact(Protection, person_id=who) | {"effective": Range(date(2026, 1, 1), None)}],
    )
    html = text(ask("person", person=who, may=frozenset({"counter.view"})))
    assert html.index("支援措置の対象者です") < html.index("band-name")


def test_the_dead_are_announced():
    somebody = person()
    died(somebody, "2026-05-31")
    assert "亡くなっています(令和8年5月31日)" in text(ask("person", person=somebody))


def test_the_gravest_banner_comes_first_and_none_twice(who):
    view = residents.one(on(TODAY), who)
    panel = Panel(
        "x",
        "x",
        "x",
        "",
        banners=(Banner("interim", "仮の段階"), Banner("arrears", "滞納"), Banner("hold", "停止")),
    )
    assert [word for _, word in banners(view, [panel])] == ["停止", "滞納", "仮の段階"]


def test_a_note_is_kept_with_its_history_and_refuses_individual_numbers(who):
    answer = ask("new_ticket", data={"subject": "引越し", "text": "来月から"}, person=who, kind="counter")
    ticket = Ticket.objects.latest("id")
    assert answer["Location"] == f"/tickets/{ref('ticket', ticket.id)}/"
    html = text(
        ask(
            "ticket",
            data={"subject": "引越し", "text": "番号は 1234 5678 9018 です", "done": "1"},
            ticket=ticket.id,
        )
    )
    assert "個人番号(マイナンバー)の形をしています" in html
    assert "1234 5678 9018" in html, "what was typed is kept"
    assert Ticket.objects.get(id=ticket.id).text == "来月から"
    ask("ticket", data={"subject": "引越し", "text": "済んだ", "done": "1"}, ticket=ticket.id)
    assert Ticket.objects.get(id=ticket.id).state == "done"
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT before->>'text' FROM records_work_history WHERE \"table\" = 'counter_ticket' AND \"row\" = %s",
            [ticket.id],
        )
        assert cursor.fetchall() == [("来月から",)]


def test_a_note_without_a_subject_is_not_kept(who):
    count = Ticket.objects.count()
    html = text(ask("new_ticket", data={"subject": " ", "text": "x"}, person=who, kind="call"))
    assert "用件を書いてください" in html
    assert Ticket.objects.count() == count
    assert ask("new_ticket", person=who, kind="fax").status_code == 404
    assert ask("new_ticket", person=999_999, kind="call").status_code == 404


def test_the_list_of_notes_is_filtered(who):
    assert "納付書のこと" in text(ask("tickets"))
    assert "納付書のこと" not in text(ask("tickets", "state=done"))
    assert "納付書のこと" not in text(ask("tickets", "state=all&kind=counter"))
    assert "納付書のこと" in text(ask("person_tickets", person=who))
    assert ALL
