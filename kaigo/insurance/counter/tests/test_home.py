"""The calendar, jobs and what waits."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.utils import timezone

from kaigo.base.jobs.models import Run
from kaigo.base.jobs.registry import jobs
from kaigo.insurance.collection.tests.builders import assess, insured, on, person
from kaigo.insurance.counter import work
from kaigo.insurance.counter.home import Box, forget_totals, late, months
from kaigo.insurance.counter.tests.clerk import ALL, TODAY, ask, text

pytestmark = pytest.mark.django_db(databases=["default", "staff"])


@pytest.fixture(autouse=True)
def _afresh():
    forget_totals()
    yield
    forget_totals()


def ran(job: str, day: date, state: str = "done", message: str = "", seconds: int = 42) -> Run:
    began = timezone.now() - timedelta(minutes=5)
    return Run.objects.create(
        job=job, on=day, state=state, actor="account:1", message=message, started_at=began,
        ended_at=began + timedelta(seconds=seconds) if state != "running" else None,
    )  # fmt: skip


def test_a_year_has_twelve_months_and_a_line_for_today():
    boxes = [
        Box("a", "前", date(2026, 7, 1), None, "due", ()),
        Box("b", "後", date(2026, 7, 20), None, "coming", ()),
    ]
    found = months(TODAY, boxes)
    assert [m.first.month for m in found] == [4, 5, 6, 7, 8, 9, 10, 11, 12, 1, 2, 3]
    assert [m.today for m in found if m.today] == [15]
    assert [b.title for b in found[3].before] == ["前"]
    assert [b.title for b in found[3].after] == ["後"]


def test_the_calendar_shows_states_in_words_and_what_is_late():
    ran("premium.provisional", date(2026, 4, 1))
    ran("premium.main", TODAY, "refused", "影の計算が承認されていません")
    html = text(ask("home"))
    assert html.count('<li class="month') == 12
    assert "4/1 済み" in html
    assert "job--refused" in html
    assert "進んでいない業務が" in html
    assert "今日 15日" in html


def test_a_job_that_does_not_go_on_is_told_once_with_its_months():
    boxes = [Box("a", "月次", date(2026, m, 1), None, "overdue", ()) for m in (4, 5, 6)]
    assert [what for _, what in late(boxes)] == ["4月・5月・6月分が期間を過ぎている"]


def test_pictures_only_for_those_who_may_see_the_figures():
    somebody = person()
    insured(somebody)
    assess(on(TODAY), somebody, 66_000)
    assert "所得段階ごとの人数" in text(ask("home"))
    assert "賦課額 66,000円" in text(ask("home"))
    html = text(ask("home", may=frozenset({"jobs.view"})))
    assert "所得段階" not in html
    assert "納め方" not in html


def test_a_job_says_what_is_missing_and_what_it_did():
    ran("premium.main", TODAY, "refused", "影の計算が承認されていません")
    html = text(ask("job", job="premium.main"))
    assert "まだ始められません" in html
    assert "影の計算が承認されていません" in html
    assert "を始める</button>" not in html
    assert ask("job", job="no.such").status_code == 404


def test_a_job_with_a_missing_precondition_is_not_started():
    answer = ask("start", data={}, job="premium.main")
    assert answer.status_code == 409
    assert "何も保存していません" in answer.content.decode()


def test_a_running_job_tells_the_time_that_is_left_and_is_not_started_again():
    ran("premium.take_february", TODAY, seconds=1000)
    ran("premium.take_february", TODAY, "running")
    html = text(ask("job", job="premium.take_february"))
    assert "実行中です" in html
    assert "残りはおよそ" in html
    assert ask("start", data={}, job="premium.take_february").status_code == 409


def test_starting_needs_a_permission_of_its_own(monkeypatch, django_capture_on_commit_callbacks):
    name = "premium.take_february"
    assert not jobs()[name].needs
    started = []
    monkeypatch.setattr(work, "_beside", started.append)
    assert "を始める</button>" not in text(ask("job", may=ALL - {"jobs.run"}, job=name))
    assert "を始める</button>" in text(ask("job", job=name))
    with django_capture_on_commit_callbacks(execute=True):
        assert ask("start", data={}, job=name).status_code == 302
    assert started[0][-6:] == ["run", name, "--on", "2026-07-15", "--actor", "account:1"]


def test_the_keys_can_be_switched_off():
    assert ask("keys", data={"keys": "off"}).cookies["__Host-keys"].value == "off"
    assert ask("keys", data={"keys": "on"}).cookies["__Host-keys"].value == ""
