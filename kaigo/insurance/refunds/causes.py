"""Why a term was paid too much: told from its entries, in the order in which they were booked. Pure; yen.

Every entry that takes the balance below zero is the cause of what it takes below; but where a lower levy sets free what
was wrong when it was paid (taken from the pension of a dead person, paid after the right was gone), that payment is the
cause. What raises the balance again eats what its own source had brought, then the newest part. Refunds and offsets are
not looked at here: what they took is taken off by gather.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import NamedTuple

CAUSES = {
    "reassessed": "減額更正",
    "lost": "資格喪失",
    "remitted": "減免",
    "moved": "納め方の変更",
    "twice": "二重納付",
    "too_much": "誤納",
    "after_death": "死亡後の特別徴収",
    "prescribed": "時効後収入",
}
# What a payment itself brought about; the others come from a lower levy.
PAID = ("twice", "too_much", "after_death", "prescribed")
AFTER_DEATH, LATE = "after_death", "prescribed"
_MOVES = ("way", "match", "request")
_LEVIES = ("levy", "adjust", "remission", "write_off")


class Booked(NamedTuple):
    """An entry of a term, with the day on which its payer paid (that of the booking, when nobody knows)."""

    sort: str
    way: str
    yen: int
    on: date
    accounting_year: int
    reason: str
    source: str
    paid_on: date


class Life(NamedTuple):
    """died_on: None = lives. lost_on: when the qualification was lost, as it stands now."""

    died_on: date | None = None
    lost_on: date | None = None


class Part(NamedTuple):
    """What was paid too much for one cause since a day, with the payment when a payment is the cause. source: of the entry
    that took the balance below zero."""

    cause: str
    yen: int
    since: date
    source: str
    payment: Booked | None = None


class Payment(NamedTuple):
    """A payment that is still in the term: what of it can go back."""

    paid_on: date
    accounting_year: int
    way: str
    yen: int


def parts(entries: Sequence[Booked], life: Life) -> list[Part]:
    """The overpaid parts, the oldest cause first."""
    found: list[Part] = []
    balance = 0
    for place, entry in enumerate(entries):
        change = _change(entry)
        if not change:
            continue
        before, balance = max(0, -balance), balance + change
        more = max(0, -balance) - before
        if more > 0:
            found += _parts(entries[:place], entry, more, life, found)
        elif more < 0:
            _eat(found, -more, entry.source)
    return found


def _change(entry: Booked) -> int:
    """What an entry does to the balance (owed less paid)."""
    if entry.sort in _LEVIES:
        return entry.yen
    return -entry.yen if is_payment(entry) else 0


def is_payment(entry: Booked) -> bool:
    """Money that came in, also from another term (充当), and what takes such money back."""
    return entry.sort == "receipt" or (entry.sort == "offset" and entry.yen > 0)


def _eat(found: list[Part], yen: int, source: str) -> None:
    """What this source brought first, then the newest."""
    for place in sorted(range(len(found)), key=lambda place: (not _is_of(found[place], source), -place)):
        off = min(yen, found[place].yen)
        found[place] = found[place]._replace(yen=found[place].yen - off)
        yen -= off
    found[:] = [part for part in found if part.yen]


def _is_of(part: Part, source: str) -> bool:
    return source in (part.source, part.payment.source if part.payment else "")


def _parts(
    before: Sequence[Booked], entry: Booked, yen: int, life: Life, found: Sequence[Part]
) -> list[Part]:
    if entry.sort not in _LEVIES:
        return [Part(_paid(before, entry, life), yen, entry.paid_on, entry.source, entry)]
    made = []
    for paid, left in sorted(_standing(before), key=lambda pair: pair[0].paid_on, reverse=True):
        cause = _wrong_when_paid(paid, entry, life)
        told = sum(part.yen for part in found if part.payment is paid)
        more = min(left - told, yen) if cause else 0
        if more > 0:
            since = paid.paid_on if cause == LATE else entry.on
            made.append(Part(cause, more, since, entry.source, paid))
            yen -= more
    return made + ([Part(_lowered(entry, life), yen, entry.on, entry.source)] if yen else [])


def _wrong_when_paid(paid: Booked, entry: Booked, life: Life) -> str:
    """The cause when this payment should never have been made; "" = it was due when it was paid."""
    if entry.sort == "write_off":
        # Given up is what was open when the right was gone: beyond it the ward has only what came later.
        return LATE if paid.sort == "receipt" else ""
    return AFTER_DEATH if _after_death(paid, life) else ""


def _after_death(paid: Booked, life: Life) -> bool:
    return paid.way == "deduction" and life.died_on is not None and paid.paid_on > life.died_on


def _lowered(entry: Booked, life: Life) -> str:
    if entry.sort in ("remission", "write_off"):
        return "remitted" if entry.sort == "remission" else LATE
    if entry.reason in _MOVES:
        return "moved"
    return "lost" if life.lost_on is not None and entry.on >= life.lost_on else "reassessed"


def _paid(before: Iterable[Booked], entry: Booked, life: Life) -> str:
    earlier = list(before)
    if _after_death(entry, life):
        return AFTER_DEATH
    if sum(e.yen for e in earlier if e.sort == "write_off") < 0:
        return LATE
    paid = [e for e in earlier if is_payment(e)]
    standing = sum(e.yen for e in paid)
    if standing > 0 and any(e.yen == entry.yen and e.source != entry.source for e in paid):
        return "twice"
    return "too_much"


def payments(entries: Iterable[Booked]) -> list[Payment]:
    """Payments that are still there, the newest last."""
    found = [Payment(e.paid_on, e.accounting_year, e.way, yen) for e, yen in _standing(entries)]
    return sorted(found, key=lambda p: p.paid_on)


def _standing(entries: Iterable[Booked]) -> list[tuple[Booked, int]]:
    """Payments with what is left of each. A receipt that was taken back is gone with what it brought."""
    left: list[list] = []
    for entry in entries:
        if not is_payment(entry):
            continue
        if entry.yen > 0:
            left.append([entry, entry.yen])
            continue
        _undo(left, entry)
    return [(entry, yen) for entry, yen in left if yen]


def _undo(left: list[list], entry: Booked) -> None:
    """The payment of the same source first, then the newest."""
    yen = -entry.yen
    newest = left[::-1]
    newest.sort(key=lambda pair: pair[0].source != entry.source)
    for pair in newest:
        off = min(yen, pair[1])
        pair[1] -= off
        yen -= off
