"""Pages as a clerk meets them: figures lead to reasons, two persons approve, nothing of others for the person."""

from __future__ import annotations

import pytest
from django.test import RequestFactory

from kaigo.base.desk.refs import ref
from kaigo.base.records.tests.waiting import wait_for_readers
from kaigo.base.staff.tests.someone import someone
from kaigo.insurance.premium import panels, screens
from kaigo.insurance.premium.decide import judge, record
from kaigo.insurance.premium.models import Assessment, Batch, Task
from kaigo.insurance.premium.tests.builders import (
    INSURER,
    at_home,
    born,
    context,
    deducted,
    in_force,
    insured,
    lives,
    qualify,
    taxed,
)
from kaigo.insurance.qualification.tests.builders import day

ALL = frozenset({"premium.view", "premium.request", "premium.approve", "premium.revise"})


def ask(name, data=None, query=None, may=ALL, who=1, on="2026-07-01", **path):
    """The page of this name as a clerk with these permissions sees it."""
    view = next(p.callback for p in screens.urls if p.name == name)
    request = RequestFactory().post("/", data) if data is not None else RequestFactory().get("/", query or {})
    request.staff, request.day = someone(may, account=who), day(on)
    return view(request, **path)


def text(answer):
    assert answer.status_code == 200, answer.content.decode()[-2000:]
    return answer.content.decode()


def decide(on="2026-07-01"):
    qualify(on)
    ctx = context(on)
    record(ctx, INSURER, 2026, None, judge(ctx, INSURER, 2026, "main"))


@pytest.fixture
def couple(db):
    """An insured person whose son at home is taxed."""
    person, son = born("1950-05-05", "見本 髙子"), born("1980-05-05", "見本 健")
    for one in (person, son):
        lives(one, "1990-01-01")
    at_home([person, son])
    taxed(person, pension_revenue=780_000)
    taxed(son, status="1", total_income=4_321_000)
    decide()
    return person


def test_every_figure_of_a_decision_leads_to_its_reasons(couple):
    view = in_force(couple)
    html = text(ask("decision", assessment=view.id))
    assert f'<a href="#why">{view.annual_yen:,}</a>' in html
    assert "第4段階" in html
    for words in (
        "令38条1項4号・5号",
        "780,000",
        "4,321,000",
        "賦課期日",
        "見本 髙子 さんの令和8年度の保険料",
    ):
        assert words in html


def test_the_version_for_the_person_has_nothing_of_others(couple):
    html = text(ask("decision", query={"for": "person"}, assessment=in_force(couple).id))
    assert "4,321,000" not in html
    assert "見本 健" not in html
    assert "780,000" in html
    assert "世帯のほかの人の所得は、ここには書きません" in html


def test_two_decisions_side_by_side_mark_only_what_changed(couple):
    old = in_force(couple)
    taxed(couple, pension_revenue=900_000)
    assert ask("revise", {}, person=couple, year=2026, on="2026-08-01").status_code == 302
    new = in_force(couple)
    html = text(ask("compare", before=old.id, after=new.id))
    rows = {r.split("</th>")[0].split(">")[-1]: r for r in html.split("<tr")[1:]}
    assert "changed" in rows["年額"]
    assert "changed" in rows["本人の公的年金等収入金額"]
    assert "changed" not in rows["賦課期日"]
    assert "changed" not in rows["世帯員1の住民税"]
    assert "替わっています" in text(ask("decision", assessment=old.id))
    other = insured()
    taxed(other)
    decide()
    assert ask("compare", before=old.id, after=in_force(other).id).status_code == 404


def test_an_immediate_revision_is_shown_first_and_refused_when_nothing_changes(couple):
    assert "結果は変わりません" in text(ask("revise", person=couple, year=2026))
    assert ask("revise", {}, person=couple, year=2026).status_code == 409
    taxed(couple, pension_revenue=900_000)
    before = in_force(couple)
    html = text(ask("revise", person=couple, year=2026))
    assert "<ins>5</ins>" in html
    assert in_force(couple).id == before.id
    viewer = frozenset({"premium.view"})
    assert ask("revise", {}, person=couple, year=2026, may=viewer).status_code == 404


