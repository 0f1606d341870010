"""The one way into the ledger. Everything in the caller's transaction: a source books all its entries or none.

Whoever books twice from one source meets the unique key; whoever books into a closed year meets the database. Whoever
lets money out stops everybody else for a moment (`alone`): nothing is booked between his last look and his entries.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from django.db import OperationalError, connection, transaction

from kaigo.base.records.bulk import copy_lines, copy_rows
from kaigo.base.records.context import Context
from kaigo.base.records.refusal import Refused
from kaigo.base.records.rows import rows
from kaigo.insurance.ledger.closed import LOCK
from kaigo.insurance.ledger.sorts import SORTS
from kaigo.law.dates import fiscal_year as fiscal_year_of

TABLE = "ledger_entry"
COLUMNS = (
    "person_id", "source", "key", "yen", "fiscal_year", "accounting_year", "sort", "way", "number", "reason",
    "business_date", "actor",
)  # fmt: skip


class Line(NamedTuple):
    """One entry to book. key: of the source, once for ever; the rest as LedgerEntry."""

    person: int
    source: str
    key: str
    yen: int
    fiscal_year: int
    accounting_year: int
    sort: str
    way: str
    number: int
    reason: str


def post(ctx: Context, lines: Iterable[Line]) -> int:
    """Book entries on ctx.on; returns how many. ValueError for an unknown sort or no yen.

    Offsets of one source must be zero together, or nothing is booked.
    """
    found = list(lines)
    offset: dict[str, int] = {}
    for line in found:
        if line.sort not in SORTS or not line.yen:
            raise ValueError(f"no entry: {line.sort} {line.yen}")
        if line.sort == "offset":
            offset[line.source] = offset.get(line.source, 0) + line.yen
    if any(offset.values()):
        raise ValueError("offsets that are not zero together")
    return copy_rows(TABLE, COLUMNS, ((*line, ctx.on, ctx.actor) for line in found))


def reversed_line(line: Line, accounting_year: int, reason: str) -> Line:
    """The entry that takes one back: same term, opposite sign, a key of its own."""
    return line._replace(
        accounting_year=accounting_year, yen=-line.yen, reason=reason, key=f"{line.key}:reversed"
    )


def post_text(lines: Iterable[str]) -> int:
    """Book lines in PostgreSQL's text format, in the order of COLUMNS: for a whole ward at once."""
    return copy_lines(TABLE, COLUMNS, lines)


def post_from(query: str, params: dict, once: bool = False) -> int:
    """Book the rows of a query (COLUMNS in their order); returns how many. once: what is booked already is left out."""
    again = " ON CONFLICT (key) DO NOTHING" if once else ""
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {TABLE} ({', '.join(COLUMNS)}) {query}{again}", params)
        return cursor.rowcount


def levied_in(fiscal_year: int, on: date) -> int:
    """The accounting year of a levy: that of the day; before its year has begun, its own."""
    return max(fiscal_year, fiscal_year_of(on))


PATIENCE = "5s"  # for what clerks book; a job that posts a file takes longer


def alone() -> None:
    """Until the end of the transaction nobody else books (they share the lock in closed.py), and every later query sees
    what all others have booked.

    Refused when somebody (a job that posts a file) is still booking after PATIENCE: whoever books next must not wait for
    it behind us.
    """
    try:
        with transaction.atomic():
            rows("SELECT set_config('lock_timeout', %s, true)", [PATIENCE])
            rows(f"SELECT pg_advisory_xact_lock({LOCK})::text")
            rows("SELECT set_config('lock_timeout', '0', true)")
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", "") != "55P03":
            raise
        raise Refused(
            "いま台帳への記帳(収納の取込みなど)が進んでいます。何も変えていません。終わってから、もう一度行ってください。"
        ) from error
