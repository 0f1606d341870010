"""Why a term was paid too much: told from its entries, in the order in which they were booked. Pure; yen.

Every entry that takes the balance below zero is the cause of what it takes below; what raises the levy again eats the
newest part first. Refunds and offsets are not looked at here: what they took is taken off by gather.
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
    """What was paid too much for one cause since a day, with the payment when a payment is the cause."""

    cause: str
    yen: int
    since: date
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
            found.append(_part(entries[:place], entry, more, life))
        elif more < 0:
            _eat(found, -more)
    return found


def _change(entry: Booked) -> int:
    """What an entry does to the balance (owed less paid)."""
    if entry.sort in _LEVIES:
        return entry.yen
    return -entry.yen if is_payment(entry) else 0


def is_payment(entry: Booked) -> bool:
    """Money that came in, also from another term (充当), and what takes such money back."""
    return entry.sort == "receipt" or (entry.sort == "offset" and entry.yen > 0)


def _eat(found: list[Part], yen: int) -> None:
    while yen and found:
        last = found.pop()
        if last.yen > yen:
            found.append(last._replace(yen=last.yen - yen))
        yen -= min(yen, last.yen)


def _part(before: Sequence[Booked], entry: Booked, yen: int, life: Life) -> Part:
    if entry.sort in _LEVIES:
        return Part(_lowered(entry, life), yen, entry.on)
    return Part(_paid(before, entry, life), yen, entry.paid_on, entry)


def _lowered(entry: Booked, life: Life) -> str:
    if entry.sort == "remission":
        return "remitted"
    if entry.reason in _MOVES:
        return "moved"
    return "lost" if life.lost_on is not None and entry.on >= life.lost_on else "reassessed"


def _paid(before: Iterable[Booked], entry: Booked, life: Life) -> str:
    earlier = list(before)
    if entry.way == "deduction" and life.died_on is not None and entry.paid_on > life.died_on:
        return "after_death"
    if sum(e.yen for e in earlier if e.sort == "write_off") < 0:
        return "prescribed"
    paid = [e for e in earlier if is_payment(e)]
    standing = sum(e.yen for e in paid)
    if standing > 0 and any(e.yen == entry.yen and e.source != entry.source for e in paid):
        return "twice"
    return "too_much"


def payments(entries: Iterable[Booked]) -> list[Payment]:
    """Payments that are still there, the newest last. A receipt that was taken back is gone with what it brought."""
    left: list[list] = []
    for entry in entries:
        if not is_payment(entry):
            continue
        if entry.yen > 0:
            left.append([entry, entry.yen])
            continue
        _undo(left, entry)
    found = [Payment(e.paid_on, e.accounting_year, e.way, yen) for e, yen in left if yen]
    return sorted(found, key=lambda p: p.paid_on)


def _undo(left: list[list], entry: Booked) -> None:
    """The payment of the same source first, then the newest."""
    yen = -entry.yen
    newest = left[::-1]
    newest.sort(key=lambda pair: pair[0].source != entry.source)
    for pair in newest:
        off = min(yen, pair[1])
        pair[1] -= off
        yen -= off
