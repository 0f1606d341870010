"""The access record is complete: whatever touches people leaves exactly one event in its own transaction, and nothing is
answered before that is saved. Over every page of every room and every job, in a ward whose year was played.
"""

from __future__ import annotations

import io
import logging
import re
from contextlib import suppress
from dataclasses import replace
from urllib.parse import unquote, urlencode

import psycopg
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import override_settings

from kaigo.base.audit.models import BulkSubjects, Event, Subject
from kaigo.base.desk.logs import Wordless
from kaigo.base.desk.things import Look
from kaigo.base.desk.views import TWICE
from kaigo.base.jobs.models import Run
from kaigo.base.jobs.registry import NotReady, jobs
from kaigo.base.jobs.run import run as run_job
from kaigo.base.keys.index import SIZE, index
from kaigo.base.staff.tables import permissions
from kaigo.base.staff.tests.someone import someone
from kaigo.site.demo import play
from stories import planted
from stories.recorded import (
    TYPED,
    Address,
    Broken,
    Transaction,
    addresses,
    breaking,
    fields,
    names,
    personal,
    same_again,
    stored,
    watched,
    world,
)  # fmt: skip

PAGE = {"page.read", "page.act"}


class Ward:
    """What was played: the statements of every job, and where files and keys of the ward lie."""

    def __init__(self, root) -> None:
        self.files, self.keys = root / "files", root / "keys"
        self.jobs: dict[str, list[tuple[list[Transaction], int]]] = {}

    def run(self, ctx, name, progress=None):
        """A job under watch: what it sent, and how many events it left."""
        before = last_event()
        with watched() as log:
            try:
                return run_job(ctx, name, progress)
            finally:
                told = Event.objects.filter(id__gt=before, event="job.run", outcome="done").count()
                self.jobs.setdefault(name, []).append((list(log), told))


def last_event() -> int:
    return Event.objects.order_by("-id").values_list("id", flat=True).first() or 0


@pytest.fixture(scope="module")
def played(long_street, tmp_path_factory):
    """The year of a small ward, played in this process with every job under watch."""
    ward = Ward(tmp_path_factory.mktemp("ward"))
    patch = pytest.MonkeyPatch()
    patch.setattr(play, "run", ward.run)
    # Not by patching: settings remember what was asked before, by whichever story ran first in this process.
    with override_settings(FILES_ROOT=ward.files, KEYS_ROOT=ward.keys):
        play.play(world(tmp_path_factory.mktemp("world")))
    patch.undo()
    ward.people = [
        person
        for (person,) in _rows(
            "SELECT person_id FROM premium_assessment WHERE sort = 'main' ORDER BY annual_yen"
        )
    ]
    return ward


def _rows(query, params=None) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(query, params)
        return cursor.fetchall()


@pytest.fixture
def ward(played, _files_apart, settings, monkeypatch):
    """The ward with its own files and keys, and somebody who may do everything and has said why he looks."""
    settings.FILES_ROOT, settings.KEYS_ROOT = played.files, played.keys
    settings.BUSINESS_DATE = "2026-07-15"
    everything = replace(someone(permissions()), session=None)
    monkeypatch.setattr(
        "kaigo.base.desk.middleware.identify", lambda token, day: replace(everything, day=day)
    )
    access = settings.ACCESS
    monkeypatch.setattr(f"{access}.look", lambda self, *asked: Look("ticket:1"))
    monkeypatch.setattr(f"{access}.listed", lambda self, *asked: "")
    return played


def client() -> Client:
    return Client(HTTP_HOST="localhost", raise_request_exception=False)


def seen_in(event: Event) -> set[bytes]:
    found = {bytes(d) for d in Subject.objects.filter(event=event).values_list("digest", flat=True)}
    for packed in BulkSubjects.objects.filter(event=event).values_list("digests", flat=True):
        found |= {bytes(packed[place : place + SIZE]) for place in range(0, len(packed), SIZE)}
    return found


def faults(method: str, address: Address, log: list[Transaction], answer, before: int) -> list[str]:
    """What is wrong with the traces of one answer."""
    about, found = personal(), []
    where = f"{method} {address.page.__module__}.{address.page.__qualname__} {answer.status_code}"
    events = list(Event.objects.filter(id__gt=before, event__in=PAGE))
    if answer.status_code == 405:
        return []
    if answer.status_code == 500:
        return [f"{where}: failed"]
    if len(events) != 1:
        return [f"{where}: {len(events)} events"]
    (event,) = events
    if event.outcome != "done":
        if not event.why:
            found.append(f"{where}: a refusal without why")
        if answer.status_code < 400:
            found.append(f"{where}: refused, yet answered")
        return found
    inside = [t for t in log if t.atomic and t.touched(about)]
    own = [t for t in log if t.atomic and t.events]
    if any(t.end != "commit" for t in own):
        found.append(f"{where}: answered before its event was saved")
    if any(t not in own for t in inside if t.end == "commit"):
        found.append(f"{where}: people in a transaction without an event")
    first = next((place for place, t in enumerate(log) if t.atomic), len(log))
    if any(t.touched(about) for t in log[first:] if not t.atomic):
        found.append(f"{where}: people outside of a transaction")
    return found


