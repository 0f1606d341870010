"""What other rooms and the screens read of receipts. Amounts in yen."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from kaigo.base.records.context import Context
from kaigo.base.records.rows import rows
from kaigo.insurance.ledger import read as ledger
from kaigo.insurance.receipts.channels import LABELS
from kaigo.insurance.receipts.debits import CODES
from kaigo.insurance.receipts.unknown import count as unknown_count

__all__ = ["CODES", "LABELS", "unknown_count"]

# Whom an address is about (base/desk/things.py). A payment of nobody is about nobody until a ruling names somebody.
SUBJECTS = {
    "receipt": "SELECT person FROM (SELECT coalesce((SELECT person_id FROM receipts_ruling WHERE receipt_id = r.id "
    "ORDER BY id DESC LIMIT 1), r.person_id) AS person FROM receipts_receipt r WHERE r.id = %s) x "
    "WHERE person IS NOT NULL",
}


def reported_sql() -> str:
    """Relation (person_id, fiscal_year, number, yen): 速報 of directly paid terms whose 確報 has not come, not taken back."""
    return """
        SELECT person_id, fiscal_year, number, sum(yen)::int AS yen FROM (
            SELECT e.person_id, e.fiscal_year, e.number, sum(CASE e.stage WHEN 'preliminary' THEN e.yen ELSE -e.yen END)
                   - coalesce((SELECT sum(f.yen) FROM receipts_receipt f WHERE f.person_id = e.person_id
                       AND f.fiscal_year = e.fiscal_year AND f.stage = 'final' AND f.channel = e.channel
                       AND f.reference = e.reference), 0) AS yen
            FROM receipts_receipt e
            WHERE e.stage <> 'final' AND e.person_id IS NOT NULL AND e.way <> 'deduction'
            GROUP BY e.person_id, e.fiscal_year, e.number, e.channel, e.reference) waiting
        WHERE yen > 0 GROUP BY person_id, fiscal_year, number"""


def reported_yen(ctx: Context, person: int) -> int:
    """Yen of a person's 速報 whose 確報 has not come."""
    return rows(
        f"SELECT coalesce(sum(yen), 0)::int FROM ({reported_sql()}) r WHERE person_id = %(person)s",
        {"person": person},
    )[0][0]


def unanswered_sql() -> str:
    """Relation (person_id, fiscal_year, number, debit_on): terms that a bank was asked to debit and did not answer yet."""
    return """
        SELECT r.person_id, r.fiscal_year, r.number, max(r.debit_on) AS debit_on FROM receipts_debit_request r
        WHERE NOT EXISTS (SELECT 1 FROM receipts_debit_result a WHERE a.request_id = r.id)
        GROUP BY r.person_id, r.fiscal_year, r.number"""


def payments_sql() -> str:
    """Relation (person_id, fiscal_year, kind, number, way, sort, source, channel, paid_on, yen): every movement of money on a term.

    paid_on: the day on which the payer paid (the entry's own where no receipt is behind it); yen: signed, what went
    back is below zero. kind: deduction | direct; sort: receipt | offset | refund.
    """
    return f"""
        SELECT e.person_id, e.fiscal_year, {ledger.kind_sql("e.way")} AS kind, e.number, e.way, e.sort, e.source,
               coalesce(r.channel, '') AS channel, coalesce(r.paid_on, e.business_date) AS paid_on,
               CASE WHEN e.sort IN ({ledger.PAID_BACK}) THEN -e.yen ELSE e.yen END AS yen
        FROM ({ledger.entries_sql()}) e LEFT JOIN receipts_receipt r ON r.source = e.source AND e.sort = 'receipt'
        WHERE e.sort IN ({ledger.PAID}, {ledger.PAID_BACK})"""


def paid_on_sql() -> str:
    """Relation (source, paid_on): on which day the payer paid what the ledger booked when it became the ward's."""
    return "SELECT source, paid_on FROM receipts_receipt WHERE stage = 'final'"


def bounced_sql() -> str:
    """Relation (person_id, fiscal_year, number, debit_on, code, yen) of debits that the bank could not make."""
    return (
        "SELECT q.person_id, q.fiscal_year, q.number, q.debit_on, a.code, q.yen FROM receipts_debit_result a "
        "JOIN receipts_debit_request q ON q.id = a.request_id WHERE a.code <> '0'"
    )


