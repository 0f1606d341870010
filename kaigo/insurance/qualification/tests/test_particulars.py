"""資格変更: old and new of what changed, by the day of the change, of its notification or of our learning it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from psycopg.types.range import Range

from kaigo.base.records.context import acting
from kaigo.base.records.facts import believe_rows
from kaigo.insurance.qualification.decide import decide_all
from kaigo.insurance.qualification.particulars import changes
from kaigo.insurance.qualification.tests.builders import INSURER, born, context, day, fact, lives
from kaigo.insurance.qualification.tests.test_screens import ask, text
from kaigo.insurance.residents.models import Household, Membership, Particulars

pytestmark = pytest.mark.django_db


def called(person, name, since, until=None, kana="ミホン ハナコ", notified=None, sex="2"):
    with acting(context("2026-01-01")):
        believe_rows(
            Particulars,
            [
                fact(
                    Particulars,
                    person_id=person,
                    name=name,
                    kana=kana,
                    birth_date=day("1950-05-05"),
                    birth_raw="19500505",
                    sex=sex,
                    resident_kind="1",
                    effective=Range(day(since), day(until) if until else None),
                )
                | {"notified_on": day(notified) if notified else None}
            ],
        )


def belongs(person, household, relationship, since, until=None):
    with acting(context("2026-01-01")):
        believe_rows(
            Membership,
            [
                fact(
                    Membership,
                    person_id=person,
                    household_id=household.id,
                    relationship=relationship,
                    effective=Range(day(since), day(until) if until else None),
                )
            ],
        )


def insured(name="見本 花子"):
    person = born("1950-05-05", name)
    lives(person, "1990-01-01")
    decide()
    return person


def decide(on="2026-07-01"):
    with acting(context(on)):
        decide_all(context(on), INSURER)


def told(first="2026-07-01", last="2026-07-31", by="effective", on="2026-07-31"):
    found = changes(context(on), day(first), day(last) + timedelta(days=1), by)
    return [(c.kind, c.old, c.new, c.effective_on.isoformat()) for c in found]


def test_a_new_name_and_a_new_address_with_old_and_new():
    person = insured()
    called(person, "見本 花子", "1990-01-01", "2026-07-10")
    called(person, "山田 花子", "2026-07-10", kana="ヤマダ ハナコ", notified="2026-07-12")
    lives(person, "2026-07-20", address="見本区西2丁目2番2号", building="西荘1号")
    assert told() == [
        ("address", "見本区中央1丁目1番1号", "見本区西2丁目2番2号 西荘1号", "2026-07-20"),
        ("kana", "ミホン ハナコ", "ヤマダ ハナコ", "2026-07-10"),
        ("name", "見本 花子", "山田 花子", "2026-07-10"),
    ]
    assert told("2026-07-11", "2026-07-19") == []
    assert [row[0] for row in told("2026-07-12", "2026-07-12", by="notified")] == ["kana", "name"]


def test_what_is_loaded_for_the_first_time_is_no_change_and_who_is_not_insured_is_not_listed():
    insured()
    stranger = born("1990-05-05", "若い 次郎")
    lives(stranger, "1990-01-01", "2026-07-10")
    lives(stranger, "2026-07-10", address="見本区西2丁目2番2号")
    assert told() == []
    everything = changes(context("2026-12-31"), day("1900-01-01"), day("2027-01-01"))
    assert [c.kind for c in everything] == ["category"]


def test_moving_out_is_no_change_of_address():
    person = insured()
    lives(person, "2026-07-10", state="left", event="02", address="")
    assert told() == []


def test_household_head_and_category():
    first, second = insured("見本 太郎"), insured("見本 花子")
    one, two = (Household.objects.create(number=f"{n:015}") for n in (1, 2))
    belongs(first, one, "02", "1990-01-01", "2026-07-05")
    belongs(first, two, "02", "2026-07-05")
    belongs(second, one, "12", "1990-01-01", "2026-07-05")
    belongs(second, one, "02", "2026-07-05")
    coming = born("1961-07-15", "到達 一郎")
    lives(coming, "1990-01-01")
    decide("2026-07-31")
    assert sorted(told()) == [
        ("category", "第2号", "第1号", "2026-07-14"),
        ("head", "見本 太郎", "見本 花子", "2026-07-05"),
        ("household", f"{1:015}", f"{2:015}", "2026-07-05"),
    ]


def test_the_list_on_the_screen_filters_and_marks_the_certificate():
    person = insured()
    lives(person, "2026-07-20", address="見本区西2丁目2番2号")
    html = text(ask("changes", on="2026-07-31"))
    assert "見本区西2丁目2番2号" in html and "見本区中央1丁目1番1号" in html and "証</span>" in html
    assert "この間に変わった人はいません" in text(ask("changes", query={"first": "R8.7.21"}, on="2026-07-31"))
    assert "この間に変わった人はいません" in text(ask("changes", query={"kind": "name"}, on="2026-07-31"))
    assert "日付として読めません" in text(ask("changes", query={"first": "七月"}, on="2026-07-31"))
    assert ask("changes", query={"by": "x"}).status_code == 404
    assert ask("changes", may=frozenset()).status_code == 404
