"""What a person is told about the use of his data: sections and purposes, no names of staff, nothing of audits."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.test import RequestFactory
from django.utils.html import strip_tags

from kaigo.base.audit import write
from kaigo.base.audit.models import Event
from kaigo.base.audit.write import record, record_apart
from kaigo.base.desk.things import access
from kaigo.base.jobs.models import Run
from kaigo.base.jobs.registry import jobs
from kaigo.base.keys.index import rotate
from kaigo.base.records.context import Context, acting
from kaigo.base.staff.tests.someone import someone
from kaigo.base.traces import read, screens_told, told
from kaigo.base.traces.people import Person
from kaigo.insurance.collection.tests.builders import person as insured
from kaigo.insurance.release.models import Export

pytestmark = pytest.mark.django_db
DAY = date(2026, 7, 15)


def ask(name, person, data=None, query="", sees=None, may=("audit.tell", "counter.view")):
    view = next(p.callback for p in screens_told.urls if p.name == name)
    factory = RequestFactory()
    request = factory.post("/x", data) if data is not None else factory.get(f"/x?{query}")
    request.staff, request.day = someone(frozenset(may), account=1, sees=sees), DAY
    return view(request, person=person)


def words(answer) -> str:
    assert answer.status_code == 200, answer.content.decode()[-2000:]
    return strip_tags(answer.content.decode().split("<main")[1].split("</main>")[0])


def use(
    person,
    event="page.read",
    purpose="premium",
    place="insurance:premium.Decision",
    about="person",
    fields=("name",),
    account=7,
    **more,
):
    ctx = Context(f"account:{account}", purpose, DAY)
    with acting(ctx):
        token = write.begin(write.Request(place=place, permission="premium.view", fields=fields))
        made = record(ctx, event, about, people=[person], **more)
        write.finish(token)
    return made


def uses(person, since=None, until=None):
    today = read.today()
    return told.uses(Context("account:1", "inquiry", DAY), [person], since or today, until or today)


def test_what_was_done_when_by_which_section_for_what():
    one, other = insured(), insured()
    for account in (7, 7, 7, 8):
        use(one, account=account)
    use(other, purpose="collection")
    # Whose account of the section it was, the person need not know.
    (row,) = uses(one)
    assert (row.times, row.purpose, row.what, row.items, row.to) == (
        4,
        "保険料を決めるため",
        "賦課の決定",
        "氏名",
        "",
    )
    assert row.day == read.today() and row.first == row.last
    assert [r.purpose for r in uses(other)] == ["保険料を納めていただくため"]
    assert not uses(insured())


def test_each_section_of_the_day_has_its_own_row_and_nobodys_name(monkeypatch):
    sections, asked = {"account:7": "介護保険課", "account:8": "住民課", "account:9": "介護保険課"}, set()

    class Known:
        def __init__(self, members, actors) -> None:
            pass

        def on(self, member, actor, day) -> Person:
            asked.add(day)
            return Person(int(actor[-1]), f"N{actor[-1]}", "試験 職員", sections[actor], "係員")

    monkeypatch.setattr(told, "Staff", Known)
    one = insured()
    for account in (7, 8, 9):
        use(one, account=account)
    assert sorted((row.section, row.times) for row in uses(one)) == [("介護保険課", 2), ("住民課", 1)]
    assert asked == {read.today()}
    page = words(ask("told", one))
    assert "住民課" in page and "試験" not in page and "係員" not in page and "N7" not in page


def test_nothing_of_audits_and_nothing_that_nobody_saw():
    one = insured()
    use(one, purpose="audit", place="insurance:traces.SeenPerson")
    record_apart(
        Context("account:7", "inquiry", DAY), "page.read", "person", "refused", people=[one], why="permission"
    )
    assert not uses(one)
    page = words(ask("told", one))
    assert "職員の氏名と、監査・調査のための閲覧は載りません" in page


def test_to_whom_it_was_handed_over():
    one = insured()
    asked = Export.objects.create(
        kind="premium", columns=["name"], reason="決算の照合に使う", handed_to="会計管理室", medium="inside", keep_until=DAY,
        estimate=1, shielded=0, account_kind="staff", actor="account:7", asked_on=DAY,
    )  # fmt: skip
    use(
        one,
        "export.fetch",
        "release",
        "insurance:release.Fetch",
        f"export:{asked.id}",
        list="premium",
        rows=1,
        digest="x",
    )
    use(one, "release.leave", "release", "", "release_file:999", to="file:01", rows=1, digest="x")
    use(one, "export.rule", "release", "insurance:release.RuleExport", f"export:{asked.id}", ruled="approved")
    assert sorted(row.to for row in uses(one)) == ["", "会計管理室", "外部"]


def test_runs_of_one_job_are_one_row_with_its_name():
    one = insured()
    for _ in range(2):
        run = Run.objects.create(job="release.print", state="done", on=DAY, actor="account:7")
        use(one, "job.run", "operations", "", f"run:{run.id}")
    (row,) = uses(one)
    assert (row.times, row.what, row.purpose) == (
        2,
        jobs()["release.print"].title,
        "毎日・毎月の処理を行うため",
    )


def test_the_days_asked_for_and_no_others():
    one, today = insured(), read.today()
    use(one)
    assert not uses(one, today - timedelta(days=9), today - timedelta(days=1))
    assert not uses(one, today + timedelta(days=1), today + timedelta(days=2))
    assert len(uses(one, today - timedelta(days=9), today)) == 1
    assert "いつまでより前の日" in words(ask("told", one, query="since=2026-07-02&until=2026-07-01"))


def test_what_was_written_under_an_older_key_is_told_too():
    one = insured()
    use(one)
    rotate(write.KEY)
    use(one, purpose="collection")
    assert len(uses(one)) == 2


def test_no_page_of_it_names_a_member_of_staff(monkeypatch):
    one = insured()
    use(one)
    page = words(ask("told", one))
    assert "保険料を決めるため" in page and "account:7" not in page
    paper = []
    monkeypatch.setattr(
        screens_told, "render", lambda template, letters, *rest: paper.append(letters[0]) or _printed()
    )
    assert ask("tell", one, {}).status_code == 200
    assert paper[0]["rows"][0][3:] == ["保険料を決めるため", "賦課の決定", "氏名", "—"]
    assert any("職員の氏名は載せていません" in note for note in paper[0]["notes"])


def _printed():
    from kaigo.base.paper.press import Printed

    return Printed(b"%PDF", (1,))


def test_it_is_printed_and_the_print_is_an_event_about_the_person():
    one = insured()
    use(one)
    answer = ask("tell", one, {"since": "", "until": ""})
    assert answer["Content-Type"] == "application/pdf" and answer.content.startswith(b"%PDF")
    event = Event.objects.get(event="traces.tell")
    assert event.details["rows"] == 1 and event.details["pages"] == 1 and event.subjects == 1
    assert [row.what for row in uses(one)].count("本人に伝える記録の印刷") >= 1


def test_who_is_protected_is_told_only_at_the_counter(monkeypatch):
    one = insured()
    use(one)
    monkeypatch.setattr(type(access()), "guarded", lambda *_: True)
    assert "窓口で本人を確かめてから" in words(ask("told", one))
    refused = ask("tell", one, {})
    assert refused.status_code != 200 or b"%PDF" not in refused.content[:10]
    assert not Event.objects.filter(event="traces.tell").exists()
    assert ask("tell", one, {"checked": "1"}).content.startswith(b"%PDF")


def test_nobody_is_told_about_somebody_who_is_not_there():
    assert ask("told", 900_000_000).status_code == 404
    assert ask("tell", 900_000_000, {}).status_code == 404