class Line(NamedTuple):
    """A payment of a person. ruled: whether a clerk decided whose it is."""

    id: int
    channel: str
    stage: str
    fiscal_year: int | None
    way: str
    number: int | None
    yen: int
    paid_on: date
    settled_on: date
    ruled: bool

    @property
    def label(self) -> str:
        """By what way, in words."""
        return LABELS[self.channel]


_MINE = """
SELECT r.id, r.channel, r.stage, coalesce(u.fiscal_year, r.fiscal_year), coalesce(nullif(u.way, ''), r.way),
       coalesce(u.number, r.number), r.yen, r.paid_on, r.settled_on, u.id IS NOT NULL
FROM receipts_receipt r LEFT JOIN receipts_ruling u ON u.receipt_id = r.id
     AND NOT EXISTS (SELECT 1 FROM receipts_ruling n WHERE n.supersedes_id = u.id)
WHERE (r.person_id = %(person)s AND u.id IS NULL) OR u.person_id = %(person)s"""


def of_person(ctx: Context, person: int, limit: int = 50, offset: int = 0) -> list[Line]:
    """A person's payments, the newest first."""
    return [
        Line(*row)
        for row in rows(
            f"{_MINE} ORDER BY r.settled_on DESC, r.id DESC LIMIT %(limit)s OFFSET %(offset)s",
            {"person": person, "limit": limit, "offset": offset},
        )
    ]


def count_of(ctx: Context, person: int) -> int:
    """How many payments a person has."""
    return rows(f"SELECT count(*) FROM ({_MINE}) x", {"person": person})[0][0]


class Day(NamedTuple):
    """What one channel brought on one day (by 収入日). open: payments of nobody among them."""

    on: date
    channel: str
    count: int
    yen: int
    open: int
    open_yen: int

    @property
    def label(self) -> str:
        """By what way, in words."""
        return LABELS[self.channel]


def days(ctx: Context, begin: date, end: date) -> list[Day]:
    """Final receipts of [begin, end) by day and channel."""
    return [
        Day(*row)
        for row in rows(
            "SELECT settled_on, channel, count(*), sum(yen)::bigint, count(*) FILTER (WHERE person_id IS NULL), "
            "coalesce(sum(yen) FILTER (WHERE person_id IS NULL), 0)::bigint FROM receipts_receipt "
            "WHERE stage = 'final' AND settled_on >= %(begin)s AND settled_on < %(end)s GROUP BY 1, 2 ORDER BY 1 DESC, 2",
            {"begin": begin, "end": end},
        )
    ]


class Debit(NamedTuple):
    """A debit day: asked, answered, done and bounced, by bank's code in `codes` ((code, how many), …)."""

    debit_on: date
    asked: int
    asked_yen: int
    done: int
    done_yen: int
    bounced: int
    codes: tuple[tuple[str, int], ...]

    @property
    def waiting(self) -> int:
        """Without an answer yet."""
        return self.asked - self.done - self.bounced


def debit_days(ctx: Context, limit: int = 24) -> list[Debit]:
    """The newest first."""
    found = rows(
        "SELECT q.debit_on, count(*), sum(q.yen)::bigint, count(*) FILTER (WHERE a.code = '0'), "
        "coalesce(sum(q.yen) FILTER (WHERE a.code = '0'), 0)::bigint, count(*) FILTER (WHERE a.code <> '0') "
        "FROM receipts_debit_request q LEFT JOIN receipts_debit_result a ON a.request_id = q.id "
        "GROUP BY 1 ORDER BY 1 DESC LIMIT %(limit)s",
        {"limit": limit},
    )
    codes: dict[date, list[tuple[str, int]]] = {}
    for on, code, count in rows(
        "SELECT q.debit_on, a.code, count(*) FROM receipts_debit_result a JOIN receipts_debit_request q "
        "ON q.id = a.request_id WHERE a.code <> '0' AND q.debit_on = ANY(%(days)s::date[]) GROUP BY 1, 2 ORDER BY 1, 2",
        {"days": [row[0] for row in found]},
    ):
        codes.setdefault(on, []).append((CODES[code], count))
    return [Debit(*row, tuple(codes.get(row[0], ()))) for row in found]
