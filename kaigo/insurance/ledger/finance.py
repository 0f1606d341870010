"""The accounting file to the finance system (財務会計): 調定, 収入, 戻出 and 歳出還付 by day, year of the accounts and account.

Every entry goes once: a file holds the transactions from where the last one ended to where every transaction had ended when
it was asked for. What was handed over is kept line by line, so that all files together can be held against the ledger.
Not in it, because no account is agreed: 不納欠損, 延滞金, 還付加算金 (`left_out` tells them). What the former system handed over
(reason `opening`) stands in the accounts already.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from kaigo.base.records.bulk import copy_rows
from kaigo.base.records.context import Context
from kaigo.base.records.refusal import Refused
from kaigo.base.records.rows import rows
from kaigo.base.records.watermarks import NEW, Span
from kaigo.insurance.ledger.models import FinanceFile, FinanceLine
from kaigo.insurance.ledger.sorts import LEVIES, PAID, PAID_BACK, quoted
from kaigo.layouts.agreed import NotAgreed, account
from kaigo.layouts.reader import read
from kaigo.layouts.writer import DoesNotFit, write_csv

LAYOUT = "finance.entries"
KINDS = {"1": "調定", "2": "収入", "3": "戻出", "4": "歳出還付"}
LEFT_OUT = ("write_off", "late_levy", "late_receipt", "late_refund", "interest")

# What goes back, to the payer or to another term, says in its reason whether it is paid from this year's income or as
# expenditure (自治令165条の7・165条の8); an offset takes it off the term, so that its yen are below zero.
_SPENT = "reason = 'expenditure'"
_KIND = (
    f"CASE WHEN sort IN ({quoted(LEVIES)}) THEN '1' WHEN sort IN ({PAID}, {PAID_BACK}) AND {_SPENT} THEN '4' "
    f"WHEN sort IN ({PAID}) THEN '2' WHEN sort IN ({PAID_BACK}) THEN '3' END"
)
_YEN = f"sum(CASE WHEN sort IN ({PAID}) AND {_SPENT} THEN -yen ELSE yen END)::bigint"
_LINES = f"""
SELECT {_KIND} AS kind, business_date, accounting_year,
       CASE WHEN fiscal_year < accounting_year OR {_KIND} = '4' THEN '2' ELSE '1' END AS arrears,
       CASE way WHEN 'deduction' THEN '1' ELSE '2' END AS way, count(*) AS count, {_YEN} AS yen
