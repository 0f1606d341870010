"""出納閉鎖: an accounting year is closed on 31 May, and what it leaves open goes over into the next (地方自治法235条の5).

Nothing is rewritten for it: a term that is open stays open, and what comes in for it from 1 June on stands in the next
year's accounts as 滞納繰越分. What is kept is how the year stood, so that it can be held against the books for ever.
"""

from __future__ import annotations

from datetime import date

from kaigo.base.records.context import Context
from kaigo.base.records.refusal import Refused
from kaigo.base.records.rows import rows
from kaigo.insurance.ledger.models import Closing
from kaigo.insurance.ledger.post import alone
from kaigo.insurance.ledger.read import terms_sql
from kaigo.insurance.ledger.sorts import LEFT, MOVED

_YEAR = f"SELECT {MOVED} FROM ledger_entry WHERE accounting_year = %(year)s"
# Everything booked into the year and the years before it: what is open at its end.
_OPEN = f"SELECT {LEFT} FROM ({{terms}}) t"


def last_day(accounting_year: int) -> date:
    """The last day on which money may still be booked into an accounting year."""
    return date(accounting_year + 1, 5, 31)


def close(ctx: Context, accounting_year: int) -> Closing:
    """Close a year whose last day is over. Refused when it is not, when it is closed, when an earlier one is open, or
    while a job books."""
    if ctx.on <= last_day(accounting_year):
        raise Refused(
            f"{accounting_year}年度の出納閉鎖日({accounting_year + 1}年5月31日)がまだ過ぎていません(地方自治法235条の5)。"
        )
    # Everybody who is booking ends first; whoever comes after sees that the year is closed.
    alone()
    if Closing.objects.filter(accounting_year=accounting_year).exists():
        raise Refused(f"{accounting_year}年度は、もう閉鎖しています。")
    earlier = rows(
        "SELECT DISTINCT accounting_year FROM ledger_entry WHERE accounting_year < %(year)s AND reason <> 'opening' "
        "AND accounting_year NOT IN (SELECT accounting_year FROM ledger_closing) ORDER BY 1",
        {"year": accounting_year},
    )
    if earlier:
        raise Refused(f"{earlier[0][0]}年度がまだ閉鎖されていません。古い年度から閉鎖してください。")
    params = {"year": accounting_year, "known_at": None}
    ((levied, received, refunded, lost),) = rows(_YEAR, params)
    until = terms_sql(ctx, "accounting_year <= %(year)s")
    ((carried, overpaid),) = rows(_OPEN.format(terms=until), params)
    return Closing.objects.create(
        accounting_year=accounting_year, levied_yen=levied, received_yen=received, refunded_yen=refunded,
        written_off_yen=lost, carried_yen=carried, overpaid_yen=overpaid, decided_on=ctx.on, actor=ctx.actor,
    )  # fmt: skip