def test_every_page_that_touches_people_leaves_one_event_in_its_transaction_and_says_whom_it_showed(ward):
    known, found, pages = names(), [], set()
    any_name = re.compile("|".join(map(re.escape, sorted(known, key=len, reverse=True))))
    browser = client()
    everything = addresses(ward.people)
    for method in ("get", "post"):
        for address in everything:
            before = last_event()
            with watched() as log:
                answer = getattr(browser, method)(address.path)
            found += faults(method, address, log, answer, before)
            pages.add(address.page)
            if answer.status_code == 200 and "html" in answer["Content-Type"]:
                event = Event.objects.filter(id__gt=before, event__in=PAGE).latest("id")
                digests, main = seen_in(event), answer.content.decode().split("<main")[1]
                for name in set(any_name.findall(main)):
                    if not digests & {index("subjects").digest(f"person:{p}") for p in known[name]}:
                        found.append(
                            f"{method} {address.page.__module__}.{address.page.__qualname__}: shows somebody whom its event does not know"
                        )
    assert sorted(set(found)) == []
    assert len(pages) > 100 and len(everything) > 130


def test_every_job_that_touches_people_leaves_one_event_in_its_transaction(ward):
    for name in jobs().keys() - ward.jobs.keys():
        try:
            ward.run(play._context(play.UNTIL), name)
        except NotReady:
            assert Run.objects.filter(job=name, state__in=("refused", "failed")).exists()
    about, found = personal(), []
    assert ward.jobs.keys() == jobs().keys()
    for name, runs in ward.jobs.items():
        for log, told in runs:
            inside = [t for t in log if t.atomic and t.touched(about)]
            ran = any(t.events for t in log)
            if ran and told != 1:
                found.append(f"{name}: {told} events")
            if any(not t.events or t.end != "commit" for t in inside if t.end == "commit"):
                found.append(f"{name}: people in a transaction without an event")
            begun = next((place for place, t in enumerate(log) if t.atomic and t.events), len(log))
            if any(t.touched(about) for t in log[begun:] if not t.atomic):
                found.append(f"{name}: people outside of a transaction")
    assert sorted(set(found)) == []


# What was decided about people, or goes out to them: room → who they are.
DECIDED = {
    "collection": "SELECT person_id FROM collection_plan",
    "notices": "SELECT person_id FROM notices_draft WHERE assessment_id IS NOT NULL",
    "premium": "SELECT person_id FROM premium_assessment WHERE sort = 'main'",
    "qualification": "SELECT person_id FROM qualification_decision",
}


@pytest.mark.parametrize("room", DECIDED)
def test_what_judges_people_says_whom(ward, room):
    """Everybody about whom a room decided stands in an event of a job of this room, or of somebody's act."""
    runs = Run.objects.filter(job__startswith=f"{room}.", state="done").values_list("id", flat=True)
    seen = set()
    for event in Event.objects.filter(event="job.run", object__in=[f"run:{id}" for id in runs]):
        seen |= seen_in(event)
    for event in Event.objects.filter(event="page.act", outcome="done"):
        seen |= seen_in(event)
    people = {person for (person,) in _rows(DECIDED[room])}
    assert len(people) > 200
    assert [one for one in sorted(people) if not seen & set(index("subjects").every(f"person:{one}"))] == []


@pytest.fixture
def told():
    """Everything that the program writes to its log, as in production."""
    out, handler, root = io.StringIO(), logging.StreamHandler(), logging.getLogger()
    handler.setStream(out)
    handler.setFormatter(Wordless())
    before, level, root.handlers = root.handlers, root.level, [handler]
    root.setLevel(logging.INFO)
    yield out
    root.handlers, root.level = before, level


def carried(words: frozenset[str], *places: object) -> set[str]:
    text = "\n".join(map(str, places))
    plain = text + text.encode("ascii", "ignore").decode("unicode_escape", "ignore") + unquote(text)
    return {word for word in words if word in plain or word.replace(" ", "") in plain}


@pytest.mark.parametrize("make", [Broken, same_again])
def test_no_page_that_fails_carries_words_of_people_anywhere(ward, told, capfd, make):
    """Not into the log, what is printed, the answer, the record or an address: what is stored nor what is typed."""
    stored_words = stored(ward.people[:1])
    assert len(stored_words) >= 5
    everything = {address.page: address for address in addresses(ward.people[:1])}.values()
    turn = (Broken, same_again).index(make)
    typed = {name: TYPED[(place + turn) % len(TYPED)] for place, name in enumerate(fields())}
    words, browser, found, broken = stored_words | set(TYPED), client(), [], 0
    start = before = last_event()
    for address in everything:
        for data in (None, typed):
            with breaking(" ".join(sorted(words)), make) as failed:
                answer = browser.get(address.path) if data is None else browser.post(address.path, data)
            if failed:
                broken += 1
                if (last := last_event()) == before:
                    found.append(f"{address.page.__qualname__}: no event {answer.status_code} {failed}")
                before = last
                text = answer.content.decode(errors="ignore")
                # Whoever typed something wrong is told what he typed; of others he is told nothing.
                own = answer.status_code < 500 and TWICE not in text
                if carried(stored_words if own else words, text) or carried(words, answer.headers):
                    found.append(f"{address.page.__qualname__}: answer {answer.status_code}")
    assert broken > 130
    printed = capfd.readouterr()
    events = list(Event.objects.filter(id__gt=start).values_list())
    assert not found
    assert not carried(words, told.getvalue(), printed.out, printed.err)
    assert not carried(words, events)
    assert (make is Broken) == ("Broken" in told.getvalue()), "the log says what kind of error it was"


