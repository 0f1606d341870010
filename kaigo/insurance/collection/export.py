"""The ledger as JSON lines, streamed: amounts int, days ISO."""

from __future__ import annotations

from collections.abc import Callable

from django.db import connection

from kaigo.base.records.context import Context

# The characters 1 and 2 never occur in JSON text, so that COPY writes the objects as they are.
_COPY = """
COPY (SELECT json_build_object('id', id, 'person', person_id, 'fiscal_year', fiscal_year, 'on', business_date,
                               'booked_at', booked_at, 'sort', sort, 'way', way, 'number', number, 'yen', yen,
                               'reason', reason, 'source', source, 'actor', actor)
      FROM collection_entry WHERE %(year)s::int IS NULL OR fiscal_year = %(year)s::int ORDER BY id)
TO STDOUT (FORMAT csv, QUOTE E'\\x01', DELIMITER E'\\x02')"""


def entries(ctx: Context, write: Callable[[bytes], object], fiscal_year: int | None = None) -> int:
    """Write every entry (of a year), oldest first; returns how many."""
    count = 0
    with connection.cursor() as cursor, cursor.copy(_COPY, {"year": fiscal_year}) as out:
        for part in out:
            data = bytes(part)
            count += data.count(b"\n")
            write(data)
    return count
