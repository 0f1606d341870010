"""届出: a form that came in belongs to its period, late ones are marked with the article; the form itself as paper."""

from __future__ import annotations

import subprocess

import pytest
from psycopg.types.range import Range

from kaigo.base.records.context import acting
from kaigo.base.records.facts import believe_rows
from kaigo.base.records.refusal import Refused
from kaigo.insurance.qualification import form, notifications
from kaigo.insurance.qualification.decide import decide_all
from kaigo.insurance.qualification.models import Notification, Qualification
from kaigo.insurance.qualification.panels import panel
from kaigo.insurance.qualification.tests.builders import (
    INSURER,
    born,
    context,
    day,
    fact,
    in_force,
    left,
    lives,
)
from kaigo.insurance.qualification.tests.test_screens import ask, text
from kaigo.insurance.residents.models import Protection

pytestmark = pytest.mark.django_db(databases=["default", "staff"])


@pytest.fixture
def moved_in():
    """Came from elsewhere at 76, on 1 June 2026."""
    person = born("1950-05-05", "転入 花子")
    lives(person, "2026-06-01", event="01", from_address="となり市本町2-3-4", became_resident_on="2026-06-01")
    decide_all(context("2026-06-02"), INSURER)
    return person


def enter(
    person, form="acquired", event="2026-06-01", filed="2026-06-15", on="2026-07-01", filer="self", name=""
):
    return notifications.enter(
        context(on), INSURER, person, form, day(event), day(filed), "本庁介護保険課", filer, name
    )


def test_the_form_belongs_to_the_period_that_begins_or_ends_that_day(moved_in):
    left(moved_in, "2026-06-20")
    decide_all(context("2026-06-25"), INSURER)
    before = in_force(moved_in)
    acquired, lost = before[0][0], before[0][2]
    assert enter(moved_in, event=acquired).period == 1
    assert enter(moved_in, "lost", lost, "2026-06-25").period == 1
    assert enter(moved_in, "lost", "2026-06-01").period is None
    assert enter(moved_in, "changed", "2026-06-10").period == 1
    assert enter(moved_in, "changed", "2026-05-10").period is None
    assert in_force(moved_in) == before, "a form decides nothing"
    assert Qualification.objects.filter(person_id=moved_in).count() == 2


@pytest.mark.parametrize(("filed", "late"), [("2026-06-15", 0), ("2026-06-16", 1), ("2026-06-30", 15)])
def test_fourteen_days_are_counted_from_the_next_day(moved_in, filed, late):
    enter(moved_in, filed=filed)
    (row,) = notifications.received(context("2026-07-01"), INSURER, moved_in)
    assert (row.timely.last_on, row.timely.days_late) == (day("2026-06-15"), late)
    assert row.reasons[0].article == "規則23条"


@pytest.mark.parametrize(
    "wrong",
    [
        {"filed": "2026-07-02"},
        {"filer": "agent"},
        {"form": "unknown"},
        {"filer": "neighbour"},
        {"name": "番号 1234 5678 9018"},
    ],
)
def test_what_cannot_be_is_refused(moved_in, wrong):
    with pytest.raises(Refused):
        enter(moved_in, **wrong)
    assert not Notification.objects.exists()


def test_the_same_form_is_entered_once_and_a_mistake_stays_to_be_read(moved_in):
    row = enter(moved_in)
    with pytest.raises(Refused):
        enter(moved_in, filed="2026-06-20")
    with pytest.raises(Refused):
        notifications.withdraw(context("2026-07-01"), row, " ")
    notifications.withdraw(context("2026-07-01"), row, "届出年月日の誤り")
    with pytest.raises(Refused):
        notifications.withdraw(context("2026-07-01"), row, "もう一度")
    assert notifications.received(context("2026-07-01"), INSURER, moved_in) == []
    enter(moved_in, filed="2026-06-20")
    assert Notification.objects.count() == 3


def test_the_timeline_tells_what_came_in(moved_in):
    enter(moved_in, filed="2026-06-30")
    shown = panel(context("2026-07-01"), moved_in).events
    assert shown[0].text == "資格取得届(令和8年6月1日の分)を受付"
    assert all("届" not in event.text for event in panel(context("2026-06-29"), moved_in).events)


def test_the_section_enters_sees_and_withdraws_it_on_the_screen(moved_in):
    typed = {
        "form": "acquired", "event_on": "R8.6.1", "filed_on": "R8.6.20", "place": "本庁", "filer": "head", "filer_name": "",
    }  # fmt: skip
    wrong = text(ask("enter_notification", typed | {"filed_on": "六月", "place": ""}, person=moved_in))
    assert "六月" in wrong and "届出場所を書いてください" in wrong
    shown = text(ask("enter_notification", typed, person=moved_in))
    assert "期限を 5 日過ぎた届出です" in shown and "規則23条" in shown
    assert not Notification.objects.exists()
    assert ask("enter_notification", typed | {"step": "do"}, person=moved_in).status_code == 302
    listed = text(ask("notifications", person=moved_in))
    assert "5日遅れ" in listed and "世帯主" in listed and "本庁" in listed
    row = Notification.objects.get()
    answer = ask("withdraw_notification", {"reason": "誤り"}, person=moved_in, notification=row.id)
    assert answer.status_code == 302
    assert "受け付けた届出はありません" in text(ask("notifications", person=moved_in))
    assert "/notifications/" in text(ask("person", person=moved_in))


def test_the_paper_has_the_items_of_the_regulation_blank_or_filled_in(moved_in, tmp_path):
    def said(which):
        answer = ask("form", {"which": which}, person=moved_in)
        assert answer["Content-Type"] == "application/pdf"
        path = tmp_path / f"{which}.pdf"
        path.write_bytes(answer.content)
        return subprocess.run(
            ["pdftotext", "-layout", path, "-"], capture_output=True, check=True
        ).stdout.decode()

    blank, filled = said("blank"), said("filled")
    for item in (
        "氏名",
        "性別",
        "生年月日",
        "現住所",
        "従前の住所",
        "資格取得の年月日",
        "資格取得の理由",
        "世帯主である",
        "世帯主との続柄",
    ):
        assert item in blank and item in filled
    for value in (
        "転入 花子",
        "昭和25年5月5日",
        "見本区中央1丁目1番1号",
        "となり市本町2-3-4",
        "令和8年6月1日",
    ):
        assert value in filled and value not in blank
    assert ask("form", {"which": "other"}, person=moved_in).status_code == 409


def test_the_paper_of_a_protected_person_does_not_tell_where_he_came_from(moved_in):
    day_of = context("2026-07-01")
    said = dict(form.filled(day_of, moved_in)["parts"][0]["rows"])
    assert said["従前の住所"] == "となり市本町2-3-4"
    with acting(day_of):
        believe_rows(
            Protection,
            [fact(Protection, person_id=moved_in, measure="1", effective=Range(day("2026-06-01"), None))],
        )
    said = dict(form.filled(day_of, moved_in)["parts"][0]["rows"])
    assert (said["従前の住所"], said["氏名"]) == ("", "転入 花子")
