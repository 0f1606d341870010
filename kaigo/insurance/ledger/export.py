"""The ledger as JSON lines, streamed: amounts int, days ISO."""

from __future__ import annotations

from collections.abc import Callable

from django.db import connection

from kaigo.base.records.context import Context

# The characters 1 and 2 never occur in JSON text, so that COPY writes the objects as they are.
_COPY = """
COPY (SELECT json_build_object({columns}) FROM ledger_entry
      WHERE %(year)s::int IS NULL OR fiscal_year = %(year)s::int ORDER BY {order})
TO STDOUT (FORMAT csv, QUOTE E'\\x01', DELIMITER E'\\x02')"""

_CONTENT = (
    "'person', person_id, 'fiscal_year', fiscal_year, 'accounting_year', accounting_year, 'on', business_date, "
    "'sort', sort, 'way', way, 'number', number, 'yen', yen, 'reason', reason, 'source', {source}, 'actor', actor"
)
# What a run that was broken off and begun again must repeat to the byte: no moments, and no numbers of rows that it makes
# itself (plan:7, late:7). A line of a file or of the former system has the same name in every run.
_SOURCE = "CASE WHEN source ~ '^(receipt|migration):' THEN source ELSE split_part(source, ':', 1) END"
_REPEATED = {
    "columns": _CONTENT.format(source=_SOURCE),
    "order": f"person_id, fiscal_year, business_date, way, number, sort, {_SOURCE}, reason, yen, id",
}
_KEPT = {
    "columns": "'id', id, 'booked_at', booked_at, " + _CONTENT.format(source="source"),
    "order": "id",
}


def entries(
    ctx: Context, write: Callable[[bytes], object], fiscal_year: int | None = None, repeated: bool = False
) -> int:
    """Write every entry (of a year), oldest first; returns how many. repeated: only what a second run would say again."""
    count = 0
    query = _COPY.format(**(_REPEATED if repeated else _KEPT))
    with connection.cursor() as cursor, cursor.copy(query, {"year": fiscal_year}) as out:
        for part in out:
            data = bytes(part)
            count += data.count(b"\n")
            write(data)
    return count
