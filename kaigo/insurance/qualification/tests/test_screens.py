"""Pages as a clerk meets them: reasons as stored, previews before acts, rights kept."""

from __future__ import annotations

import pytest
from django.test import RequestFactory

from kaigo.base.desk.refs import ref
from kaigo.base.staff.tests.someone import someone
from kaigo.insurance.qualification import panels, screens
from kaigo.insurance.qualification.decide import decide_all
from kaigo.insurance.qualification.models import Qualification, Ruling, Task
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
    stays_in,
)

pytestmark = pytest.mark.django_db
ALL = frozenset({"qualification.view", "qualification.decide"})
ELSEWHERE = "となり市本町2-3-4"


def ask(name, data=None, query=None, may=ALL, on="2026-07-01", **path):
    """The page of this name as a clerk with these permissions sees it."""
    view = next(p.callback for p in screens.urls if p.name == name)
    request = RequestFactory().post("/", data) if data is not None else RequestFactory().get("/", query or {})
    request.staff, request.day = someone(may), day(on)
    return view(request, **path)


def text(answer):
    assert answer.status_code == 200
    return answer.content.decode()


def decide(on="2026-07-01"):
    decide_all(context(on), INSURER)


@pytest.fixture
def insured():
    person = born("1950-05-05", "見本 髙子")
    lives(person, "1990-01-01")
    decide()
    return person


@pytest.fixture
def held():
    person = born("1950-05-05", "見本 太郎")
    facility("1300000001", ELSEWHERE, exception=True)
    lives(person, "1990-01-01")
    left(person, "2026-06-10", to_address=ELSEWHERE)
    decide()
    return person


def test_the_history_tells_every_decision_with_its_stored_reasons(insured):
    died(insured, "2026-04-30", notified_on="2026-05-02")
    decide("2026-07-02")
    html = text(ask("person", person=insured))
    assert "見本 髙子 さんの資格" in html
    for words in ("令和8年5月1日", "52 死亡", "02 年齢到達", "令和8年5月2日", "替わった", "法11条1項"):
        assert words in html
    first = Qualification.objects.filter(person_id=insured).order_by("id").first()
    old = text(ask("person", query={"why": ref("period", first.id), "for": "person"}, person=insured))
    assert "65歳になり" in old
    assert "お亡くなり" not in old


def test_the_month_counts_by_reason_and_shows_what_waits(held):
    coming = born("1961-07-20")
    lives(coming, "1990-01-01")
    html = text(ask("home"))
    assert "保留" in html
    assert "今月65歳に達する" in html
    assert "1<small> 人</small>" in html


def test_upcoming_lists_the_month_by_the_day_before_the_birthday():
    for birth, name in (
        ("1961-08-01", "七月 末子"),
        ("1961-08-02", "八月 一子"),
        ("1961-09-01", "八月 末子"),
    ):
        lives(born(birth, name), "1990-01-01")
    gone = born("1961-08-10", "転出 花子")
    left(gone, "2026-01-10")
    html = text(ask("upcoming", query={"month": "2026-08"}))
    assert "八月 一子" in html
    assert "八月 末子" in html
    assert "七月 末子" not in html
    assert "転出 花子" not in html
    assert "令和8年8月31日" in html
    assert "令和8年7月" in text(ask("upcoming", query={"month": "nonsense"}))


def test_mismatches_between_register_and_qualification(insured):
    new = born("1950-05-05", "転入 次郎")
    lives(new, "2026-06-20", event="01")
    left(insured, "2026-06-20")
    excluded = born("1950-05-05", "除外 三郎")
    facility("1300000009", "見本区外町1番", exclusion="04")
    lives(excluded, "1990-01-01")
    stays_in(excluded, "1300000009", "2026-03-10")
    from kaigo.insurance.qualification.decide import decide_persons

    decide_persons(context("2026-07-01"), INSURER, [excluded])
    html = text(ask("mismatch"))
    assert "転入 次郎" in html
    assert "見本 髙子" in html
    assert "除外 三郎" not in html
    assert "転入 次郎" in text(ask("mismatch", query={"only": "moves"}))
    decide()
    assert "合わない人はいません" in text(ask("mismatch"))


