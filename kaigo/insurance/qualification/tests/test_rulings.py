"""What the section decides itself: holds, corrections, their withdrawal, and the preview before the button."""

from __future__ import annotations

import pytest

from kaigo.base.records.refusal import Refused
from kaigo.insurance.qualification import rulings
from kaigo.insurance.qualification.decide import decide_all
from kaigo.insurance.qualification.models import Qualification, Ruling, Task
from kaigo.insurance.qualification.tasks import settle
from kaigo.insurance.qualification.tests.builders import (
    INSURER,
    born,
    context,
    day,
    facility,
    in_force,
    left,
    lives,
)
from kaigo.law.qualification import Period

pytestmark = pytest.mark.django_db

CTX = context("2026-07-01")
ELSEWHERE = "となり市本町2-3-4"
WHOLE = ("2015-05-04", "02", None, "")


@pytest.fixture
def held():
    person = born("1950-05-05")
    facility("1300000001", ELSEWHERE, exception=True)
    lives(person, "1990-01-01")
    left(person, "2026-06-10", to_address=ELSEWHERE)
    decide_all(CTX, INSURER)
    return person


@pytest.fixture
def insured():
    person = born("1950-05-05")
    lives(person, "1990-01-01")
    decide_all(CTX, INSURER)
    return person


def test_a_hold_is_settled_as_a_loss_only_by_a_ruling_with_a_reason(held):
    task = Task.objects.get()
    with pytest.raises(Refused):
        rulings.not_exception(CTX, INSURER, task, "  ")
    rulings.not_exception(CTX, INSURER, task, "自宅として入居(施設に確認)")
    assert in_force(held) == [("2015-05-04", "02", "2026-06-11", "51")]
    assert Task.objects.filter(state="open").count() == 0
    decide_all(CTX, INSURER)
    assert Task.objects.filter(state="open").count() == 0
    assert Ruling.objects.get().reason == "自宅として入居(施設に確認)"


def test_a_settled_task_is_not_asked_again(held):
    settle(CTX, Task.objects.get(), "住所地特例の連絡票を待つ")
    decide_all(CTX, INSURER)
    assert Task.objects.filter(state="open").count() == 0
    assert in_force(held) == [WHOLE]
    with pytest.raises(Refused):
        settle(CTX, Task.objects.get(), "もう一度")


def test_a_correction_supersedes_and_holds_against_the_daily_run(insured):
    period = Period(day("2015-05-04"), "02", day("2026-03-01"), "68", False)
    rulings.correct(CTX, INSURER, insured, [period], "職権消除の通知の写しによる")
    assert in_force(insured) == [("2015-05-04", "02", "2026-03-01", "68")]
    assert decide_all(CTX, INSURER).changed == 0
    with pytest.raises(Refused, match="個人番号"):
        rulings.withdraw(CTX, INSURER, insured, "番号は123456789018")
    rulings.withdraw(CTX, INSURER, insured, "通知が誤りだった")
    assert in_force(insured) == [WHOLE]
    assert Qualification.objects.filter(person_id=insured).count() == 3


def test_an_empty_correction_cancels_everything(insured):
    rulings.correct(CTX, INSURER, insured, [], "同一人の二重登録")
    assert in_force(insured) == []
    assert Qualification.objects.filter(person_id=insured, cancelled=True).count() == 1


def test_a_correction_whose_facts_changed_stops_and_asks(insured):
    period = Period(day("2015-05-05"), "02", None, "", False)
    rulings.correct(CTX, INSURER, insured, [period], "戸籍の確認による")
    left(insured, "2026-06-10")
    decide_all(CTX, INSURER)
    assert in_force(insured) == [("2015-05-05", "02", None, "")]
    assert Task.objects.get(state="open").sort == "mismatch"


@pytest.mark.parametrize(
    "periods",
    [
        [Period(day("2020-01-01"), "99", None, "", False)],
        [Period(day("2020-01-01"), "01", day("2020-01-01"), "51", False)],
        [Period(day("2020-01-01"), "01", day("2021-01-01"), "", False)],
        [
            Period(day("2020-01-01"), "01", day("2022-01-01"), "51", False),
            Period(day("2021-01-01"), "01", None, "", False),
        ],
    ],
)
def test_an_impossible_correction_is_refused(insured, periods):
    with pytest.raises(Refused):
        rulings.correct(CTX, INSURER, insured, periods, "理由")
    assert in_force(insured) == [WHOLE]


def test_the_preview_is_what_the_act_does_and_leaves_nothing(insured):
    period = Period(day("2015-05-04"), "02", day("2026-03-01"), "68", False)

    def act():
        return rulings.correct(CTX, INSURER, insured, [period], "職権消除の通知")

    shown = rulings.preview(CTX, insured, act)
    assert [c.after for c in shown] == [period]
    assert in_force(insured) == [WHOLE]
    assert not Ruling.objects.exists()
    act()
    assert in_force(insured)[0][2] == "2026-03-01"
