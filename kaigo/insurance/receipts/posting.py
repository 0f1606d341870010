"""Reported payments → receipts and ledger entries, all of a file in a few statements, in the caller's transaction.

`receipts_in` is filled by readers.py (one line per reported payment). What names a term of somebody is booked; what
does not is kept as a receipt of nobody, with the reason, for a clerk (unknown.py). Nothing is thrown away.
"""

from __future__ import annotations

from django.db import connection

from kaigo.base.audit.seen import saw
from kaigo.base.records.context import Context
from kaigo.base.records.rows import rows
from kaigo.insurance.ledger import read as ledger
from kaigo.insurance.ledger.post import post_from
from kaigo.insurance.receipts.channels import CHANNELS
from kaigo.law.dates import fiscal_year

# person … way are filled by readers that know them; others leave them to the slip.
STAGED = """
CREATE TEMPORARY TABLE receipts_in (
    delivery bigint, line int, source text, channel text, stage text, reference text,
    person_id bigint, fiscal_year int, way text, number int, yen int, paid_on date, settled_on date, why text
) ON COMMIT DROP"""

# Whoever names person and term himself may name one that was never levied: nobody's, until a clerk finds whose it is.
_UNLEVIED = f"""
UPDATE receipts_in r SET why = 'term', person_id = NULL, fiscal_year = NULL, number = NULL
WHERE r.channel IN ('deduction', 'substitute') AND r.person_id IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM ({ledger.entries_sql()}) e WHERE e.person_id = r.person_id AND e.fiscal_year = r.fiscal_year
    AND e.number = r.number AND e.sort IN ('levy', 'adjust') AND (e.way = 'deduction') = (r.way = 'deduction'))"""

# The same slip, day and amount by the same way, booked from another file: it may have been told twice.
_TWICE = """
UPDATE receipts_in r SET why = 'twice', person_id = NULL, fiscal_year = NULL, number = NULL
FROM {told} o WHERE r.stage = 'final' AND r.person_id IS NOT NULL AND o.stage = 'final'
  AND o.person_id = r.person_id AND o.fiscal_year = r.fiscal_year AND o.number = r.number AND o.channel = r.channel
  AND o.reference = r.reference AND o.paid_on = r.paid_on AND o.yen = r.yen{earlier}"""
# Told by a file of an earlier run, or by an earlier file of this one.
_TOLD = (
    _TWICE.format(told="receipts_in", earlier=" AND o.delivery < r.delivery"),
    _TWICE.format(told="receipts_receipt", earlier=""),
)

_KEEP = """
INSERT INTO receipts_receipt (channel, stage, source, delivery, reference, person_id, fiscal_year, way, number, yen,
    paid_on, settled_on, why)
SELECT channel, stage, source, delivery, reference, person_id, fiscal_year, coalesce(way, ''), number, yen, paid_on,
    settled_on, why FROM receipts_in ORDER BY delivery, line"""

# A receipt stands in the accounts of the day on which the money became the ward's; a year that is closed takes no more.
_BOOK = """
SELECT r.person_id, r.source, r.source, r.yen, r.fiscal_year,
       CASE WHEN y.year = ANY(%(closed)s) THEN %(open)s ELSE y.year END,
       'receipt', r.way, r.number, r.channel, r.settled_on, %(actor)s
FROM {incoming} r CROSS JOIN LATERAL ({year}) y
WHERE r.stage = 'final' AND r.person_id IS NOT NULL AND extract(month FROM r.settled_on) {months} (4, 5)
ORDER BY r.delivery, r.line"""
_OF_THE_DAY = "SELECT extract(year FROM r.settled_on - interval '3 months')::int AS year"
# In April and May that is still the year before, for a term that was levied in it (出納整理期間).
_OF_THE_LEVY = f"""
SELECT CASE WHEN min(e.accounting_year) = extract(year FROM r.settled_on) - 1
                 AND min(e.accounting_year) <> ALL(%(closed)s) THEN min(e.accounting_year)
            ELSE extract(year FROM r.settled_on)::int END AS year
FROM ({ledger.entries_sql()}) e WHERE e.person_id = r.person_id AND e.fiscal_year = r.fiscal_year
  AND e.number = r.number AND e.sort IN ('levy', 'adjust') AND (e.way = 'deduction') = (r.way = 'deduction')"""


def begin() -> None:
    """An empty `receipts_in`."""
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS receipts_in")
        cursor.execute(STAGED)


def post(ctx: Context) -> dict[str, int]:
    """Everything in `receipts_in`. Returns counts and yen: lines, booked, booked_yen, open, preliminary."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE receipts_in")
        cursor.execute(_UNLEVIED)
        for told in _TOLD:
            cursor.execute(told)
        cursor.execute(_KEEP)
    book_from(ctx, "receipts_in")
    saw(row[0] for row in rows("SELECT DISTINCT person_id FROM receipts_in WHERE person_id IS NOT NULL"))
    ((lines, booked, yen, waiting, preliminary),) = rows(
        "SELECT count(*), count(*) FILTER (WHERE stage = 'final' AND person_id IS NOT NULL), "
        "coalesce(sum(yen) FILTER (WHERE stage = 'final' AND person_id IS NOT NULL), 0)::bigint, "
        "count(*) FILTER (WHERE person_id IS NULL), count(*) FILTER (WHERE stage <> 'final') FROM receipts_in"
    )
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE receipts_in")
    return {"lines": lines, "booked": booked, "booked_yen": yen, "open": waiting, "preliminary": preliminary}


def book_from(ctx: Context, incoming: str) -> int:
    """Ledger entries for the final receipts of a relation (columns as `receipts_in`); returns how many."""
    closed = [year for (year,) in rows(ledger.closings_sql())]
    params = {"actor": ctx.actor, "open": fiscal_year(ctx.on), "closed": closed}
    spring = _BOOK.format(incoming=incoming, year=_OF_THE_LEVY, months="IN")
    others = _BOOK.format(incoming=incoming, year=_OF_THE_DAY, months="NOT IN")
    return post_from(spring, params) + post_from(others, params)


def way_of(channel: str) -> str:
    """Under which way a receipt of a channel stands when nothing else says it."""
    return CHANNELS[channel].way
