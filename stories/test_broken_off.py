"""Posting is broken off — the worker or PostgreSQL killed — and begun again: not a yen is lost, doubled or unbalanced."""

from __future__ import annotations

import os
import random
import signal
import time
from datetime import date

import pytest
from django.db import connection, connections

from kaigo.base.feeds.decide import receive
from kaigo.base.records.context import acting
from kaigo.insurance.collection.models import Instalment
from kaigo.insurance.collection.slips import reference_of
from kaigo.insurance.collection.tests.builders import INSURER, YEAR, assess, february, insured, on, person
from kaigo.insurance.collection.tests.test_plan import JULY, plan_on
from kaigo.layouts.writer import write_csv
from kaigo.site.databases import clone
from stories.broken_off import DONE, begin, job, kill_server, kill_worker, ledger_of

LONG = os.environ.get("KAIGO_LONG") == "1"
AUGUST = date(2026, 8, 3)
# Every job that posts, the day on which it runs. They are broken off in this order, each on what the one before left.
JOBS = (("collection.plan", JULY), ("receipts.take", AUGUST))


@pytest.fixture
def waiting(street):
    """A small ward of which a plan, receipts, a payment of nobody and a payment told twice are still to be posted."""
    ctx = on(JULY)
    with acting(ctx):
        people = [person(name=f"見本 {n}子") for n in range(6)]
        for who in people[:4]:
            insured(who)
            assess(ctx, who, 66_000)
        plan_on(JULY)
        for who in people[4:]:
            insured(who)
            february(who, 9_000)
            assess(ctx, who, 54_000)
    parts = list(Instalment.objects.filter(person_id__in=people[:3], number__lte=3).order_by("id"))
    paid = [(reference_of(YEAR, "slip", p.id, p.number), p.yen) for p in parts]
    lines = [*paid, (reference_of(YEAR, "slip", 99_999_999, 1), 700)]
    for number, told in enumerate((lines, paid[:1]), 1):
        content = write_csv("bank.slip_receipts", INSURER, AUGUST, number, "changes", [
            {"number": f"{number}{place:011d}", "slip_number": slip, "payee_number": "13199", "yen": str(yen),
             "paid_on": "20260731", "bank": "0001", "branch": "001", "settled_on": "20260803"}
            for place, (slip, yen) in enumerate(told)
        ])  # fmt: skip
        with acting(ctx):
            receive(ctx, INSURER, f"slips{number}.csv", content, "bank.slip_receipts")
    base = connection.settings_dict["NAME"]
    connections.close_all()
    return street, base


def _copy(cluster, base: str, mark: str) -> str:
    connections.close_all()
    clone(cluster, base, f"{base}_{mark}")
    return f"{base}_{mark}"


def _undisturbed(cluster, base: str) -> list[tuple[str, date, str, int, bytes]]:
    """(job, day, the database before it, its statements, the ledger after it)."""
    found, before = [], base
    for place, (name, day) in enumerate(JOBS):
        after, count = _copy(cluster, before, f"u{place}"), []
        assert job(after, name, day, count=count) == DONE
        found.append((name, day, before, count[0], ledger_of(after)))
        before = after
    return found


def test_a_job_killed_at_any_statement_ends_as_if_nothing_had_been(waiting):
    cluster, base = waiting
    runs = _undisturbed(cluster, base)
    before = b""
    for *_, expected in runs:
        assert len(expected) > len(before)
        before = expected
    for name, day, start, statements, expected in runs:
        assert statements > 10
        places = range(1, statements + 1) if LONG else sorted({statements // 3, statements - 1, statements})
        for place in places:
            for how in ("worker", "server"):
                if how == "server" and not LONG and place != statements - 1:
                    continue
                trial = _copy(cluster, start, "trial")
                act = kill_worker if how == "worker" else lambda: kill_server(cluster.data)
                ended = job(trial, name, day, place, act)
                assert ended != DONE, (name, place, how)
                cluster.start()
                assert job(trial, name, day) == DONE, (name, place, how)
                assert ledger_of(trial) == expected, (name, place, how)


def test_a_job_killed_at_any_moment_ends_as_if_nothing_had_been(waiting):
    seed = int(os.environ.get("KAIGO_SEED") or random.SystemRandom().randrange(10**9))
    print(f"seed {seed}")  # noqa: T201  to run the same again
    source = random.Random(seed)
    cluster, base = waiting
    broken = 0
    for name, day, start, _, expected in _undisturbed(cluster, base):
        begun = time.monotonic()
        job(_copy(cluster, start, "trial"), name, day)
        longest = time.monotonic() - begun
        for _ in range(50 if LONG else 2):
            trial = _copy(cluster, start, "trial")
            child = begin(trial, name, day)
            time.sleep(source.uniform(0, longest))
            os.kill(child, signal.SIGKILL)
            _, status = os.waitpid(child, 0)
            broken += os.waitstatus_to_exitcode(status) == -signal.SIGKILL
            assert job(trial, name, day) in (DONE, 3)
            assert ledger_of(trial) == expected, (name, seed)
    assert broken


def test_two_workers_on_one_file_book_it_once(waiting):
    cluster, base = waiting
    (_, _, start, _, _), (name, day, before, _, expected) = _undisturbed(cluster, base)
    assert start != before
    trial = _copy(cluster, before, "trial")
    children = [begin(trial, name, day) for _ in range(3)]
    ends = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
    assert ends == [DONE] * 3
    assert ledger_of(trial) == expected
