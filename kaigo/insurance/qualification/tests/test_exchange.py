"""住所地特例交換情報: ours by host municipality, what hosts must be told, and where their lists and ours disagree."""

from __future__ import annotations

from datetime import date

import pytest
from psycopg.types.range import Range

from kaigo.base.feeds.decide import receive
from kaigo.base.records.context import acting
from kaigo.base.records.facts import believe_rows
from kaigo.base.records.refusal import Refused
from kaigo.insurance.qualification import exchange, exchange_told
from kaigo.insurance.qualification.models import ExchangeNotice, InsuredNumber
from kaigo.insurance.qualification.tests.builders import INSURER, born, context, day, facility, fact
from kaigo.insurance.qualification.tests.test_income_inquiries import (
    OTHER,
    _towns,  # noqa: F401  the municipalities of the register
)
from kaigo.insurance.qualification.tests.test_screens import ask, text
from kaigo.insurance.residents.models import AddressException, Particulars
from kaigo.layouts.writer import write_csv

pytestmark = pytest.mark.django_db
SETAGAYA = "131121"
NOW = context("2026-07-15")


def excepted(person, since, until=None, town=OTHER, home="1", which="own"):
    with acting(context("2026-01-01")):
        believe_rows(
            AddressException,
            [
                fact(
                    AddressException,
                    person_id=person,
                    exception=which,
                    municipality=town,
                    facility=home,
                    effective=Range(day(since), day(until) if until else None),
                )
            ],
        )


def person(name="特例 花子", birth="1940-05-05", number=""):
    found = born(birth, name)
    old = Particulars.objects.get(person_id=found)
    row = {column: getattr(old, column) for column in Particulars.value_columns()}
    believe_rows(
        Particulars,
        [fact(Particulars) | row | {"person_id": found, "kana": "トクレイ", "effective": old.effective}],
    )
    if number:
        InsuredNumber.objects.create(person_id=found, number=number)
    return found


def line(**words):
    return {
        "municipality": OTHER, "side": "1", "insured_number": "", "name": "特例 花子", "kana": "トクレイ",
        "birth": "19400505", "facility_name": "川口苑", "from": "20250401", "to": "", "as_of": "20260701",
    } | words  # fmt: skip


def receives(*lines, sequence=1):
    content = write_csv(exchange.LAYOUT, INSURER, date(2026, 7, sequence), sequence, "changes", list(lines))
    with acting(NOW):
        return receive(NOW, INSURER, f"exchange-{sequence}.csv", content, exchange.LAYOUT).state


def told(first="2026-06-01", following="2026-08-01"):
    return [
        (e.kind, e.day.isoformat(), e.municipality, e.before, e.facility)
        for e in exchange.events(NOW, day(first), day(following))
    ]


def differing():
    return [(m.sort, m.which, m.name, m.person) for m in exchange.mismatches(NOW)]


def test_ours_in_homes_elsewhere_by_host_municipality():
    excepted(person("川口 花子"), "2025-04-01")
    excepted(person("世田谷 花子"), "2025-04-01", town=SETAGAYA)
    excepted(person("終わった 花子"), "2025-04-01", "2026-07-01")
    excepted(person("他特例 花子"), "2025-04-01", which="other")
    assert [(row.municipality, row.name) for row in exchange.in_force(NOW, "own")] == [
        (OTHER, "川口 花子"),
        (SETAGAYA, "世田谷 花子"),
    ]
    assert [row.name for row in exchange.in_force(NOW, "other")] == ["他特例 花子"]


def test_a_beginning_a_change_of_home_and_an_end_must_be_told():
    who = person()
    excepted(who, "2026-06-10", "2026-06-20", home="1")
    excepted(who, "2026-06-20", "2026-07-01", home="2")
    excepted(who, "2026-07-01", "2026-07-10", home="3", town=SETAGAYA)
    assert told() == [
        ("end", "2026-07-10", SETAGAYA, "", "3"),
        ("start", "2026-07-01", SETAGAYA, "", "3"),
        ("end", "2026-07-01", OTHER, "", "2"),
        ("change", "2026-06-20", OTHER, "1", "2"),
        ("start", "2026-06-10", OTHER, "", "1"),
    ]
    assert told("2026-06-11", "2026-06-20") == []


