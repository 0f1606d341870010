"""The counter's cash: booked at once, counted and closed at the end of the day (日締め)."""

from __future__ import annotations

from datetime import date

from kaigo.base.records.bulk import reserve_ids
from kaigo.base.records.context import Context
from kaigo.base.records.refusal import Refused
from kaigo.base.records.rows import rows
from kaigo.insurance.ledger import read as ledger
from kaigo.insurance.ledger.post import Line, post
from kaigo.insurance.receipts.models import CashClose, Receipt
from kaigo.insurance.receipts.term import accounting_year, exists


def take(
    ctx: Context, person: int, fiscal_year: int, number: int, yen: int, shown: int | None = None
) -> Receipt:
    """Cash for a directly paid term, booked on ctx.on. shown: what was open when the clerk looked (None = he did not).

    Refused for no yen, a term never levied, a closed day, and where something else is open than was shown: somebody
    pressed twice, or two counters took it.
    """
    if yen <= 0:
        raise Refused("受け取った額を、1円以上の数で入れてください。")
    _with_others(ctx.on)
    rows(
        "SELECT pg_advisory_xact_lock(hashtext('receipts.cash.person'), %(id)s::int)", {"id": person % 2**31}
    )
    if CashClose.objects.filter(day=ctx.on).exists():
        raise Refused("今日の窓口の現金はもう日締めしています。明日の日付で受け取ってください。")
    way = exists(person, fiscal_year, "direct", number)
    if way is None:
        raise Refused("この人のこの期は調定されていません。年度と期を確かめてください。")
    left = ledger.open_terms(ctx, [person]).get((person, fiscal_year, "direct", number), 0)
    if shown is not None and left != shown:
        raise Refused(
            f"確かめた後に、この期の未納の額が変わりました({shown:,}円 → {left:,}円)。二度押しか、ほかの納付です。"
            "納付の記録を見て、まだ受け取っていないときだけやり直してください。"
        )
    (own,) = reserve_ids(Receipt, 1)
    source = f"counter:{own}"
    row = Receipt.objects.create(
        id=own, channel="counter", stage="final", source=source, reference=str(own), person_id=person,
        fiscal_year=fiscal_year, way=way, number=number, yen=yen, paid_on=ctx.on, settled_on=ctx.on, why="",
    )  # fmt: skip
    year = accounting_year(ctx, ctx.on, person, fiscal_year, "direct", number)
    post(ctx, [Line(person, source, source, yen, fiscal_year, year, "receipt", way, number, "counter")])
    return row


def booked(day: date) -> tuple[int, int]:
    """(receipts, yen) of the counter on a day, less what was taken back."""
    return rows(
        "SELECT count(DISTINCT source), coalesce(sum(yen), 0)::int FROM "
        f"({ledger.entries_sql()}) e WHERE source LIKE 'counter:%%' "
        "AND business_date = %(day)s",
        {"day": day},
    )[0]


def _with_others(day: date) -> None:
    """Whoever takes cash of a day shares it with others who take; the closing has it alone."""
    rows(
        "SELECT pg_advisory_xact_lock_shared(hashtext('receipts.cash'), %(day)s)::text",
        {"day": day.toordinal()},
    )


def close(ctx: Context, counted_yen: int, reason: str) -> CashClose:
    """Close the day with what was counted. Refused twice, and with a difference that nobody explains."""
    # Cash that somebody is taking just now is in the sum, or is refused after it.
    rows(
        "SELECT pg_advisory_xact_lock(hashtext('receipts.cash'), %(day)s)::text", {"day": ctx.on.toordinal()}
    )
    if CashClose.objects.filter(day=ctx.on).exists():
        raise Refused("今日の窓口の現金はもう日締めしています。")
    if counted_yen < 0:
        raise Refused("数えた現金の額を、0円以上の数で入れてください。")
    receipts, yen = booked(ctx.on)
    if counted_yen != yen and not reason.strip():
        raise Refused(
            f"数えた額 {counted_yen:,}円と記帳した額 {yen:,}円が違います。違う理由を書いてください。"
        )
    return CashClose.objects.create(
        day=ctx.on, counted_yen=counted_yen, booked_yen=yen, receipts=receipts, reason=reason.strip()[:200],
        decided_on=ctx.on, actor=ctx.actor,
    )  # fmt: skip


def closed(day: date) -> CashClose | None:
    """The closing of a day; None while it is open."""
    return CashClose.objects.filter(day=day).first()


def closings(limit: int) -> list[CashClose]:
    """The newest days that were closed."""
    return list(CashClose.objects.order_by("-day")[:limit])
