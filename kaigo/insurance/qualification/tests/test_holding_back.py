"""資格取得除外者: nothing is acquired without being asked, never silently, until the section says otherwise."""

from __future__ import annotations

import pytest

from kaigo.base.records.refusal import Refused
from kaigo.insurance.qualification import holding_back, rulings
from kaigo.insurance.qualification.changes import Since, people
from kaigo.insurance.qualification.decide import decide_all
from kaigo.insurance.qualification.models import Ruling, Task
from kaigo.insurance.qualification.tasks import settle
from kaigo.insurance.qualification.tests.builders import (
    INSURER,
    born,
    context,
    day,
    died,
    facility,
    in_force,
    left,
    lives,
)
from kaigo.insurance.qualification.tests.test_screens import ask, text
from kaigo.law.qualification import Period

pytestmark = pytest.mark.django_db
WHY = "他市の被保険者として照会中"


def hold(person, since="2026-07-01", until=None, on="2026-07-01"):
    return holding_back.hold_back(
        context(on), INSURER, person, day(since), day(until) if until else None, WHY
    )


@pytest.fixture
def coming():
    """Attains 65 on 19 July 2026."""
    person = born("1961-07-20", "除外 花子")
    lives(person, "1990-01-01")
    return person


def test_who_is_held_back_is_asked_about_and_not_acquired(coming):
    hold(coming)
    assert not Task.objects.exists()
    done = decide_all(context("2026-07-19"), INSURER)
    assert (done.acquired, done.holds) == (0, 1)
    assert in_force(coming) == []
    task = Task.objects.get()
    assert (task.sort, task.what) == ("hold", "held_back:2026-07-19")
    assert WHY in task.message and "令和8年7月19日" in task.message
    settle(context("2026-07-20"), task, "照会の回答を待つ")
    assert decide_all(context("2026-07-21"), INSURER).acquired == 0
    assert Task.objects.filter(state="open").count() == 0


def test_taken_off_the_list_the_person_is_acquired_as_the_facts_say(coming):
    hold(coming)
    decide_all(context("2026-07-19"), INSURER)
    holding_back.release(context("2026-08-01"), INSURER, coming, "他市では資格なしと回答")
    assert in_force(coming) == [("2026-07-19", "02", None, "")]
    assert Task.objects.filter(state="open").count() == 0
    assert [r.withdrawn for r in Ruling.objects.order_by("id")] == [False, True]
    with pytest.raises(Refused):
        holding_back.release(context("2026-08-02"), INSURER, coming, "もう一度")


def test_after_its_last_day_the_run_acquires_by_itself(coming):
    hold(coming, until="2026-08-01")
    decide_all(context("2026-07-31"), INSURER)
    assert in_force(coming) == []
    assert coming in people(context("2026-08-01"), Since(day("2026-07-31"), 0, 0))
    decide_all(context("2026-08-01"), INSURER)
    assert in_force(coming) == [("2026-07-19", "02", None, "")]


def test_before_its_first_day_and_what_is_acquired_already_stay(coming):
    hold(coming, since="2026-09-01")
    decide_all(context("2026-07-19"), INSURER)
    assert in_force(coming) == [("2026-07-19", "02", None, "")]
    decide_all(context("2026-09-02"), INSURER)
    died(coming, "2026-09-10")
    decide_all(context("2026-09-12"), INSURER)
    assert in_force(coming) == [("2026-07-19", "02", "2026-09-11", "52")]
    assert not Task.objects.exists()


def test_a_correction_by_hand_is_not_stopped(coming):
    hold(coming)
    decide_all(context("2026-07-19"), INSURER)
    wanted = Period(day("2026-07-25"), "18", None, "", False)
    rulings.correct(context("2026-07-25"), INSURER, coming, [wanted], "協議の結果による")
    assert in_force(coming) == [("2026-07-25", "18", None, "")]


def test_an_entry_needs_a_reason_and_days_in_order(coming):
    with pytest.raises(Refused):
        holding_back.hold_back(context("2026-07-01"), INSURER, coming, day("2026-07-01"), None, " ")
    with pytest.raises(Refused):
        hold(coming, "2026-07-01", "2026-07-01")
    assert not Ruling.objects.exists()


def test_the_section_enters_sees_and_ends_it_on_the_screen(coming):
    typed = {"since": "R8.7.1", "until": "", "reason": WHY}
    wrong = text(ask("hold_back", typed | {"since": "七月ごろ", "reason": ""}, person=coming))
    assert "七月ごろ" in wrong and "理由を書いてください" in wrong
    shown = text(ask("hold_back", typed | {"step": "check"}, person=coming))
    assert "令和8年7月1日" in shown
    assert not Ruling.objects.exists()
    assert ask("hold_back", typed | {"step": "do"}, person=coming).status_code == 302
    decide_all(context("2026-07-19"), INSURER)
    html = text(ask("held_back", on="2026-07-19"))
    assert "除外 花子" in html and WHY in html and "取得を止めている" in html
    assert "資格取得除外者です" in text(ask("person", person=coming, on="2026-07-19"))
    assert "取得除外者</span>" in text(ask("upcoming", query={"month": "2026-07"}))
    assert "合わない人はいません" in text(ask("mismatch", on="2026-07-25"))
    assert "除外をやめるとどうなるか" in text(ask("task", task=Task.objects.get().id, on="2026-07-19"))
    shown = text(ask("release", person=coming, on="2026-07-19"))
    for said in ("令和8年7月19日 取得", "やめるとどうなるか", WHY, "除外をやめ、事実のとおり判定する"):
        assert said in shown
    assert ask("release", {"reason": "資格なし"}, person=coming, on="2026-07-19").status_code == 302
    assert in_force(coming) == [("2026-07-19", "02", None, "")]
    assert "資格取得除外者はいません" in text(ask("held_back", on="2026-07-19"))


def test_who_left_while_insured_is_still_a_mismatch_though_held_back():
    person = born("1950-05-05", "転出 太郎")
    lives(person, "1990-01-01")
    decide_all(context("2026-06-01"), INSURER)
    hold(person)
    facility("1300000001", "となり市本町2-3-4", exception=True)
    left(person, "2026-06-10", to_address="となり市本町2-3-4")
    assert "転出 太郎" in text(ask("mismatch"))
