"""The lines of each channel's files → `receipts_in`. What a file means, and nothing of what becomes of it.

The source of a receipt is its file's digest and its line: the same file again has the same sources, whenever and however
often a run was broken off.
"""

from __future__ import annotations

from collections.abc import Callable

from django.db import connection

from kaigo.base.feeds import read as feeds
from kaigo.base.records.context import Context
from kaigo.base.records.watermarks import NEW, Span
from kaigo.insurance.collection import read as collection
from kaigo.insurance.collection.slips import CHECKED_PART, NAMES, PART
from kaigo.insurance.receipts.channels import CHANNELS
from kaigo.insurance.residents import read as residents

# Of alias l (a line) and d (its file).
_LINES = f"""
FROM (SELECT DISTINCT ON (delivery_id, number) delivery_id, number, values AS v FROM ({feeds.lines_sql()}) f
      WHERE layout = %(layout)s AND {NEW} ORDER BY delivery_id, number, id DESC) l
JOIN ({feeds.deliveries_sql()}) d ON d.id = l.delivery_id"""
_SOURCE = "'receipt:' || left(d.digest, 16) || ':' || l.number"
_INTO = (
    "INSERT INTO receipts_in (delivery, line, source, channel, stage, reference, person_id, fiscal_year, "
    "way, number, yen, paid_on, settled_on, why)"
)
_DAY = "to_date(nullif({0}, ''), 'YYYYMMDD')"


def _at(layout: str) -> dict[str, str]:
    """key of a field → SQL of its value."""
    return {key: f"l.v[{place}]" for key, place in feeds.columns(layout).items()}


def _day(*columns: str) -> str:
    """The first of these days that is there."""
    return "coalesce(" + ", ".join(_DAY.format(f"left({column}, 8)") for column in columns) + ")"


def _slips(
    channel: str, reference: str, stage: str, yen: str, paid: str, settled: str, part: str = PART
) -> str:
    """A slip names a part of a plan; a later plan changes amounts, not whose term it is."""
    named = part.format(reference)
    return (
        f"{_INTO} SELECT l.delivery_id, l.number, {_SOURCE}, '{channel}', {stage}, {reference}, i.person_id, "
        f"i.fiscal_year, i.way, i.number, {yen}::int, {paid}, {settled}, "
        f"CASE WHEN i.id IS NOT NULL THEN '' WHEN {named} IS NULL THEN 'reference' ELSE 'unknown' END {_LINES} "
        f"LEFT JOIN ({collection.parts_sql()}) i ON i.id = {named} AND {NAMES.format(reference, 'i')}"
    )


def _bank_slips(ctx: Context) -> str:
    at = _at(CHANNELS["slip"].layout)
    return _slips(
        "slip", at["slip_number"], "'final'", at["yen"], _day(at["paid_on"]), _day(at["settled_on"])
    )


def _stores(ctx: Context) -> str:
    """Of the barcode (44 digits) those after 91 and the company are free; the slip number fills all but the last."""
    at = _at(CHANNELS["store"].layout)
    stage = f"CASE {at['kind']} WHEN '01' THEN 'preliminary' WHEN '03' THEN 'cancelled' ELSE 'final' END"
    settled = _day(at["settled_on"], at["booked_on"], at["paid_at"])
    return _slips("store", f"substr({at['barcode']}, 9, 20)", stage, at["yen"], _day(at["paid_at"]), settled)


def _payeasy(ctx: Context) -> str:
    at = _at(CHANNELS["payeasy"].layout)
    settled = _day(at["settled_on"], at["paid_at"])
    return _slips(
        "payeasy", at["payment_number"], "'final'", at["yen"], _day(at["paid_at"]), settled, CHECKED_PART
    )


def _welfare(ctx: Context) -> str:
    """The welfare office names the person and the term; what it could not pay brings no money."""
    at = _at(CHANNELS["substitute"].layout)
    paid = f"coalesce({_DAY.format(at['paid_on'])}, d.received_on)"
    return (
        f"{_INTO} SELECT l.delivery_id, l.number, {_SOURCE}, 'substitute', 'final', {at['number']}, a.person_id, "
        f"CASE WHEN a.person_id IS NOT NULL THEN {at['fiscal_year']}::int END, "
        f"'substitute', CASE WHEN a.person_id IS NOT NULL THEN {at['instalment']}::int END, {at['yen']}::int, {paid}, "
        f"{paid}, CASE WHEN a.person_id IS NULL THEN 'person' ELSE '' END {_LINES} "
        f"LEFT JOIN ({residents.addressee_sql()}) a ON a.number = {at['addressee']} WHERE {at['yen']}::int > 0"
    )


# The month of a deduction is the one before the file's; 14 = February of the next year.
_MONTH = "extract(month FROM d.made_on - interval '1 month')::int"


def _pensions(ctx: Context) -> str:
    """特別徴収結果 (22): what was taken from whose pension; the money comes on the 10th after.

    A record names whom its payer was asked for or whose record was matched; else whoever has this 基礎年金番号 alone, as
    the former system's deductions have it before the first list of the payers comes.
    """
    at = _at(CHANNELS["deduction"].layout)
    fiscal_year = "extract(year FROM d.made_on - interval '4 months')::int"
    paid = "(date_trunc('month', d.made_on) - interval '1 month' + interval '14 days')::date"
    settled = "(date_trunc('month', d.made_on) + interval '9 days')::date"
    return (
        f"{_INTO} SELECT l.delivery_id, l.number, {_SOURCE}, 'deduction', 'final', {at['basic_pension_number']}, "
        f"w.person_id, CASE WHEN w.person_id IS NOT NULL THEN {fiscal_year} END, 'deduction', "
        f"CASE WHEN w.person_id IS NOT NULL THEN {_MONTH} + CASE WHEN {_MONTH} < 4 THEN 12 ELSE 0 END END, "
        f"{at['yen1']}::int, {paid}, {settled}, CASE WHEN w.person_id IS NULL THEN 'person' ELSE '' END {_LINES} "
        f"LEFT JOIN ({collection.named_sql()}) p ON p.payer = {at['payer']} "
        f"AND p.basic_pension_number = {at['basic_pension_number']} "
        "LEFT JOIN (SELECT number, min(person_id) AS person_id "
        f"FROM ({residents.pension_number_sql(ctx)}) h GROUP BY number HAVING count(DISTINCT person_id) = 1) n "
        f"ON p.person_id IS NULL AND n.number = {at['basic_pension_number']} "
        "CROSS JOIN LATERAL (SELECT coalesce(p.person_id, n.person_id) AS person_id) w "
        f"WHERE {at['notice']} = '22' AND {at['yen1']}::bigint > 0"
    )


READERS: dict[str, Callable[[Context], str]] = {
    "slip": _bank_slips,
    "store": _stores,
    "payeasy": _payeasy,
    "substitute": _welfare,
    "deduction": _pensions,
}


def stage(ctx: Context, channel: str, span: Span) -> int:
    """Put the new lines of a channel into `receipts_in`; returns how many."""
    with connection.cursor() as cursor:
        cursor.execute(
            READERS[channel](ctx),
            {
                "layout": CHANNELS[channel].layout, "after": str(span.after), "upto": str(span.upto),
                "on": ctx.on, "known_at": ctx.known_at,
            },
        )  # fmt: skip
        return cursor.rowcount