def test_the_year_shows_people_and_yen_by_stage(couple):
    html = text(ask("home"))
    assert "令和8年度の賦課" in html
    assert "第4段階" in html
    assert f"{in_force(couple).annual_yen:,}" in html
    assert ask("year", year=1999).status_code == 404


def test_the_year_by_month_and_one_by_one(couple):
    new = insured("1961-08-20")
    taxed(new, pension_revenue=780_000)
    decide("2026-09-01")
    months = text(ask("months", year=2026))
    cells = [row.count('<td class="num">1</td>') for row in months.split("<tr>") if "段階</th><td" in row]
    assert sorted(cells) == [8, 12]
    ledger = text(ask("ledger", year=2026))
    assert "見本 髙子" in ledger
    assert f">{in_force(new).annual_yen:,}</a>" in ledger
    assert "見本 髙子" not in text(ask("ledger", query={"stage": "1"}, year=2026))
    assert ask("ledger", year=1999).status_code == 404


def test_what_if_asks_the_rule_and_decides_nothing(couple):
    text(ask("whatif", person=couple, year=2026))
    data = {"own_status": "taxed", "own_total_income": "9,000,000", "m0_status": "taxed"}
    html = text(ask("whatif", data, person=couple, year=2026))
    assert "合計所得金額が 9,000,000 円" in html or "合計所得 9,000,000 円" in html
    assert Assessment.objects.count() == 1
    wrong = text(ask("whatif", data | {"own_total_income": "たくさん"}, person=couple, year=2026))
    assert "たくさん" in wrong
    assert "数として読めません" in wrong
    beyond = text(ask("whatif", data | {"borderline": "99"}, person=couple, year=2026))
    assert "境界層の段階は 1 から 13 まで" in beyond


def test_the_questions_of_a_year_and_their_settlement(db):
    person = insured()
    decide()
    task = Task.objects.get()
    assert "市民税の記録がありません" in text(ask("tasks"))
    html = text(ask("task", task=task.id))
    assert "いまの事実では判定できません" in html
    taxed(person, pension_revenue=780_000)
    assert "円と決定する" in text(ask("task", task=task.id))
    assert ask("task", {"act": "settle", "reason": ""}, task=task.id).status_code == 409
    assert ask("task", {"act": "revise"}, task=task.id).status_code == 302
    assert in_force(person).stage == 1
    assert "終わっています" in text(ask("task", task=task.id))


def test_the_years_of_a_person(couple):
    html = text(ask("person", person=couple))
    assert "見本 髙子 さんの賦課" in html
    assert html.count('<td class="num">4</td>') == 12


def test_the_panel_says_the_year_in_one_line(couple, django_assert_max_num_queries):
    with django_assert_max_num_queries(4):
        panel = panels.panel(context("2026-07-01"), couple)
    view = in_force(couple)
    assert panel.state == f"令和8年度 第4段階 {view.annual_yen:,} 円"
    assert panel.url == f"/premium/{ref('assessment', view.id)}/"
    assert [(b.label, b.start.isoformat(), b.end.isoformat()) for b in panel.bars] == [
        ("第4段階", "2026-04-01", "2027-04-01")
    ]
    assert panels.panel(context("2026-07-01"), born("1990-01-01")) is None


@pytest.fixture
def ready(street):
    """A ward of two with everything that the main assessment needs."""
    from kaigo.base.jobs.models import Run

    people = [insured(), insured("1951-06-06")]
    taxed(people[0], total_income=2_090_000, status="1")
    taxed(people[1], pension_revenue=780_000)
    deducted(people[1], 4_000)
    qualify()
    Run.objects.create(job="qualification.daily", on=day("2026-07-01"), state="done", actor="test")
    wait_for_readers()
    return people


def test_two_persons_take_a_batch_from_shadow_to_decisions(ready):
    assert "影の計算をする" in text(ask("batches"))
    made = ask("prepare", {})
    assert made.status_code == 302
    batch = Batch.objects.get()
    assert made["Location"] == f"/premium/batches/{ref('batch', batch.id)}/"
    html = text(ask("batch", batch=batch.id))
    assert "影の計算をした本人は承認できません" in html
    assert "双子" in html
    assert "住民税" in html
    assert ask("approve", {}, batch=batch.id).status_code == 409
    assert ask("execute", {}, batch=batch.id).status_code == 409
    near = text(ask("batch", query={"list": "near"}, batch=batch.id, who=2))
    assert "2,090,000" in near
    assert "2,100,000" in near
    assert "この結果を承認する" in near
    assert ask("approve", {}, batch=batch.id, who=2).status_code == 302
    assert not Assessment.objects.exists()
    assert "2 件を決定する" in text(ask("batch", batch=batch.id))
    assert ask("execute", {}, batch=batch.id).status_code == 302
    done = text(ask("batch", batch=batch.id))
    assert "2 件を決定しました" in done
    assert "見込みと違います" not in done
    assert Assessment.objects.count() == 2
    assert "済んでいます" in text(ask("batches"))


