"""What the access record costs: events a second, subjects a second, and what permission and audit add to a page.

Nothing of this can be switched off in the program: the page without them is made here, for the comparison alone.
A ward of 20,000 residents (RESIDENTS) with files and facts of opening day, no decisions: the person page is the same.
"""

from __future__ import annotations

import os
import statistics
import time
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import timedelta
from unittest import mock

from benchmarks import ward
from benchmarks.measure import report, timed

SINGLY, BULK, HISTORY = 2000, 200_000, 5_000_000
PAGES, ROUNDS = 100, 9


def run() -> list[dict]:
    os.environ.setdefault("RESIDENTS", "20000")
    ward.open_ward()
    rows = [_singly(), _bulk()]
    people = _people()
    rows += _page(people)
    rows += _history(people[0])
    return rows


def _singly() -> dict:
    """One event after the other on one connection, each in a transaction of its own; the server writes to disk."""
    from django.db import connection

    from kaigo.base.audit.write import record_apart

    ctx = ward.context(ward_day(), purpose="inquiry")
    with connection.cursor() as cursor:
        cursor.execute("SHOW fsync")
        assert cursor.fetchone() == ("on",)

    def once() -> None:
        for place in range(SINGLY):
            record_apart(ctx, "page.read", "person", "refused", why="permission", people=[place])

    seconds = timed(once)
    return report(
        "audit_events", seconds, 800, unit="events/s", value=SINGLY / statistics.median(seconds), smaller_is_better=False
    )  # fmt: skip


def _bulk() -> dict:
    """The people of an event about everybody."""
    from kaigo.base.audit.write import record
    from kaigo.base.records.context import acting

    ctx = ward.context(ward_day())

    def once() -> None:
        with acting(ctx):
            record(ctx, "job.run", "run:0", people=range(BULK))

    seconds = timed(once)
    return report(
        "audit_subjects", seconds, 20_000, unit="subjects/s", value=BULK / statistics.median(seconds), smaller_is_better=False
    )  # fmt: skip


def ward_day():
    from benchmarks.counter import DAY

    return DAY


def _people() -> list[int]:
    """People to look at; the ward's files are taken in when the database is still empty."""
    from django.db import connection

    query = "SELECT person_id FROM residents_particulars WHERE upper_inf(known) ORDER BY person_id LIMIT 400"
    with connection.cursor() as cursor:
        cursor.execute(query)
        found = [row[0] for row in cursor.fetchall()]
    if not found:
        _fill()
        return _people()
    return found


def _fill() -> None:
    from django.conf import settings

    from kaigo.base.feeds.decide import receive
    from kaigo.base.jobs.run import run as run_job
    from kaigo.base.records.context import acting

    first = None
    for entry in ward.files():
        day = first = first or max(entry["date"], "2026-04-01")
        if entry["date"] > day:
            break
        ctx = ward.context(ward_day() - timedelta(days=100), purpose="intake")
        with acting(ctx):
            receive(
                ctx, settings.INSURER, os.path.basename(entry["file"]), ward.content(entry), entry["layout"]
            )
    for name in ("registers.take", "residents.take", "qualification.daily"):
        run_job(ward.context(ward_day() - timedelta(days=100)), name)
    ward.settle()


def _page(people: list[int]) -> list[dict]:
    """The person page with everything, and without permission, purpose and record; turn by turn, the median of rounds."""
    from django.db import connections
    from django.test.utils import CaptureQueriesContext

    _called(people[: 20 + PAGES])
    _look(people[:20])
    with without():
        _look(people[:20])
    with CaptureQueriesContext(connections["default"]) as asked:
        _look(people[20:21])
    with without(), CaptureQueriesContext(connections["default"]) as bare:
        _look(people[20:21])
    more, less = [], []
    for _ in range(ROUNDS):
        a, b = _side_by_side(people[20 : 20 + PAGES])
        more.append(a)
        less.append(b)
    share = statistics.median(a / b - 1 for a, b in zip(more, less, strict=True)) * 100
    residents = int(os.environ["RESIDENTS"])
    return [
        report("audit_page_queries", [], 4, unit="queries more", value=len(asked) - len(bare), residents=residents,
               of=len(asked)),
        report("audit_page_cpu", more, 15, unit="% more CPU", value=share, residents=residents,
               ms_with=round(statistics.median(more) / PAGES * 1000, 2),
               ms_without=round(statistics.median(less) / PAGES * 1000, 2)),
    ]  # fmt: skip


def _called(people: list[int]) -> None:
    """Somebody called about each of them: that explains the look (counter/explained.py)."""
    from kaigo.base.records.context import acting
    from kaigo.insurance.counter.decide import take
    from kaigo.insurance.counter.models import Ticket

    ctx = ward.context(ward_day(), purpose="inquiry")
    known = set(Ticket.objects.values_list("person_id", flat=True))
    with acting(ctx):
        for person in set(people) - known:
            take(ctx, person, "call", "測定", "", done=False)