def test_a_planned_move_that_nobody_confirmed_is_named(insured):
    lives(insured, "2026-06-01", event="10", move_planned_on="2026-06-20", became_resident_on="1990-01-01")
    decide("2026-06-20")
    assert "転出未確定" not in text(ask("mismatch", on="2026-06-20"))
    assert "転出未確定" in text(ask("mismatch", on="2026-06-25"))


def test_who_lives_in_an_excluded_facility_since_before_65_is_no_mismatch():
    person = born("1956-06-20", "除外 四郎")
    facility("1300000009", "見本区外町1番", exclusion="04")
    lives(person, "1990-01-01")
    stays_in(person, "1300000009", "2020-03-10")
    decide()
    assert in_force(person) == []
    assert "除外 四郎" not in text(ask("mismatch"))


def test_a_hold_shows_what_each_answer_does_before_it_is_given(held):
    task = Task.objects.get()
    html = text(ask("task", task=task.id))
    assert "令和8年6月11日 喪失" in html
    assert in_force(held)[0][2] is None
    assert not Ruling.objects.exists()
    answer = ask("task", {"act": "not_exception", "reason": "自宅として入居"}, task=task.id)
    assert answer.status_code == 302
    assert in_force(held)[0][2] == "2026-06-11"


def test_a_hold_without_a_reason_is_refused(held):
    answer = ask("task", {"act": "settle", "reason": " "}, task=Task.objects.get().id)
    assert answer.status_code == 409
    assert Task.objects.get().state == "open"


def test_only_who_may_decide_settles(held):
    task = Task.objects.get().id
    viewer = frozenset({"qualification.view"})
    assert ask("task", task=task, may=viewer).status_code == 404
    assert ask("correct", person=held, may=viewer).status_code == 404
    assert "確認事項" in text(ask("tasks", may=viewer))


def correction(**changes):
    data = {
        "acquired_on_0": "平成27年5月4日", "acquired_code_0": "02", "lost_on_0": "R8.3.1", "lost_code_0": "68",
        "acquired_on_1": "", "acquired_code_1": "", "lost_on_1": "", "lost_code_1": "", "reason": "職権消除の通知",
    }  # fmt: skip
    return data | changes


def test_a_correction_is_shown_before_it_is_done(insured):
    assert "平成27年5月4日" in text(ask("correct", person=insured))
    shown = text(ask("correct", correction(step="check"), person=insured))
    assert "令和8年3月1日 喪失" in shown
    assert "12 か月 → 11 か月" in shown
    assert in_force(insured)[0][2] is None
    assert ask("correct", correction(step="do"), person=insured).status_code == 302
    assert in_force(insured) == [("2015-05-04", "02", "2026-03-01", "68")]
    assert "窓口の訂正が効いています" in text(ask("person", person=insured))
    shown = text(ask("withdraw", person=insured))
    for said in (
        "職権消除の通知",
        "11 か月 → 12 か月",
        "誰に何が起きるか",
        "訂正をやめ、事実による判定に戻す",
    ):
        assert said in shown
    assert ask("withdraw", {"reason": "通知が誤り"}, person=insured).status_code == 302
    assert in_force(insured)[0][2] is None


def test_what_was_typed_wrongly_is_told_and_not_lost(insured):
    html = text(ask("correct", correction(lost_on_0="三月ごろ", reason=""), person=insured))
    assert "三月ごろ" in html
    assert "訂正の理由を書いてください" in html
    html = text(ask("correct", correction(lost_on_0="H20.1.1"), person=insured))
    assert "喪失日は取得日より後" in html


def test_the_panel_says_the_state_in_one_line(insured, django_assert_max_num_queries):
    ctx = context("2026-07-01")
    with django_assert_max_num_queries(4):
        panel = panels.panel(ctx, insured)
    assert panel.state == "第1号被保険者 平成27年5月4日から(年齢到達)"
    assert panel.bars[0].start.isoformat() == "2015-05-04"
    assert panel.permission == "qualification.view"
    died(insured, "2026-04-30")
    decide("2026-07-02")
    assert panels.panel(ctx, insured).state == "資格なし 令和8年5月1日喪失(死亡)"
    assert panels.panel(ctx, born("1990-01-01")) is None


def test_who_waits_for_his_birth_date_has_a_page():
    person = born("", raw="19500000")
    lives(person, "1990-01-01")
    decide()
    page = text(ask("person", person=person))
    assert (
        "決定はまだありません" in page
        and f"/qualification/tasks/{ref('qualification_task', Task.objects.get().id)}/" in page
    )
