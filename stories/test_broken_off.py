"""Whatever books is broken off — the worker or PostgreSQL killed — and begun again: not a yen is lost, doubled or
unbalanced."""

from __future__ import annotations

import os
import random
import signal
import time
from typing import NamedTuple

import psycopg
import pytest
from django.db import connection, connections

from kaigo.base.records.context import Context
from kaigo.insurance.collection import read as collection
from kaigo.insurance.ledger import invariant as ledger
from kaigo.insurance.receipts import invariant as receipts
from kaigo.site.databases import clone
from stories.broken_off import (
    DONE,
    FAILED,
    REFUSED,
    Kept,
    Work,
    begin,
    ends,
    kept,
    kill_server,
    kill_worker,
    on_database,
)
from stories.posting_ward import AUGUST, YEAR, build

LONG = os.environ.get("KAIGO_LONG") == "1"
NAMES = (
    "collection.plan", "collection.opening", "receipts.take", "rulings.pay", "rulings.send_back", "cash.take", "cash.close",
    "ways.change", "targets.match", "remission.cuts", "remission.stage", "remission.back", "remission.bulk",
    "dunning.late_charges", "waivers.grant", "refunds.approve", "release.print", "transfers.take_back",
    "write_offs.approve", "write_offs.reverse", "ledger.close",
)  # fmt: skip
# What decides about money without an entry of its own.
BOOKS_NOTHING = {"cash.close", "ledger.close"}
# The server is killed here in every run, everywhere in the long one: starting it again takes a second.
ALSO_THE_SERVER = {"collection.plan", "receipts.take", "release.print"}
# Three at once: in every run the jobs, which a second worker may begin, and where a clerk may press twice.
AT_ONCE = (
    "collection.plan", "collection.opening", "receipts.take", "dunning.late_charges", "release.print", "ledger.close",
    "cash.take", "rulings.pay", "targets.match",
)  # fmt: skip
EACH = 5  # random moments of each in the long run: a hundred in all


class Ward(NamedTuple):
    """The ward, all that is to be done in it, and how each leaves it undisturbed: (boundaries, seconds, what is kept)."""

    cluster: object
    base: str
    works: dict[str, Work]
    after: dict[str, tuple[int, float, Kept]]
    start: Kept

    def copy(self) -> str:
        connections.close_all()
        clone(self.cluster, self.base, f"{self.base}_trial")
        return f"{self.base}_trial"

    def settled(self) -> None:
        """What was committed is on the disk: the test server does not wait for that, and would forget the copy itself."""
        with psycopg.connect(self.cluster.dsn("postgres"), autocommit=True) as admin:
            admin.execute("CHECKPOINT")

    def undisturbed(self, name: str) -> tuple[int, float, Kept]:
        if name not in self.after:
            trial, count, begun = self.copy(), [], time.monotonic()
            assert ends(trial, self.works[name], count=count) == DONE, name
            self.after[name] = (count[0], time.monotonic() - begun, kept(trial))
            assert _wrong(trial) == [], name
        return self.after[name]


def _wrong(database: str) -> list:
    ctx = Context("job:test", "collection", AUGUST)
    with on_database(database):
        found = [*ledger.wrong(ctx), *receipts.wrong(ctx), *collection.invariant(ctx, YEAR)]
        # Whom the job has not planned yet.
        return [one for one in found if getattr(one, "what", "") != "no_plan"]


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    return tmp_path_factory.mktemp("ward")


@pytest.fixture(scope="module")
def built(long_street, django_db_blocker, files):
    from django.conf import settings

    with django_db_blocker.unblock(), pytest.MonkeyPatch.context() as patched:
        for root in ("FILES_ROOT", "KEYS_ROOT"):
            patched.setattr(settings, root, files / root)
        works = {work.name: work for work in build()}
        base = connection.settings_dict["NAME"]
        yield Ward(long_street, base, works, {}, kept(base))


@pytest.fixture
def ward(built, files, settings):
    settings.FILES_ROOT, settings.KEYS_ROOT = files / "FILES_ROOT", files / "KEYS_ROOT"
    return built


def test_everything_that_books_is_here(ward):
    assert set(ward.works) == set(NAMES)
    assert _wrong(ward.base) == []


@pytest.mark.parametrize("name", NAMES)
def test_what_is_killed_at_any_boundary_ends_as_if_nothing_had_been(ward, name):
    work = ward.works[name]
    boundaries, _, expected = ward.undisturbed(name)
    assert boundaries > 3 and expected != ward.start
    assert (expected.ledger == ward.start.ledger) == (name in BOOKS_NOTHING)
    carried = expected.counts["ledger_carried"] - ward.start.counts["ledger_carried"]
    assert (carried > 0) == (name == "ledger.close")
    # The last boundary is the COMMIT: everything is written, nothing is kept.
    places = range(1, boundaries + 1) if LONG else (boundaries,)
    for place in places:
        for server in (False, True):
            if server and not LONG and name not in ALSO_THE_SERVER:
                continue
            trial = ward.copy()
            if server:
                ward.settled()
            how = (lambda: kill_server(ward.cluster.data)) if server else kill_worker
            assert ends(trial, work, place, how) == (FAILED if server else -signal.SIGKILL), (place, server)
            ward.cluster.start()
            assert kept(trial).differs(ward.start) == {}, (place, server)
            assert ends(trial, work) == DONE, (place, server)
            assert kept(trial).differs(expected) == {}, (place, server)


def test_what_is_killed_at_any_moment_ends_as_if_nothing_had_been(ward):
    seed = int(os.environ.get("KAIGO_SEED") or random.SystemRandom().randrange(10**9))
    print(f"seed {seed}")  # noqa: T201  to run the same again
    source = random.Random(seed)
    broken = 0
    names = [name for name in NAMES for _ in range(EACH)] if LONG else source.sample(NAMES, 3)
    for name in names:
        work = ward.works[name]
        _, longest, expected = ward.undisturbed(name)
        trial = ward.copy()
        child = begin(trial, work)
        time.sleep(source.uniform(0, longest))
        os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        broken += os.waitstatus_to_exitcode(status) == -signal.SIGKILL
        assert ends(trial, work) in (DONE, *work.again), (name, seed)
        assert kept(trial).differs(expected) == {}, (name, seed)
    assert broken


@pytest.mark.parametrize("name", NAMES if LONG else AT_ONCE)
def test_three_workers_at_once_do_it_once(ward, name):
    work = ward.works[name]
    *_, expected = ward.undisturbed(name)
    trial = ward.copy()
    children = [begin(trial, work) for _ in range(3)]
    found = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
    assert DONE in found and set(found) <= {DONE, *work.again}
    if work.again == (REFUSED,):
        assert found.count(DONE) == 1
    assert kept(trial).differs(expected) == {}
