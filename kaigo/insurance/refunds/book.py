"""What decisions write into the ledger: offsets when they are approved, refunds and interest when they left, and what a
returned transfer takes back. Yen; `refund:<proposal>` is the source of all of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from kaigo.base.records.context import Context
from kaigo.base.records.rows import rows
from kaigo.insurance.ledger import read as ledger
from kaigo.insurance.ledger.post import Line as Entry
from kaigo.insurance.ledger.post import post, reversed_line
from kaigo.insurance.refunds.gather import SOURCE
from kaigo.insurance.refunds.judge import known
from kaigo.insurance.refunds.models import Line, Proposal, Use
from kaigo.law.accounting import ReceiptFacts, Refund, RefundFacts
from kaigo.law.accounting import receipt as receipt_year
from kaigo.law.accounting import refund as refund_year
from kaigo.law.dates import fiscal_year
from kaigo.law.values import Values, load


def offsets(ctx: Context, insurer: str, row: Proposal) -> int:
    """充当: out of the overpaid terms, into the open ones, together zero. Returns how many entries."""
    values = load().values(insurer, ctx.on)
    out = [
        _entry(
            row, f"offset:{line.id}", -line.offset_yen, line,
            (way := _way(line.booked_year, ctx.on, values)).year, "offset", way.way,
        )
        for line in row.lines.order_by("id")
        if line.offset_yen
    ]  # fmt: skip
    into = [
        _entry(
            row, f"use:{use.id}", use.yen, use,
            known(receipt_year(ReceiptFacts(use.levied_year, ctx.on), values)).value.year, "offset", "offset",
        )
        for use in row.uses.order_by("id")
    ]  # fmt: skip
    return post(ctx, [*out, *into]) if out else 0


def sent(ctx: Context, insurer: str, proposals: Sequence[Proposal], transfer_on: date) -> int:
    """還付: what left with a transfer of that day, out of this year's income (戻出) or as expenditure (歳出); 還付加算金 is
    always expenditure. Returns how many entries."""
    values = load().values(insurer, ctx.on)
    of = {row.id: row for row in proposals}
    year = fiscal_year(transfer_on)
    entries = []
    for line in Line.objects.filter(proposal_id__in=list(of)).order_by("id"):
        row, way = of[line.proposal_id], _way(line.booked_year, transfer_on, values)
        yen = line.yen - line.offset_yen
        if yen:
            entries.append(_entry(row, f"line:{line.id}", yen, line, way.year, "refund", way.way))
        if line.interest_yen:
            key = f"interest:{line.id}"
            entries.append(_entry(row, key, line.interest_yen, line, year, "interest", "expenditure"))
    return post(ctx, entries)


def returned(ctx: Context, row: Proposal) -> int:
    """振込不能: what left is taken back, in the same accounts while they are open."""
    closed = {year for (year,) in rows(ledger.closings_sql())}
    found = rows(
        "SELECT person_id, source, key, yen, fiscal_year, accounting_year, sort, way, number, reason "
        f"FROM ({ledger.entries_sql()}) e WHERE person_id = %(person)s AND source = %(source)s "
        "AND sort IN ('refund', 'interest') ORDER BY id",
        {"person": row.person_id, "source": f"{SOURCE}{row.id}"},
    )
    entries = [Entry(*line) for line in found]
    now = fiscal_year(ctx.on)
    return post(
        ctx,
        [
            reversed_line(e, now if e.accounting_year in closed else e.accounting_year, "returned")
            for e in entries
        ],
    )


def _way(booked_year: int, on: date, values: Values) -> Refund:
    return known(refund_year(RefundFacts(booked_year, on), values)).value


def _entry(row: Proposal, key: str, yen: int, term: Line | Use, year: int, sort: str, reason: str) -> Entry:
    source = f"{SOURCE}{row.id}"
    return Entry(
        row.person_id,
        source,
        f"{source}:{key}",
        yen,
        term.fiscal_year,
        year,
        sort,
        term.way,
        term.number,
        reason,
    )
