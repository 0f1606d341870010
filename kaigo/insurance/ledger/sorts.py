"""What an entry can be: the two accounts between which it moves its yen, so that every entry balances by itself.

A positive amount goes to `debit` and comes from `credit`; a negative one the other way. `owed` and `paid` say what it
does to the balance of a term: owed − paid is what is open, below zero what was paid too much.
"""

from __future__ import annotations

from typing import NamedTuple

ACCOUNTS = {
    "receivable": "収入未済",
    "revenue": "調定",
    "cash": "収納金",
    "loss": "不納欠損",
    "late": "延滞金の収入未済",
    "late_revenue": "延滞金の調定",
    "interest": "還付加算金",
}


class Sort(NamedTuple):
    """label: as clerks say it. owed, paid: 1, 0 or −1."""

    label: str
    debit: str
    credit: str
    owed: int = 0
    paid: int = 0


SORTS = {
    "levy": Sort("調定", "receivable", "revenue", owed=1),
    "adjust": Sort("調定の変更", "receivable", "revenue", owed=1),
    "remission": Sort("減免", "receivable", "revenue", owed=1),
    "write_off": Sort("不納欠損", "receivable", "loss", owed=1),
    "receipt": Sort("収納", "cash", "receivable", paid=1),
    "refund": Sort("還付", "receivable", "cash", paid=-1),
    # From one term to another: two entries of one source, together zero.
    "offset": Sort("充当", "receivable", "receivable", paid=1),
    # 延滞金 are owed and paid beside the premium: they never touch its balance.
    "late_levy": Sort("延滞金の調定", "late", "late_revenue"),
    "late_receipt": Sort("延滞金の収納", "cash", "late"),
    "late_refund": Sort("延滞金の還付", "late", "cash"),
    "interest": Sort("還付加算金の支払", "interest", "cash"),
}
LEVIES = tuple(name for name, sort in SORTS.items() if sort.credit == "revenue")


def quoted(names) -> str:
    """SQL: a list of sorts."""
    return ", ".join(f"'{name}'" for name in names)


OWED = quoted(name for name, sort in SORTS.items() if sort.owed)
PAID = quoted(name for name, sort in SORTS.items() if sort.paid > 0)
PAID_BACK = quoted(name for name, sort in SORTS.items() if sort.paid < 0)
# SQL over the columns sort and yen of one entry.
BALANCE = f"CASE WHEN sort IN ({OWED}, {PAID_BACK}) THEN yen WHEN sort IN ({PAID}) THEN -yen ELSE 0 END"
# SQL: what was levied (after remission), came in, went back, was written off, of the entries of a group.
MOVED = (
    f"coalesce(sum(yen) FILTER (WHERE sort IN ({quoted(LEVIES)})), 0)::bigint AS levied, "
    f"coalesce(sum(yen) FILTER (WHERE sort IN ({PAID})), 0)::bigint AS received, "
    f"coalesce(sum(yen) FILTER (WHERE sort IN ({PAID_BACK})), 0)::bigint AS refunded, "
    "-coalesce(sum(yen) FILTER (WHERE sort = 'write_off'), 0)::bigint AS written_off"
)
# SQL: of terms with their balance, what is open and what was paid too much.
LEFT = (
    "coalesce(sum(balance) FILTER (WHERE balance > 0), 0)::bigint AS open_yen, "
    "-coalesce(sum(balance) FILTER (WHERE balance < 0), 0)::bigint AS overpaid"
)


def kind_sql(way: str = "way") -> str:
    """SQL: deduction | direct. A term whose way changed (the debit bounced, a slip was sent) stays one term."""
    return f"CASE {way} WHEN 'deduction' THEN 'deduction' ELSE 'direct' END"


KIND = kind_sql()
