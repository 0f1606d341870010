"""出納閉鎖: an accounting year is closed on 31 May, and what it leaves open goes over into the next (地方自治法235条の5).

Nothing is rewritten for it: a term that is open stays open, and what comes in for it from 1 June on stands in the next
year's accounts as 滞納繰越分. What is kept is how the year stood and every term it left uneven, so that it can be held
against the books for ever, and that later sums need not begin with the first entry.
"""

from __future__ import annotations

from datetime import date

from django.db import connection, transaction

from kaigo.base.records.context import Context
from kaigo.base.records.refusal import Refused
from kaigo.base.records.rows import rows
from kaigo.insurance.ledger.carried import goes_over
from kaigo.insurance.ledger.models import Closing
from kaigo.insurance.ledger.post import alone
from kaigo.insurance.ledger.read import ample, terms_sql
from kaigo.insurance.ledger.sorts import LEFT, MOVED

_YEAR = f"SELECT {MOVED} FROM ledger_entry WHERE accounting_year = %(year)s"
# Everything booked into the year and the years before it: what is open at its end.
_OPEN = f"SELECT {LEFT} FROM ({{terms}}) t"
_CARRY = f"""
INSERT INTO ledger_carried (closing_id, person_id, fiscal_year, kind, number, balance, paid)
SELECT %(closing)s, person_id, fiscal_year, kind, number, balance, paid FROM ({goes_over()}) t
ORDER BY person_id, fiscal_year, kind, number"""
_CARRIED = f"SELECT {LEFT} FROM ledger_carried WHERE closing_id = %(closing)s"


def last_day(accounting_year: int) -> date:
    """The last day on which money may still be booked into an accounting year."""
    return date(accounting_year + 1, 5, 31)


def close(ctx: Context, accounting_year: int) -> Closing:
    """Close a year whose last day is over. Refused when it is not, when it (or a later one) is closed, when an earlier
    one is open, while a job books, or when what is carried over is not what all entries leave."""
    if ctx.on <= last_day(accounting_year):
        raise Refused(
            f"{accounting_year}年度の出納閉鎖日({accounting_year + 1}年5月31日)がまだ過ぎていません(地方自治法235条の5)。"
        )
    # Everybody who is booking ends first; whoever comes after sees that the year is closed.
    alone()
    ample()
    if Closing.objects.filter(accounting_year__gte=accounting_year).exists():
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
    with transaction.atomic():
        made = Closing.objects.create(
            accounting_year=accounting_year, levied_yen=levied, received_yen=received, refunded_yen=refunded,
            written_off_yen=lost, carried_yen=carried, overpaid_yen=overpaid, decided_on=ctx.on, actor=ctx.actor,
        )  # fmt: skip
        _carry(made)
    return made


def _carry(made: Closing) -> None:
    """Write every term that goes over. It is what was carried into the year and the year's entries; the closing's sums are
    of all entries: refused when they are not the same."""
    with connection.cursor() as cursor:
        cursor.execute(_CARRY, {"closing": made.id, "year": made.accounting_year})
    (found,) = rows(_CARRIED, {"closing": made.id})
    if found != (made.carried_yen, made.overpaid_yen):
        raise Refused(
            f"{made.accounting_year}年度から繰り越す期の合計(収入未済{found[0]:,}円・過誤納{found[1]:,}円)が、"
            f"記帳すべての合計(収入未済{made.carried_yen:,}円・過誤納{made.overpaid_yen:,}円)と違うため、閉鎖していません。"
            "kaigo ledger check で、どの期が違うかを調べてください。"
        )
