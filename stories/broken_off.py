"""A job broken off: a process that runs one job on one database and dies, or kills the server, at a given statement.

The child is forked, so that a trial costs no start-up; it leaves by os._exit and gives nothing back but its end.
"""

from __future__ import annotations

import io
import os
import signal
import time
from datetime import date
from pathlib import Path

from django.db import connection, connections

from kaigo.base.jobs.run import run
from kaigo.base.records.context import Context, acting
from kaigo.insurance.ledger.export import entries

DONE, FAILED = 0, 3


def kill_worker() -> None:
    """The worker is gone at once: nothing is closed, nothing rolled back by itself."""
    os.kill(os.getpid(), signal.SIGKILL)


def kill_server(data: Path) -> None:
    """PostgreSQL is gone at once; its processes follow their parent."""
    os.kill(int((data / "postmaster.pid").read_text().split("\n", 1)[0]), signal.SIGKILL)
    time.sleep(0.3)


def job(database: str, name: str, day: date, at: int = 0, act=kill_worker, count: list | None = None) -> int:
    """Run a job on a database; at its `at`-th statement (0 = never) `act` happens. Returns the end of the process:
    DONE, FAILED, or −SIGKILL. count: gets how many statements it took, when it ended well."""
    connections.close_all()
    told, tell = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(told)
        _child(database, name, day, at, act, tell)
    os.close(tell)
    with os.fdopen(told) as back:
        text = back.read()
    _, status = os.waitpid(child, 0)
    if count is not None and text:
        count.append(int(text))
    return os.waitstatus_to_exitcode(status)


def begin(database: str, name: str, day: date) -> int:
    """The same without a statement to die at; returns the process, which the caller kills and waits for."""
    connections.close_all()
    child = os.fork()
    if child == 0:
        _child(database, name, day, 0, kill_worker, None)
    return child


def _child(database: str, name: str, day: date, at: int, act, tell: int | None) -> None:
    ended = FAILED
    try:
        ran = 0

        def counting(execute, sql, params, many, context):
            nonlocal ran
            ran += 1
            if ran == at:
                act()
            return execute(sql, params, many, context)

        connection.settings_dict["NAME"] = database
        with connection.execute_wrapper(counting):
            run(Context("job:test", "collection", day), name)
        ended = DONE
        if tell is not None:
            os.write(tell, str(ran).encode())
    finally:
        os._exit(ended)


def ledger_of(database: str) -> bytes:
    """`kaigo ledger export` of a database: what a second run must say again, to the byte."""
    before = connection.settings_dict["NAME"]
    connections.close_all()
    connection.settings_dict["NAME"] = database
    out = io.BytesIO()
    ctx = Context("job:test", "collection", date(2026, 4, 1))
    try:
        with acting(ctx):
            entries(ctx, out.write, repeated=True)
    finally:
        connections.close_all()
        connection.settings_dict["NAME"] = before
    return out.getvalue()