def _look(people: list[int]) -> None:
    from django.test import RequestFactory

    from kaigo.base.staff.tables import permissions
    from kaigo.base.staff.tests.someone import someone
    from kaigo.insurance.counter.screens import PersonPage

    view, clerk = PersonPage.view(), someone(permissions(), day=ward_day())
    for person in people:
        request = RequestFactory().get("/")
        request.staff, request.day = clerk, ward_day()
        assert view(request, person=person).status_code == 200


def _side_by_side(people: list[int]) -> tuple[float, float]:
    """CPU seconds of their pages with everything and without, page by page in turn: what else the machine does hits both."""
    more = less = 0.0
    for place, person in enumerate(people):
        for bare in (False, True) if place % 2 else (True, False):
            if bare:
                with without():
                    less += _cpu(person)
            else:
                more += _cpu(person)
    return more, less


def _cpu(person: int) -> float:
    begun = time.process_time()
    _look([person])
    return time.process_time() - begun


@contextmanager
def without():
    """The page as it would be if nobody decided and nobody recorded: in this process, as long as this lasts."""
    from kaigo.base.audit import write
    from kaigo.base.desk import visit
    from kaigo.base.desk.things import Look
    from kaigo.base.staff.can import Answer

    decided = visit.Visit.decide

    def undecided(self, path: dict) -> Answer:
        # With the details that the decision gives: a page that hides some would be a smaller page, not the same one.
        key = type(self.shown)
        if key not in given:
            given[key] = decided(self, path).fields
        self.ctx = replace(self.ctx, fields=given[key])
        return Answer(True, fields=given[key])

    given: dict[type, frozenset[str]] = {}
    with ExitStack() as stack:
        swap = stack.enter_context
        swap(mock.patch.object(write, "record", lambda *a, **k: 0))
        swap(mock.patch.object(visit.Visit, "decide", undecided))
        swap(mock.patch.object(visit.Visit, "look", lambda self: Look()))
        swap(mock.patch.object(type(visit.access()), "listed", lambda *a: ""))
        yield


def _history(person: int) -> list[dict]:
    """Searching five million events: one page of the newest, of one member of staff, and who looked at a person."""
    from kaigo.base.traces import read

    _five_million()
    ctx, today = ward.context(ward_day()), read.today()
    week = read.Asked(today - timedelta(days=6), today)
    asked = {
        "traces_newest": lambda: read.search(ctx, week),
        "traces_staff": lambda: read.search(ctx, week._replace(actors=["account:77"])),
        "traces_refused": lambda: read.search(ctx, week._replace(outcome="refused")),
        "traces_person": lambda: (read.looked(ctx, [person]), read.about(ctx, [person], 50, 0)),
    }
    return [
        report(name, (seconds := timed(ask, runs=5)), 300, unit="ms", value=statistics.median(seconds) * 1000, events=HISTORY)
        for name, ask in asked.items()
    ]  # fmt: skip


def _five_million() -> None:
    """Events of 180 days by 100 accounts, one person each; a thousand jobs about everybody. Made by the administrator."""
    import psycopg

    from kaigo.base.keys.index import index
    from kaigo.site.embedded import Cluster
    from kaigo.site.home import home

    database = f"insurance_{os.environ['KAIGO_INSURER']}"
    digests = index("subjects").digests(f"person:{person}" for person in range(1, 200_001))
    with psycopg.connect(Cluster(home()).dsn(database), autocommit=True) as admin:
        admin.execute(_MADE, {"events": HISTORY})
        admin.execute("CREATE TEMPORARY TABLE d (n bigint, digest bytea)")
        with admin.cursor().copy("COPY d FROM STDIN") as copy:
            for place, digest in enumerate(digests):
                copy.write_row((place, digest))
        admin.execute(
            "INSERT INTO audit_subject (event_id, digest) SELECT e.id, d.digest FROM audit_event e JOIN d ON d.n = e.id %% 200000 "
            "WHERE e.program = 'made for measuring' AND e.event = 'page.read'", {}
        )  # fmt: skip
        admin.execute(
            "INSERT INTO audit_bulk_subjects (event_id, bucket, digests) SELECT e.id, p.bucket, p.packed FROM audit_event e, "
            "(SELECT get_byte(digest, 0) AS bucket, string_agg(digest, ''::bytea ORDER BY digest) AS packed FROM d GROUP BY 1) p "
            "WHERE e.program = 'made for measuring' AND e.event = 'job.run'"
        )  # fmt: skip
    ward.settle()


_MADE = """
INSERT INTO audit_event (created_at, event, outcome, why, actor, member, permission, grants, purpose, "case", unexplained,
  place, object, fields, subject_key, subjects, opened, trace, program, details)
SELECT now() - n * interval '3.1 seconds', CASE WHEN n %% 5000 = 0 THEN 'job.run' ELSE 'page.read' END,
  CASE WHEN n %% 400 = 0 THEN 'refused' ELSE 'done' END, '', 'account:' || n %% 100, n %% 100, 'counter.view', '{1}',
  'inquiry', '', n %% 900 = 0, 'insurance:counter.PersonPage', 'person', '{}', 1, 1, '{}', '', 'made for measuring', '{}'
FROM generate_series(1, %(events)s) n"""
