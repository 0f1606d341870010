"""How a room reads what another room has added since last time.

The position is a transaction id bounded by the oldest transaction still running: ids and clocks alone lose rows
that commit late.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import NamedTuple

from django.db import connection

from kaigo.base.records.models import Watermark


class Span(NamedTuple):
    """Rows with after <= tx < upto are new."""

    after: int
    upto: int


@contextmanager
def reading(reader: str, table: str):
    """Yields the Span of new rows and moves the position when the block ends well. One reader at a time."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"watermark:{reader}:{table}"])
        cursor.execute("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
        upto = cursor.fetchone()[0]
    mark = Watermark.objects.filter(reader=reader, table=table).first()
    span = Span(mark.position if mark else 0, upto)
    yield span
    with connection.cursor() as cursor:
        cursor.execute(
            'INSERT INTO records_watermark (reader, "table", position) VALUES (%s, %s, %s::text::xid8) '
            'ON CONFLICT (reader, "table") DO UPDATE SET position = excluded.position',
            [reader, table, str(span.upto)],
        )


NEW = "tx >= %(after)s::text::xid8 AND tx < %(upto)s::text::xid8"