FROM ledger_entry WHERE {_KIND} IS NOT NULL AND reason <> 'opening' AND {NEW}
GROUP BY 1, 2, 3, 4, 5 ORDER BY 2, 3, 1, 4, 5"""


class Line(NamedTuple):
    """A line of the file. arrears: 1 現年度分, 2 滞納繰越分; way: 1 特別徴収, 2 普通徴収; yen may be negative (a levy that is taken
    back)."""

    kind: str
    day: date
    accounting_year: int
    arrears: str
    way: str
    count: int
    yen: int


class Prepared(NamedTuple):
    """content: the file; lines in its order; first: the number of its first line."""

    content: bytes
    lines: list[Line]
    span: Span
    first: int


def waiting() -> Span:
    """From where the last file ended to where all transactions have ended by now."""
    ((upto,),) = rows("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
    return Span(_ended(), upto)


def _ended() -> int:
    last = FinanceFile.objects.order_by("-id").first()
    return last.upto if last else 0


def gather(ctx: Context, span: Span) -> list[Line]:
    """The entries of a span by day, accounting year, kind, 現年・滞繰 and way."""
    return [Line(*row) for row in rows(_LINES, _spanned(span))]


def _spanned(span: Span) -> dict[str, str]:
    return {"after": str(span.after), "upto": str(span.upto)}


def prepare(ctx: Context, insurer: str, upto: int, made_on: date) -> Prepared:
    """The file of everything not handed over yet, up to a transaction. Refused: nothing to hand over, an account that is not
    agreed, a value that does not fit the layout."""
    span = Span(_ended(), upto)
    lines = gather(ctx, span)
    if not lines:
        raise Refused(
            "財務会計へ渡す記帳がありません。前のファイルの後に記帳されたものがあるかを、帳簿で確かめてください。"
        )
    last = FinanceFile.objects.order_by("-id").first()
    first = last.last_number + 1 if last else 1
    try:
        content = write_csv(
            LAYOUT, insurer, made_on, FinanceFile.objects.count() + 1, "changes",
            (_row(insurer, number, line) for number, line in enumerate(lines, first)),
        )  # fmt: skip
    except (NotAgreed, DoesNotFit) as wrong:
        raise Refused(str(wrong)) from wrong
    return Prepared(content, lines, span, first)


def _row(insurer: str, number: int, line: Line) -> dict[str, str]:
    of = account(line.kind, line.arrears, line.way, insurer, line.day)
    return {
        "number": f"{number:012}", "kind": line.kind, "kan": of.kan, "kou": of.kou, "moku": of.moku, "setsu": of.setsu,
        "day": f"{line.day:%Y%m%d}", "accounting_year": str(line.accounting_year), "arrears": line.arrears, "way": line.way,
        "count": str(line.count), "entry_yen": str(line.yen),
    }  # fmt: skip


class Sum(NamedTuple):
    """Of one accounting year and kind: how many entries and yen."""

    accounting_year: int
    kind: str
    count: int
    yen: int


def differences(ctx: Context, insurer: str, made: Prepared) -> list[tuple[Sum, Sum]]:
    """The bytes are read back: with all files before it, the file must say what the ledger says up to its end, by accounting
    year and kind. Returns (ledger, files) where they differ; empty = to the yen. Refused when it cannot be read."""
    told = _sums(
        rows(
            "SELECT accounting_year, kind, sum(count)::bigint, sum(yen)::bigint FROM ledger_finance_line GROUP BY 1, 2"
        )
    )
    reading = read(made.content, LAYOUT, insurer=insurer)
    for why in (*(p.message for p in reading.problems), *(e.message for e in reading.refused)):
        raise Refused(f"財務会計へのファイルを様式で読み返せません: {why}")
    for row in reading.rows.iter_rows(named=True):
        key = int(row["accounting_year"]), row["kind"]
        before = told.get(key, Sum(*key, 0, 0))
        told[key] = before._replace(
            count=before.count + int(row["count"]), yen=before.yen + int(row["entry_yen"])
        )
    booked = _sums(
        rows(
            f"SELECT accounting_year, {_KIND}, count(*), {_YEN} FROM ledger_entry WHERE {_KIND} IS NOT NULL "
            f"AND reason <> 'opening' AND {NEW} GROUP BY 1, 2",
            _spanned(Span(0, made.span.upto)),
        )
    )
    nothing = {key: Sum(*key, 0, 0) for key in told.keys() | booked.keys()}
    found = [(booked.get(key, none), told.get(key, none)) for key, none in sorted(nothing.items())]
    return [pair for pair in found if pair[0] != pair[1]]


def _sums(found: Sequence[tuple]) -> dict[tuple[int, str], Sum]:
    return {(row[0], row[1]): Sum(*row) for row in found}


def left_out(ctx: Context, span: Span) -> dict[str, int]:
    """sort → yen of what a span has besides: no account is agreed for it."""
    return dict(
        rows(
            f"SELECT sort, sum(yen)::bigint FROM ledger_entry WHERE sort = ANY(%(sorts)s::text[]) "
            f"AND reason <> 'opening' AND {NEW} GROUP BY sort ORDER BY sort",
            _spanned(span) | {"sorts": list(LEFT_OUT)},
        )
    )


def note_sent(ctx: Context, file: int, made: Prepared) -> None:
    """What went out in a file. Refused when another one went out since it was prepared: nothing goes twice."""
    rows("SELECT pg_advisory_xact_lock(hashtext('ledger.finance'))::text")
    if _ended() != made.span.after:
        raise Refused(
            "この間に、財務会計へのファイルがほかに出ています。取りやめて、依頼からやり直してください。"
        )
    kept = FinanceFile.objects.create(
        file=file, after=made.span.after, upto=made.span.upto, last_number=made.first + len(made.lines) - 1
    )
    copy_rows(
        FinanceLine._meta.db_table,
        ("sent_id", "number", "kind", "day", "accounting_year", "arrears", "way", "count", "yen"),
        ((kept.id, number, *line) for number, line in enumerate(made.lines, made.first)),
    )
