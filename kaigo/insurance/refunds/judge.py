"""Overpaid payments → law → what is offset, what goes back, with which interest, until when, out of which year. Yen.

Previews, proposals and approvals are the same call: an approval judges anew on its own day.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import NamedTuple, TypeVar

from kaigo.base.records.context import Context
from kaigo.base.records.refusal import Refused
from kaigo.base.records.rows import rows
from kaigo.insurance.ledger.read import kind_sql
from kaigo.insurance.refunds import causes
from kaigo.insurance.refunds.claims import Owed, owed
from kaigo.insurance.refunds.gather import Overpaid, overpaid
from kaigo.law.accounting import RefundFacts as YearFacts
from kaigo.law.accounting import refund as year_of
from kaigo.law.digest import law_version
from kaigo.law.limits import RefundFacts as LimitFacts
from kaigo.law.limits import refund as limit_of
from kaigo.law.offset import Offset, OffsetFacts, order
from kaigo.law.reasons import Finding, Reason, Unclear
from kaigo.law.refund_interest import Cause, RefundInterestFacts, payment
from kaigo.law.values import Values, load

T = TypeVar("T")


class LineOf(NamedTuple):
    """One payment that goes back, as Line keeps it."""

    fiscal_year: int
    way: str
    number: int
    cause: str
    yen: int
    offset_yen: int
    interest_yen: int
    paid_on: date
    booked_year: int
    claimable_on: date
    last_claim_on: date


class Decided(NamedTuple):
    """A payment of a term that was decided to go back, and when."""

    fiscal_year: int
    kind: str
    number: int
    cause: str
    paid_on: date
    on: date


class UseOf(NamedTuple):
    """What an open term gets, as Use keeps it."""

    fiscal_year: int
    way: str
    number: int
    yen: int
    levied_year: int


class Judged(NamedTuple):
    """offset_yen + refund_yen = Σ lines; interest comes on top. lapsed: what can no longer be claimed."""

    lines: tuple[LineOf, ...]
    uses: tuple[UseOf, ...]
    offset_yen: int
    refund_yen: int
    interest_yen: int
    reasons: tuple[Reason, ...]
    law: str
    lapsed: tuple[Overpaid, ...]

    @property
    def yen(self) -> int:
        return self.offset_yen + self.refund_yen

    @property
    def paid_out(self) -> int:
        """What a transfer would carry."""
        return self.refund_yen + self.interest_yen

    @property
    def figures(self) -> tuple:
        """What an approval must find again."""
        return self.lines, self.uses, self.offset_yen, self.refund_yen, self.interest_yen


def goes_to(payee_kind: str, cause: str) -> bool:
    """What was deducted after death goes back to the pension payer, everything else never does."""
    return (payee_kind == "payer") == (cause == causes.AFTER_DEATH)


def judge(
    ctx: Context,
    insurer: str,
    person: int,
    payee_kind: str,
    claimed_on: date | None,
    without: int | None = None,
) -> Judged:
    """What a decision of ctx.on about everything that goes to this kind of payee would say. Raises Refused when a value
    of the law is missing. payee_kind "" = nobody yet: as for the person himself."""
    values = load().values(insurer, ctx.on)
    mine = [o for o in overpaid(ctx, [person], without) if goes_to(payee_kind, o.cause)]
    before = _decided_before(person)
    live, lapsed, limits = _in_time(ctx, mine, claimed_on, before, values)
    total = sum(o.yen for o in live)
    late = sum(o.yen for o in live if o.cause == causes.LATE)
    # Money of the pension payer pays nobody's premium.
    open_terms = [] if payee_kind == "payer" else owed(ctx, person, values, without)
    claims = tuple(o.claim() for o in open_terms)
    offset = order(OffsetFacts(total, ctx.on, claims, late_yen=late), values) if total else None
    lines, reasons = _lines(ctx, live, offset, before, values)
    return Judged(
        lines,
        _uses(open_terms, offset),
        total - offset.value.refund_yen if offset else 0,
        offset.value.refund_yen if offset else 0,
        sum(line.interest_yen for line in lines),
        (*(offset.reasons if offset else ()), *reasons, *limits),
        law_version(values.digest),
        tuple(lapsed),
    )


def _in_time(
    ctx: Context,
    found: Sequence[Overpaid],
    claimed_on: date | None,
    before: Sequence[Decided],
    values: Values,
) -> tuple[list[Overpaid], list[Overpaid], list[Reason]]:
    """What can still be claimed (法200条1項), what no longer, and why."""
    live, lapsed, reasons = [], [], []
    for one in found:
        # Claimed when the request came in, if it can be about this; decided once in time is in time for good.
        claimed = claimed_on if claimed_on is not None and claimed_on >= one.since else ctx.on
        decided = _first(before, one) or ctx.on
        limit = limit_of(LimitFacts(one.since, min(claimed, decided, ctx.on)), values)
        (live if limit.value.open else lapsed).append(one)
        reasons += [reason for reason in limit.reasons if reason not in reasons]
    return live, lapsed, reasons


def _lines(
    ctx: Context,
    live: Sequence[Overpaid],
    offset: Finding[Offset] | None,
    before: Sequence[Decided],
    values: Values,
) -> tuple[tuple[LineOf, ...], list[Reason]]:
    left = sum(use.yen for use in offset.value.uses) if offset else 0
    lines, reasons = [], []
    for one in live:
        for paid in one.payments:
            decided_on = _first(before, one, paid.paid_on) or ctx.on
            interest, why = _interest(one.cause, paid.yen, paid.paid_on, decided_on, values)
            year = known(year_of(YearFacts(paid.accounting_year, ctx.on), values))
            reasons += [reason for reason in (*why, *year.reasons) if reason not in reasons]
            off = 0 if one.cause == causes.LATE else min(left, paid.yen)
            left -= off
            lines.append(
                LineOf(
                    one.fiscal_year, paid.way, one.number, one.cause, paid.yen, off, interest, paid.paid_on,
                    paid.accounting_year, one.since, limit_of(LimitFacts(one.since, ctx.on), values).value.last_claim_on,
                )
            )  # fmt: skip
    return tuple(lines), reasons


def _interest(
    cause: str, yen: int, paid_on: date, decided_on: date, values: Values
) -> tuple[int, tuple[Reason, ...]]:
    """還付加算金 of one payment."""
    how: Cause = "mistaken" if cause in causes.PAID else "reassessed"
    if cause == causes.AFTER_DEATH:
        how = "after_death"
    found = known(payment(RefundInterestFacts(yen, paid_on, decided_on, how), values))
    return found.value.yen, found.reasons


def _uses(open_terms: Sequence[Owed], offset: Finding[Offset] | None) -> tuple[UseOf, ...]:
    if offset is None:
        return ()
    of = {o.key: o for o in open_terms}
    return tuple(
        UseOf(of[use.key].fiscal_year, of[use.key].way, of[use.key].number, use.yen, of[use.key].levied_year)
        for use in offset.value.uses
    )


def _first(before: Iterable[Decided], one: Overpaid, paid_on: date | None = None) -> date | None:
    """When this part (of a payment) was first decided; what was decided before it was overpaid was another one."""
    term = (one.fiscal_year, one.kind, one.number, one.cause)
    days = [d.on for d in before if d[:4] == term and d.on >= one.since and paid_on in (None, d.paid_on)]
    return min(days, default=None)


def _decided_before(person: int) -> list[Decided]:
    """Of transfers that came back: the interest of a refund ends with its decision, also when the bank could not pay it."""
    return [
        Decided(*row)
        for row in rows(
            f"SELECT DISTINCT l.fiscal_year, {kind_sql('l.way')}, l.number, l.cause, l.paid_on, u.decided_on "
            "FROM refunds_return b JOIN refunds_transfer t ON t.id = b.transfer_id "
            "JOIN refunds_proposal p ON p.id = t.proposal_id JOIN refunds_line l ON l.proposal_id = p.id "
            "JOIN refunds_ruling u ON u.proposal_id = p.id WHERE p.person_id = %(person)s ORDER BY 6",
            {"person": person},
        )
    ]


def known(found: Finding[T] | Unclear) -> Finding[T]:
    """The finding, or Refused with what is missing."""
    if isinstance(found, Unclear):
        lacks = "、".join(f"{lack.what}({lack.why})" for lack in found.missing)
        raise Refused(f"決められません。値が足りません: {lacks}。値を入れてからやり直してください。")
    return found