def test_what_is_typed_goes_into_no_address_no_log_and_no_event(ward, told, capfd):
    words, browser, start, found = frozenset(TYPED), client(), last_event(), []
    for address in {address.page: address for address in addresses(ward.people[:1])}.values():
        for turn in range(2):
            data = {name: TYPED[(place + turn) % len(TYPED)] for place, name in enumerate(fields())}
            answer = browser.post(address.path, data)
            if answer.status_code >= 500:
                found.append(f"{address.page.__qualname__}: {answer.status_code}")
            if carried(words, answer.headers):
                found.append(f"{address.page.__qualname__}: in the head of the answer")
    printed = capfd.readouterr()
    assert not found
    assert not carried(words, told.getvalue(), printed.out, printed.err)
    assert not carried(words, list(Event.objects.filter(id__gt=start).values_list()))


def test_no_job_that_fails_carries_words_of_people_anywhere(ward, told, capfd):
    words = stored(ward.people[:3]) | set(TYPED)
    start, broken, first = last_event(), set(), Run.objects.latest("id").id
    for name in jobs():
        with breaking(" ".join(sorted(words))) as failed, suppress(Broken, NotReady):
            run_job(play._context(play.UNTIL), name)
        if failed:
            broken.add(name)
    assert len(broken) > len(jobs()) // 2
    printed = capfd.readouterr()
    runs = list(Run.objects.filter(id__gt=first).values_list())
    assert sum("Broken" in str(run) for run in runs) >= len(broken) - 1
    assert not carried(words, runs, told.getvalue(), printed.out, printed.err)
    assert not carried(words, list(Event.objects.filter(id__gt=start).values_list()))


def test_nothing_is_answered_whose_event_could_not_be_saved(ward, long_street):
    """The database refuses at COMMIT: the page is rendered by then, and must not reach anybody."""
    person = ward.people[0]
    name = _rows("SELECT name FROM residents_particulars WHERE person_id = %s", [person])[0][0]
    path = next(a.path for a in addresses([person]) if a.page.__name__ == "PersonPage")
    assert name in client().get(path).content.decode()
    database = connection.settings_dict["NAME"]
    with psycopg.connect(long_street.dsn(database), autocommit=True) as owner:
        owner.execute(
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'no room' USING ERRCODE = '53100'; END $$"
        )
        owner.execute(
            "CREATE CONSTRAINT TRIGGER refuse AFTER INSERT ON audit_event DEFERRABLE INITIALLY DEFERRED "
            "FOR EACH ROW EXECUTE FUNCTION refuse()"
        )
        try:
            before = last_event()
            answer = client().get(path)
            assert answer.status_code in (500, 503)
            assert name not in answer.content.decode() and last_event() == before
        finally:
            owner.execute("DROP TRIGGER refuse ON audit_event; DROP FUNCTION refuse()")
    assert name in client().get(path).content.decode()


def test_what_is_stored_and_typed_is_shown_as_text_and_reaches_no_statement(ward, long_street):
    """T-13 and 1.2.4, over every page. The last of this file: afterwards nobody in this ward has a name."""
    assert planted.plant(long_street.dsn(connection.settings_dict["NAME"])) > 3000
    shown, faults, pages, asked = set(), [], set(), 0
    typed = {name: planted.PAYLOADS[place % len(planted.PAYLOADS)] for place, name in enumerate(fields())}
    turned = {
        name: planted.PAYLOADS[(place + 3) % len(planted.PAYLOADS)] for place, name in enumerate(fields())
    }
    browser = client()
    for address in addresses(ward.people):
        where = f"{address.page.__module__}.{address.page.__qualname__}"
        for data in (None, typed, turned):
            for sent in (address.path, f"{address.path}?{urlencode(typed)}"):
                with watched() as log:
                    answer = browser.get(sent) if data is None else browser.post(sent, data)
                asked += 1
                if any(planted.WORD in text.lower() for one in log for text in one.statements):
                    faults.append(f"{where}: in the text of a statement")
                if answer.status_code >= 500:
                    faults.append(f"{where}: {answer.status_code}")
                if "html" in answer.headers.get("Content-Type", ""):
                    seen = planted.read(answer.content.decode())
                    shown |= seen.shown
                    faults += [f"{where}: {fault}" for fault in seen.faults]
                    if seen.shown:
                        pages.add(where)
    assert sorted(set(faults)) == []
    assert shown == set(planted.PAYLOADS)
    assert len(pages) > 40, len(pages)
