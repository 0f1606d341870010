"""For tests of watermarks: transactions of other tests in the same cluster hold back what a reader may see."""

from __future__ import annotations

import time

from django.db import connection


def wait_for_readers(seconds: float = 60) -> None:
    """Until every transaction that began before now has ended, so that a reader sees all that was committed."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_xact_id()::text::bigint")
        now = cursor.fetchone()[0]
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            cursor.execute("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
            if cursor.fetchone()[0] > now:
                return
            time.sleep(0.02)
    raise AssertionError("a transaction of another test never ended")
