"""Two at once with real commits: one holds his transaction open, the other waits for it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

from django.db import connections

from kaigo.base.records.context import Context, acting
from kaigo.base.records.rows import rows


def beside(work: Callable[[], object]) -> Future:
    """Work in a thread with a connection of its own."""

    def ran():
        try:
            return work()
        finally:
            connections.close_all()

    return ThreadPoolExecutor(1).submit(ran)


def waits(future: Future) -> bool:
    """Whether it comes to wait for somebody's lock, within a time that a busy machine keeps too."""
    blocked = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    until = time.monotonic() + 30
    while not future.done() and time.monotonic() < until:
        if rows(blocked)[0][0]:
            return True
        time.sleep(0.05)
    return False


def held(ctx: Context, act: Callable[[], object]) -> tuple[threading.Event, Future]:
    """An act that is done, in a transaction that stays open until the event is set."""
    done, go = threading.Event(), threading.Event()

    def work():
        with acting(ctx):
            found = act()
            done.set()
            assert go.wait(30)
            return found

    future = beside(work)
    assert done.wait(30)
    return go, future