def test_a_batch_is_given_up_before_it_is_executed(ready):
    ask("prepare", {})
    batch = Batch.objects.get()
    assert ask("abandon", {}, batch=batch.id).status_code == 302
    assert "取りやめました" in text(ask("batch", batch=batch.id))
    assert ask("approve", {}, batch=batch.id, who=2).status_code == 409


def test_what_the_main_assessment_lacks_is_said(db):
    html = text(ask("batches"))
    assert "影の計算はまだ始められません" in html
    assert "資格の取得・喪失" in html
    assert "住民税の記録がまだ一件も" in html
    assert ask("prepare", {}).status_code == 409


def test_a_person_sees_until_when_each_year_may_be_decided(couple, django_assert_max_num_queries):
    html = text(ask("person", person=couple))
    assert "令和10年7月31日" in html
    assert "普通徴収(条例の第1期)" in html
    assert "法200条の2" in html
    assert "過ぎています" not in html
    assert "あと60日" in text(ask("person", person=couple, on="2028-06-01"))
    assert "過ぎています" in text(ask("person", person=couple, on="2028-08-01"))
    with django_assert_max_num_queries(4):
        facts = dict(panels.panel(context("2026-07-01"), couple).facts)
    assert facts["増額・減額できる最後の日"] == "令和10年7月31日"
    assert "令和10年7月31日" in text(ask("decision", assessment=in_force(couple).id))


def test_whose_pension_was_deducted_is_counted_from_10_may(couple):
    deducted(couple, 4_000)
    html = text(ask("person", person=couple))
    assert "令和10年5月10日" in html
    assert "特別徴収(4月の分の納期)" in html


def test_who_was_acquired_after_the_first_term_is_counted_from_that_day(db):
    person = born("1961-10-02", "十月 生")
    lives(person, "1990-01-01")
    at_home([person])
    taxed(person)
    decide("2026-11-01")
    html = text(ask("person", person=person, on="2026-11-01"))
    assert "令和10年10月1日" in html
    assert "第1期の後の取得" in html


def test_a_lowered_year_tells_until_when_a_refund_may_be_claimed(couple):
    assert "還付を請求できる期限" not in text(ask("person", person=couple))
    taxed(couple, pension_revenue=780_000, status="1", total_income=3_000_000)
    ask("revise", {}, person=couple, year=2026)
    assert "還付を請求できる期限" not in text(ask("person", person=couple))
    taxed(couple, pension_revenue=780_000)
    ask("revise", {}, person=couple, year=2026, on="2026-07-10")
    html = text(ask("person", person=couple, on="2028-07-10"))
    assert "令和10年7月10日" in html
    assert "請求できる</span>" in html
    assert "時効</span>" in text(ask("person", person=couple, on="2028-07-11"))


def test_the_calendar_of_limits_puts_first_what_runs_out_first(couple):
    for name, birth in (("税 未着二", "1950-07-07"), ("税 未着", "1950-06-06")):
        person = born(birth, name)
        lives(person, "1990-01-01")
        at_home([person])
    deducted(person, 4_000)
    decide()
    html = text(ask("limits"))
    assert html.index("税 未着</a>") < html.index("税 未着二</a>")
    assert "令和10年5月10日" in html
    assert "令和7年度" in html


def test_a_correction_beyond_the_limit_is_refused_with_that_reason(couple):
    taxed(couple, pension_revenue=780_000, status="1", total_income=3_000_000)
    assert ask("revise", {}, person=couple, year=2026, on="2028-08-01").status_code == 409
    html = text(ask("revise", person=couple, year=2026, on="2028-08-01"))
    assert "期間制限(法200条の2)のため決定できません" in html
    assert "令和10年7月31日 を過ぎている" in html
