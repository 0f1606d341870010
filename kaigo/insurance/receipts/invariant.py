"""Every receipt against the ledger: what is booked from a source is the receipt's yen, or nothing while it is nobody's."""

from __future__ import annotations

from typing import NamedTuple

from kaigo.base.records.context import Context
from kaigo.base.records.rows import rows
from kaigo.insurance.ledger import read as ledger


class Wrong(NamedTuple):
    """A source whose entries are not what its receipt says; yen."""

    source: str
    expected: int
    booked: int


# A receipt is booked when it is final and somebody's: from the start, or by the ruling in force. Its yen may be divided
# between premium and 延滞金; together they are the receipt.
_WRONG = """
WITH r AS (
  SELECT r.source, CASE WHEN r.stage <> 'final' THEN 0 WHEN u.id IS NOT NULL THEN CASE u.what WHEN 'paid' THEN r.yen ELSE 0 END
                        WHEN r.person_id IS NULL THEN 0 ELSE r.yen END AS yen
  FROM receipts_receipt r LEFT JOIN receipts_ruling u ON u.receipt_id = r.id
       AND NOT EXISTS (SELECT 1 FROM receipts_ruling n WHERE n.supersedes_id = u.id)),
e AS (SELECT source, sum(yen)::bigint AS yen FROM ({entries}) x
      WHERE sort IN ('receipt', 'late_receipt') AND (source LIKE 'receipt:%%' OR source LIKE 'counter:%%') GROUP BY source)
SELECT coalesce(r.source, e.source), coalesce(r.yen, 0), coalesce(e.yen, 0) FROM r FULL JOIN e ON e.source = r.source
WHERE coalesce(r.yen, 0) <> coalesce(e.yen, 0) ORDER BY 1 LIMIT 1000"""


def wrong(ctx: Context) -> list[Wrong]:
    """Receipts and entries that differ, the first 1,000. Empty = every yen that is somebody's is booked, and no other."""
    return [Wrong(*row) for row in rows(_WRONG.format(entries=ledger.entries_sql()), {})]


class Sums(NamedTuple):
    """Final receipts in all: booked (somebody's), nobody (waits or goes back), in yen and in number."""

    booked: int
    booked_yen: int
    nobody: int
    nobody_yen: int


def sums(ctx: Context) -> Sums:
    """Of all channels."""
    return Sums(
        *rows(
            "SELECT count(*) FILTER (WHERE paid), coalesce(sum(yen) FILTER (WHERE paid), 0)::bigint, "
            "count(*) FILTER (WHERE NOT paid), coalesce(sum(yen) FILTER (WHERE NOT paid), 0)::bigint FROM ("
            "SELECT r.yen, CASE WHEN u.id IS NULL THEN r.person_id IS NOT NULL ELSE u.what = 'paid' END AS paid "
            "FROM receipts_receipt r LEFT JOIN receipts_ruling u ON u.receipt_id = r.id AND NOT EXISTS "
            "(SELECT 1 FROM receipts_ruling n WHERE n.supersedes_id = u.id) WHERE r.stage = 'final') x",
            {},
        )[0]
    )
