"""The books (日計・月計・年計) from the entries: what a page shows, in yen. Nothing is kept here; sums are of the ledger itself."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from kaigo.base.records.context import Context
from kaigo.base.records.rows import rows
from kaigo.insurance.ledger.read import Day, terms_sql, totals
from kaigo.insurance.ledger.sorts import LEFT, MOVED, SORTS, kind_sql

# What a line of the books adds up: these sorts in this order, as clerks read them.
COLUMNS = {
    "levied": ("levy", "adjust", "remission"),
    "received": ("receipt", "offset"),
    "refunded": ("refund",),
    "written_off": ("write_off",),
}
NAMES = {"levied": "調定", "received": "収納", "refunded": "還付", "written_off": "不納欠損"}
# Money beside the premium.
BESIDE = ("late_levy", "late_receipt", "late_refund", "interest")


class Sums(NamedTuple):
    """yen of a day, a month, a part of a year. levied after remission; written_off positive."""

    levied: int = 0
    received: int = 0
    refunded: int = 0
    written_off: int = 0

    @property
    def kept(self) -> int:
        """What came in less what went back."""
        return self.received - self.refunded


def sums(lines: Iterable[Day]) -> Sums:
    """Of lines of the totals."""
    found = dict.fromkeys(COLUMNS, 0)
    for line in lines:
        for name, sorts in COLUMNS.items():
            if line.sort in sorts:
                found[name] += -line.yen if name == "written_off" else line.yen
    return Sums(**found)


class DayOfMonth(NamedTuple):
    """A day on which something was booked."""

    on: date
    count: int
    sums: Sums


class Month(NamedTuple):
    """A month: its days, its sums, what came in by channel (the reason of a receipt), and by sort and way."""

    days: tuple[DayOfMonth, ...]
    sums: Sums
    channels: tuple[tuple[str, int, int], ...]
    sorts: tuple[tuple[str, str, int, int], ...]


def month(ctx: Context, begin: date, end: date) -> Month:
    """What was booked on [begin, end)."""
    lines = totals(ctx, begin, end)
    by_day: dict[date, list[Day]] = defaultdict(list)
    channels: dict[str, list[Day]] = defaultdict(list)
    sorts: dict[tuple[str, str], list[Day]] = defaultdict(list)
    for line in lines:
        by_day[line.on].append(line)
        sorts[line.sort, line.way].append(line)
        if line.sort == "receipt":
            channels[line.reason].append(line)
    order = list(SORTS)
    return Month(
        tuple(DayOfMonth(on, sum(each.count for each in found), sums(found)) for on, found in sorted(by_day.items())),
        sums(lines),
        tuple((name, *_counted(found)) for name, found in sorted(channels.items(), key=lambda c: -_counted(c[1])[1])),
        tuple(
            (sort, way, *_counted(found))
            for (sort, way), found in sorted(sorts.items(), key=lambda s: (order.index(s[0][0]), s[0][1]))
        ),
    )  # fmt: skip


def _counted(lines: Iterable[Day]) -> tuple[int, int]:
    found = list(lines)
    return sum(line.count for line in found), sum(line.yen for line in found)


def beside(ctx: Context, day: date) -> tuple[date | None, date | None]:
    """The days before and after this one on which something was booked."""
    ((before, after),) = rows(
        "SELECT (SELECT max(business_date) FROM ledger_entry WHERE business_date < %(day)s), "
        "(SELECT min(business_date) FROM ledger_entry WHERE business_date > %(day)s)",
        {"day": day},
    )
    return before, after


class Part(NamedTuple):
    """A part of an accounting year's accounts: the year's own premiums or those of the years before (carried), deducted or
    paid directly. begun: open less overpaid when the year began; open_yen, overpaid as they stand at its end or now.

    begun + levied − kept − written_off = open_yen − overpaid.
    """

    carried: bool
    kind: str
    begun: int
    sums: Sums
    open_yen: int
    overpaid: int

    @property
    def to_collect(self) -> int:
        """What the year had to collect: carried over and levied."""
        return self.begun + self.sums.levied

    @property
    def collected(self) -> int:
        """What came in of it: less what went back and what is still to go back (還付未済)."""
        return self.sums.kept - self.overpaid


_YEAR = f"""
WITH movements AS (
  SELECT fiscal_year < %(year)s AS carried, {kind_sql()} AS kind, {MOVED}
  FROM ledger_entry WHERE accounting_year = %(year)s {{known}} GROUP BY 1, 2),
begun AS (SELECT fiscal_year < %(year)s AS carried, kind, sum(balance) AS net FROM ({{before}}) t GROUP BY 1, 2),
ended AS (SELECT fiscal_year < %(year)s AS carried, kind, {LEFT} FROM ({{until}}) t GROUP BY 1, 2)
SELECT carried, kind, coalesce(net, 0)::bigint, coalesce(levied, 0)::bigint, coalesce(received, 0)::bigint,
       coalesce(refunded, 0)::bigint, coalesce(written_off, 0)::bigint, coalesce(open_yen, 0)::bigint,
       coalesce(overpaid, 0)::bigint
FROM movements FULL JOIN begun USING (carried, kind) FULL JOIN ended USING (carried, kind) ORDER BY carried, kind"""


def year(ctx: Context, accounting_year: int) -> list[Part]:
    """The accounting year (決算): the year's own premiums first (deduction, direct), then what was carried over."""
    known = "" if ctx.known_at is None else "AND booked_at <= %(known_at)s"
    query = _YEAR.format(
        known=known,
        before=terms_sql(ctx, "accounting_year < %(year)s"),
        until=terms_sql(ctx, "accounting_year <= %(year)s"),
    )
    return [
        Part(carried, kind, begun, Sums(*moved), open_yen, overpaid)
        for carried, kind, begun, *moved, open_yen, overpaid in rows(
            query, {"year": accounting_year, "known_at": ctx.known_at}
        )
    ]


def together(parts: Iterable[Part]) -> Part:
    """The sum of parts."""
    found = list(parts)
    moved = Sums(*(sum(getattr(part.sums, name) for part in found) for name in Sums._fields))
    return Part(
        False, "", sum(p.begun for p in found), moved, sum(p.open_yen for p in found), sum(p.overpaid for p in found)
    )  # fmt: skip


def accounting_years(ctx: Context) -> list[int]:
    """Years in whose accounts something stands, the newest first."""
    return [
        found
        for (found,) in rows(
            "SELECT DISTINCT accounting_year FROM ledger_entry ORDER BY accounting_year DESC", {}
        )
    ]


def rate(kept: int, to_collect: int) -> str:
    """収納率 in per cent with one decimal, cut off; "" when there is nothing to collect."""
    if to_collect <= 0 or kept < 0:
        return ""
    tenths = kept * 1000 // to_collect
    return f"{tenths // 10}.{tenths % 10}"
