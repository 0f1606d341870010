"""The record of accesses as an auditor reads it: nothing is missing, nothing twice, and reading leaves its own event."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from django.conf import settings
from django.db import connection
from django.test import RequestFactory
from django.utils.html import strip_tags

from kaigo.base.audit import write
from kaigo.base.audit.models import BulkSubjects, Event, Subject
from kaigo.base.audit.write import record, record_apart
from kaigo.base.desk.refs import ref
from kaigo.base.desk.things import subjects
from kaigo.base.jobs.models import Run
from kaigo.base.jobs.registry import jobs
from kaigo.base.keys.index import index, rotate
from kaigo.base.misuse.models import Alert
from kaigo.base.records.context import Context, acting
from kaigo.base.staff.tables import permissions
from kaigo.base.staff.tests.someone import someone
from kaigo.base.traces import read, screens, words
from kaigo.insurance.counter.tests.clerk import ask as ask_counter
from kaigo.insurance.qualification.tests.builders import born
from kaigo.insurance.residents.models import Merge

pytestmark = pytest.mark.django_db
DAY = date(2026, 7, 15)
MAY = frozenset({"audit.view", "counter.view"})
SHOWN = re.compile(r'<th scope="row" class="day"><a href="(/traces/[^"]+)"')


def ask(name, query="", data=None, may=MAY, sees=None, account=1, **path):
    view = next(p.callback for p in screens.urls if p.name == name)
    factory = RequestFactory()
    request = factory.post(f"/x?{query}", data) if data is not None else factory.get(f"/x?{query}")
    request.staff, request.day = someone(may, account=account, sees=sees), DAY
    return view(request, **path)


def html(answer) -> str:
    assert answer.status_code == 200, answer.content.decode()[-2000:]
    return answer.content.decode().split("<main")[1].split("</main>")[0]


def context(account=5, purpose="inquiry", case=""):
    return Context(f"account:{account}", purpose, DAY, case)


def write_events(count, event="page.read", people=(), **more):
    ctx = context()
    with acting(ctx):
        return [record(ctx, event, "person", people=people, **more) for _ in range(count)]


def test_every_event_is_on_exactly_one_page_also_when_all_have_one_time():
    """They are one transaction: of one created_at."""
    made = write_events(120)
    seen, query = [], "event=page.read"
    for _ in range(9):
        page = html(ask("home", query))
        seen += SHOWN.findall(page)
        following = re.search(r'href="\?([^"]+)" rel="next"', page)
        if not following:
            break
        query = following[1].replace("&amp;", "&")
    mine = [f"/traces/{ref('event', event)}/" for event in reversed(made)]
    assert [address for address in seen if address in set(mine)] == mine
    assert len(seen) == len(set(seen))


def test_filters_show_what_they_say_and_nothing_else():
    ctx = context()
    write_events(1)
    with acting(context(purpose="release")):
        token = write.begin(
            write.Request(place="insurance:premium.Decision", permission="premium.view", unexplained=True)
        )
        record(context(purpose="release", case="ticket:7"), "page.read", "assessment:55", people=[1, 2])
        write.finish(token)
    record_apart(ctx, "page.read", "person", "refused", why="permission")
    for query in ("purpose=release", "place=insurance:premium.", "unexplained=1"):
        page = html(ask("home", query))
        assert len(SHOWN.findall(page)) == 1, query
        words = strip_tags(page)
        for text in ("賦課の決定 55", "電話・窓口の記録 7", "きっかけなし", "発出"):
            assert text in words
    page = html(ask("home", "outcome=refused"))
    assert len(SHOWN.findall(page)) == 1 and "権限がない" in page
    assert "この条件の記録はありません" in html(ask("home", "until=2020-01-05&since=2020-01-01"))
    assert len(SHOWN.findall(html(ask("home", "place=insurance:collection.")))) == 0


def test_a_search_is_itself_an_event_that_says_what_was_searched():
    html(ask("home", "event=page.read&purpose=premium&unexplained=1"))
    note, page = Event.objects.order_by("-id")[1], Event.objects.order_by("-id")[0]
    assert (note.event, page.event, page.place) == ("traces.search", "page.read", "insurance:traces.Search")
    assert note.details["sort"] == "page.read" and note.details["aim"] == "premium"
    assert note.details["unexplained"] is True and note.details["rows"] == 0
    assert note.place == page.place and note.actor == "account:1"


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("since=きのう", "日付として読めません"),
        ("since=2026-07-02&until=2026-07-01", "いつまでより前の日"),
        ("since=2024-01-01&until=2026-07-01", "一年まで"),
        ("event=no.such", "出来事を選んでください"),
    ],
)
def test_what_cannot_be_searched_is_told_in_words(query, words):
    page = html(ask("home", query))
    assert words in page and not SHOWN.findall(page)
    assert not Event.objects.filter(event="traces.search").exists()


def crowd(person: int) -> list[int]:
    """More people than stand in rows of their own."""
    return [person, *range(5_000_000, 5_000_000 + write.SINGLY + 50)]


def test_who_looked_at_a_person_finds_single_and_packed_events_under_every_key_and_of_merged_records():
    kept, merged, other = born("1950-05-05", "見本 花子"), born("1950-05-05"), born("1960-01-01")
    single = write_events(1, people=[kept])
    packed = write_events(1, people=crowd(kept))
    rotate("subjects")
    newer = write_events(1, people=[kept, other])
    packed_newer = write_events(1, people=crowd(kept))
    of_merged = write_events(1, people=[merged])
    others = write_events(1, people=crowd(other))
    Merge.objects.create(person_id=merged, into_id=kept, reason="同一人", decided_on=DAY, actor="account:1")
    page = html(ask("person", person=kept))
    shown = SHOWN.findall(page)
    wanted = [*of_merged, *packed_newer, *newer, *packed, *single]
    assert shown == [f"/traces/{ref('event', event)}/" for event in wanted]
    assert not {f"/traces/{ref('event', event)}/" for event in others} & set(shown)
    # Looking at this page is looking at the person.
    looked = Event.objects.latest("id")
    assert looked.place == "insurance:traces.SeenPerson"
    assert index("subjects").digest(f"person:{kept}") in digests(looked)
    assert "見本 花子" in page
    assert "照会" in strip_tags(page) and "5" in strip_tags(page)


def digests(event) -> set[bytes]:
    return {bytes(d) for d in Subject.objects.filter(event=event).values_list("digest", flat=True)}


def test_a_digest_that_only_seems_to_stand_in_a_packed_row_is_not_found():
    """Between two digests of others the same sixteen bytes may stand by chance."""
    person = born("1950-05-05")
    wanted = index("subjects").digest(f"person:{person}")
    across = b"\1" * 5 + wanted + b"\2" * 11
    ctx = context()
    with acting(ctx):
        made = [record(ctx, "job.run") for _ in range(2)]
        BulkSubjects.objects.create(event_id=made[0], bucket=wanted[0], digests=across)
        BulkSubjects.objects.create(event_id=made[1], bucket=wanted[0], digests=across + wanted)
    assert [trace.id for trace in read.about(ctx, [person], 50, 0)] == [made[1]]


def test_an_event_says_everything_it_holds_in_words():
    ctx = context(case="ticket:3")
    with acting(ctx):
        token = write.begin(
            write.Request(
                session=77,
                permission="counter.view",
                grants=(999_999,),
                emergency=88,
                unexplained=True,
                place="insurance:counter.PersonPage",
                fields=("name", "birth"),
            )
        )
        made = record(
            ctx, "counter.search", "assessment:55", "refused", why="permission", hits=12, people=[1, 2]
        )
        write.finish(token)
    page = html(ask("event", event=made))
    labels, values = (re.findall(rf"<{tag}>(.*?)</{tag}>", page, re.DOTALL) for tag in ("dt", "dd"))
    told = {label: " ".join(strip_tags(value).split()) for label, value in zip(labels, values, strict=True)}
    written = Event.objects.get(id=made)
    assert re.fullmatch(r"令和.+\(\d\d\.\d{6}秒\)", told.pop("日時"))
    assert told == {
        "だれが": "account:5",
        "何を": "人の検索 — 総合照会",
        "対象": "賦課の決定 55",
        "対象者": "2人 氏名を見る (見たことも記録されます)",
        "目的": "照会",
        "きっかけ": "電話・窓口の記録 3 きっかけなし",
        "結果": "断った 権限がない",
        "要る権限": permissions()["counter.view"].label,
        "緊急閲覧": "88",
        "見てよい項目": "氏名、生年月日",
        "見つかった人数": "12",
        "ログインの番号": "77",
        "封印": "まだ記録に綴じられていません(ふだんは数秒で綴じられます)",
        "プログラム": written.program,
    }
    assert "番号 999999" in strip_tags(page)
    assert ask("event", event=made + 1_000_000).status_code == 404


def test_whatever_an_event_may_be_about_has_a_word():
    """Events name kinds of rows as addresses do (read.SUBJECTS); an auditor reads no names of program parts."""
    kinds = {kind for room in settings.STREET for kind in subjects(room)}
    assert {"assessment", "export", "letter", "ticket"} <= kinds
    assert sorted(kind for kind in kinds if words.thing(f"{kind}:5") == f"{kind}:5") == []


def test_a_print_run_is_not_taken_for_the_job_of_the_same_number():
    """Both are called `run`: what a job did, and what a page of the print room was about."""
    job = Run.objects.create(job="premium.main", on=DAY, state="done", actor="account:5")
    ctx = context()
    with acting(ctx):
        done = record(ctx, "job.run", f"run:{job.id}")
        looked = record(ctx, "page.read", f"run:{job.id}")
    title = jobs()["premium.main"].title
    assert title in html(ask("event", event=done))
    shown = html(ask("event", event=looked))
    assert title not in shown and f"一括印刷 {job.id}" in strip_tags(shown)


def test_whom_an_event_was_about_is_told_only_to_those_who_see_names():
    person = born("1950-05-05", "見本 髙子")
    (made,) = write_events(1, people=[person])
    page = html(ask("people", event=made))
    assert "見本 髙子" in page and f"/person/{ref('person', person)}/" in page
    assert index("subjects").digest(f"person:{person}") in digests(Event.objects.latest("id"))
    assert f"/person/{ref('person', person)}/" not in html(ask("people", event=made, may={"audit.view"}))
    blind = ask("people", event=made, sees={"number"})
    assert blind.status_code == 404 and "髙子" not in blind.content.decode()
    assert "氏名を見る" not in html(ask("event", event=made, sees={"number"}))
    rotate("subjects")
    (packed,) = write_events(1, people=crowd(person))
    assert "見本 髙子" in html(ask("people", event=packed))


def test_the_page_of_a_person_leads_to_who_looked_at_him_for_auditors_only():
    person = born("1950-05-05", "見本 髙子")
    link = f"/traces/person/{ref('person', person)}/"
    assert link in ask_counter("person", may=MAY, person=person).content.decode()
    assert link not in ask_counter("person", may={"counter.view"}, person=person).content.decode()


def test_nobody_reads_in_the_record_that_he_is_asked_about():
    """A head reads nothing of 確かめる閲覧 there; who sees those of all sections, nothing of the one about himself."""

    def alert(member: int) -> int:
        return Alert.objects.create(
            member=member, day=DAY, kind="day", thing=bytes(16), score=50, critical=True, owner="office",
            due_on=DAY, found_on=DAY,
        ).id  # fmt: skip

    def told(one: int) -> list[int]:
        with acting(context()):
            found = record(context(), "misuse.alert", f"alert:{one}", score=50, critical=True)
            token = write.begin(write.Request(permission="misuse.view"))
            looked = record(context(), "page.read", f"alert:{one}")
            write.finish(token)
        return [found, looked]

    about_me, about_another = told(alert(1001)), told(alert(1002))
    for may, seen in ((MAY, []), (MAY | {"misuse.all"}, about_another)):
        page = html(ask("home", may=may)) + html(ask("home", "event=misuse.alert", may=may))
        for event in about_me + about_another:
            assert (f"/traces/{ref('event', event)}/" in page) == (event in seen)
            assert (ask("event", event=event, may=may).status_code == 200) == (event in seen)


def test_everybody_sees_what_he_did_himself_and_nothing_of_others(monkeypatch):
    monkeypatch.setattr(screens.people, "accounts_of", lambda member: [f"account:{member - 1000}"])
    own, other = context(account=1), context(account=2)
    with acting(own):
        record(own, "ledger.print", "person", on=DAY, pages=1)
        record(other, "staff.log_out")
    page = html(ask("mine", may=()))
    assert "台帳の印刷" in page and "ログアウト" not in page
    assert not SHOWN.findall(page), "what an event holds is for auditors"


def long_ago(days: int) -> int:
    """An event of another day: only the server dates those that the program writes."""
    with connection.cursor() as cursor:
        cursor.execute(
            'INSERT INTO audit_event (event, outcome, why, actor, permission, grants, purpose, "case", unexplained, place, '
            "object, fields, subject_key, subjects, opened, trace, program, details, created_at) "
            "VALUES ('page.read', 'done', '', 'account:5', '', '{}', 'inquiry', '', false, '', 'person', '{}', 0, 0, '{}', "
            "'', '', '{}', now() - make_interval(days => %s)) RETURNING id",
            [days],
        )
        return cursor.fetchone()[0]


def test_other_days_than_the_last_week_are_not_shown_unless_asked():
    """Today and the six days before it."""
    today = read.today()
    made = {days: long_ago(days) for days in (0, 6, 7, 30, 90, 91)}

    def shown(name="home", query="event=page.read", **more) -> set[int]:
        page = html(ask(name, query, **more))
        return {days for days, event in made.items() if f"/traces/{ref('event', event)}/" in page}

    assert shown() == {0, 6}
    month = today - timedelta(days=30)
    assert shown(query=f"event=page.read&since={month}") == {0, 6, 7, 30}
    assert shown(query=f"event=page.read&until={month}") == {30}
    # One's own are shown for ninety days.
    own = read.search(context(), read.Asked(today - screens.MINE, today, ["account:5"])).rows
    assert {trace.id for trace in own} == {event for days, event in made.items() if days <= 90}