def test_that_a_host_was_told_is_noted_once_and_only_for_what_happened():
    who = person()
    excepted(who, "2026-06-10")

    def tell(kind="start", on="2026-06-10", town=OTHER, told_on="2026-07-01", how="郵送"):
        return exchange_told.tell(NOW, who, kind, day(on), town, day(told_on), how)

    for words, said in (
        ({"on": "2026-06-11"}, "記録にありません"),
        ({"kind": "end"}, "記録にありません"),
        ({"town": SETAGAYA}, "記録にありません"),
        ({"told_on": "2026-07-16"}, "今日より後"),
        ({"how": " "}, "方法"),
    ):
        with pytest.raises(Refused, match=said):
            tell(**words)
    tell()
    with pytest.raises(Refused, match="もう連絡した"):
        tell()
    assert ExchangeNotice.objects.count() == 1


def test_their_list_and_ours_agree_by_number_or_by_birth_and_kana():
    excepted(person("番号 花子", number="0000000011"), "2025-04-01")
    excepted(person("カナ 花子", "1941-06-06"), "2025-04-01")
    assert (
        receives(
            line(insured_number="0000000011", birth="19990101", name="別の書き方"),
            line(birth="19410606", kana="ﾄｸﾚｲ".replace("ﾄｸﾚｲ", "トクレイ")),
        )
        == "accepted"
    )
    assert differing() == []


def test_what_only_one_side_has_is_shown_both_ways():
    mine = person("当区だけ 花子")
    excepted(mine, "2025-04-01")
    known = person("当区の人 花子", "1942-07-07")
    excepted(person("聞いていない 花子"), "2025-04-01", town=SETAGAYA)  # no list from there: not compared
    receives(
        line(birth="19430808", name="知らない 花子"),
        line(birth="19420707", name="当区の人 花子"),
        line(side="2", birth="19440909", name="他区の人 花子"),
    )
    assert differing() == [
        ("they_only", "other", "他区の人 花子", None),
        ("they_only", "own", "当区の人 花子", known),
        ("they_only", "own", "知らない 花子", None),
        ("we_only", "own", "当区だけ 花子", mine),
    ]


def test_another_day_differs_and_a_line_that_ended_no_longer_counts():
    who = person()
    excepted(who, "2025-04-02")
    receives(line())
    assert differing() == [("differs", "own", "特例 花子", who)]
    receives(line(to="20260701", as_of="20260710"), sequence=2)
    assert differing() == [("we_only", "own", "特例 花子", who)]


def test_a_line_without_its_municipality_is_refused_and_nothing_compared():
    who = person()
    excepted(who, "2025-04-01")
    receives(line(municipality=""))
    assert differing() == []


def test_the_clerk_sees_lists_notes_a_notice_and_sees_differences():
    facility("1100000001", "埼玉県川口市1-1", exception=True)
    who = person()
    excepted(who, "2026-06-10", home="1100000001")
    html = text(ask("exchange", on="2026-07-15"))
    assert "埼玉県川口市" in html and "特例 花子" in html and "見本苑" in html
    assert "当てはまる人はいません" in text(ask("exchange", query={"view": "other"}, on="2026-07-15"))
    events = text(ask("exchange", query={"view": "events"}, on="2026-07-15"))
    assert "未連絡" in events and "まだ連絡していないものが 1 件" in events
    typed = {"kind": "start", "day": "2026-06-10", "municipality": OTHER, "told_on": "R8.7.10", "how": "郵送"}
    assert ask("exchange_tell", typed | {"told_on": "昨日"}, person=who, on="2026-07-15").status_code == 409
    look = frozenset({"qualification.view"})
    assert ask("exchange_tell", typed, may=look, person=who, on="2026-07-15").status_code == 404
    assert ask("exchange_tell", typed, person=who, on="2026-07-15").status_code == 302
    assert "連絡済み" in text(ask("exchange", query={"view": "events"}, on="2026-07-15"))
    assert "合わない人はいません" in text(ask("exchange", query={"view": "differs"}, on="2026-07-15"))
    receives(line(birth="19430808", name="知らない 花子"))
    differs = text(ask("exchange", query={"view": "differs"}, on="2026-07-15"))
    assert "知らない 花子" in differs and "当区の宛名にいない" in differs and "当区の記録だけ" in differs
    assert ask("exchange", query={"view": "x"}).status_code == 404
