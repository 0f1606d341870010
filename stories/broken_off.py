"""Work broken off: a process that does one piece of work on one database and dies, or kills the server, at a boundary.

The child is forked, so that a trial costs no start-up; it leaves by os._exit and gives nothing back but its end.
"""

from __future__ import annotations

import io
import os
import signal
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import NamedTuple

import psycopg
from django.db import connection, connections

from kaigo.base.jobs.run import run
from kaigo.base.records.context import Context, acting
from kaigo.base.records.refusal import Refused
from kaigo.base.records.rows import rows
from kaigo.insurance.ledger.export import entries

DONE, FAILED, REFUSED = 0, 3, 4
# Every try leaves its run and its events, also one that was broken off; every try that ends moves where it has read to.
BESIDE = ("jobs_", "audit_")
HISTORY, UNTOLD = "records_work_history", "starts_with(\"table\", 'jobs_') OR \"table\" = 'records_watermark'"


class Work(NamedTuple):
    """A job or an act that books. again: what a second try of it may end in once it is done."""

    name: str
    do: Callable[[], object]
    again: tuple[int, ...]


def job(name: str, day: date, again: tuple[int, ...] = (DONE,)) -> Work:
    """A job on its business date; it finds nothing more to do when it is done."""
    return Work(name, lambda: run(Context("job:test", "collection", day), name), again)


def act(name: str, ctx: Context, do: Callable[[Context], object]) -> Work:
    """What somebody does on a page, in a transaction as every page has; done once, it is refused."""

    def work() -> None:
        with acting(ctx):
            do(ctx)

    return Work(name, work, (REFUSED,))


def kill_worker() -> None:
    """The worker is gone at once: nothing is closed, nothing rolled back by itself."""
    os.kill(os.getpid(), signal.SIGKILL)


def kill_server(data: Path) -> None:
    """PostgreSQL is gone at once; its processes follow their parent."""
    os.kill(int((data / "postmaster.pid").read_text().split("\n", 1)[0]), signal.SIGKILL)
    time.sleep(0.3)


def ends(database: str, work: Work, at: int = 0, how=kill_worker, count: list | None = None) -> int:
    """Do the work on a database; at its `at`-th boundary (0 = never) `how` happens. Returns the end of the process: DONE,
    FAILED, REFUSED, or −SIGKILL. count: gets how many boundaries it has, when it ended well."""
    connections.close_all()
    told, tell = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(told)
        _child(database, work, at, how, tell)
    os.close(tell)
    with os.fdopen(told) as back:
        text = back.read()
    _, status = os.waitpid(child, 0)
    if count is not None and text:
        count.append(int(text))
    return os.waitstatus_to_exitcode(status)


def begin(database: str, work: Work) -> int:
    """The same without a boundary to die at; returns the process, which the caller kills and waits for."""
    connections.close_all()
    child = os.fork()
    if child == 0:
        _child(database, work, 0, kill_worker, None)
    return child


def _child(database: str, work: Work, at: int, how, tell: int | None) -> None:
    ended = FAILED
    try:
        connection.settings_dict["NAME"] = database
        with _boundaries(at, how) as passed:
            work.do()
        ended = DONE
        if tell is not None:
            os.write(tell, str(passed[0]).encode())
    except Refused:
        ended = REFUSED
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(ended)


@contextmanager
def _boundaries(at: int, how) -> Iterator[list[int]]:
    """Before every statement, every COPY and every COMMIT there is a boundary; `how` happens at the `at`-th. Yields the
    count. Nothing is put back: the process ends."""
    passed = [0]

    def boundary() -> None:
        passed[0] += 1
        if passed[0] == at:
            how()

    def statement(execute, sql, params, many, context):
        boundary()
        return execute(sql, params, many, context)

    copy, commit = psycopg.Cursor.copy, connection._commit

    def copying(cursor, *given, **more):
        boundary()
        return copy(cursor, *given, **more)

    def committing():
        boundary()
        return commit()

    psycopg.Cursor.copy = copying
    connection._commit = committing
    with connection.execute_wrapper(statement):
        yield passed


class Kept(NamedTuple):
    """What a second try must leave again: the ledger to the byte (`kaigo ledger export --repeated`), and as many rows of
    every table, so that no decision stands without its entries or twice."""

    ledger: bytes
    counts: dict[str, int]

    def differs(self, other: Kept) -> dict[str, tuple[int, int]]:
        """What is not as in the other: a table with its two counts, `ledger` with the lines that one has alone."""
        found = {name: (self.counts[name], other.counts[name]) for name in self.counts}
        ours, theirs = set(self.ledger.splitlines()), set(other.ledger.splitlines())
        found["ledger"] = len(ours - theirs), len(theirs - ours)
        same = {name for name, (one, two) in found.items() if one == two and (name != "ledger" or not one)}
        return {name: pair for name, pair in found.items() if name not in same}


def kept(database: str) -> Kept:
    """Of a database. Row numbers are no part of it: what was broken off has used some up."""
    with on_database(database):
        out = io.BytesIO()
        ctx = Context("job:test", "collection", date(2026, 4, 1))
        with acting(ctx):
            entries(ctx, out.write, repeated=True)
        tables = rows(
            "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace "
            "AND has_table_privilege(oid, 'SELECT') ORDER BY 1"
        )
        names = [name for (name,) in tables if not name.startswith(BESIDE) and name != HISTORY]
        counted = rows(
            f"SELECT '{HISTORY}', count(*) FROM {HISTORY} WHERE NOT ({UNTOLD})"
            + "".join(f" UNION ALL SELECT '{name}', count(*) FROM \"{name}\"" for name in names)
        )
    return Kept(out.getvalue(), dict(counted))


@contextmanager
def on_database(name: str) -> Iterator[None]:
    """What is done here is done in this database; nobody stays connected to it."""
    before = connection.settings_dict["NAME"]
    connections.close_all()
    connection.settings_dict["NAME"] = name
    try:
        yield
    finally:
        connections.close_all()
        connection.settings_dict["NAME"] = before
