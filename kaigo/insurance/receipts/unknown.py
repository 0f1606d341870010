"""Payments of nobody: why, whose they may be, and what a clerk decided. Nothing is booked before somebody decides."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from kaigo.base.audit.seen import saw
from kaigo.base.records.context import Context
from kaigo.base.records.rows import rows
from kaigo.insurance.collection import read as collection
from kaigo.insurance.collection.slips import KIND, part_of, reference_of
from kaigo.insurance.ledger import read as ledger

WHY = {
    "reference": "納付番号がこの区の番号の形ではないか、検査数字が合いません",
    "unknown": "この番号の納付書は作られていません",
    "twice": "同じ納付書・同じ日・同じ額の収納が、別のファイルでもう届いています",
    "request": "この口座振替は依頼していません",
    "amount": "口座振替の結果の額が、依頼した額と違います",
    "term": "この人のこの期は調定されていません",
    "person": "だれの納付か、宛名番号か年金の記録から決められません",
}

# Without a ruling that names a term or sends it back.
OPEN = "r.person_id IS NULL AND r.stage = 'final' AND NOT EXISTS (SELECT 1 FROM receipts_ruling u WHERE u.receipt_id = r.id)"


class Unknown(NamedTuple):
    """A payment of nobody. yen in yen; why: a key of WHY."""

    id: int
    channel: str
    reference: str
    yen: int
    paid_on: date
    settled_on: date
    why: str
    source: str


_COLUMNS = "r.id, r.channel, r.reference, r.yen, r.paid_on, r.settled_on, r.why, r.source"


def waiting(ctx: Context, limit: int = 50, offset: int = 0) -> list[Unknown]:
    """The oldest first."""
    return [
        Unknown(*row)
        for row in rows(
            f"SELECT {_COLUMNS} FROM receipts_receipt r WHERE {OPEN} ORDER BY r.id LIMIT %(limit)s OFFSET %(offset)s",
            {"limit": limit, "offset": offset},
        )
    ]


def count(ctx: Context) -> int:
    """How many wait."""
    return rows(f"SELECT count(*) FROM receipts_receipt r WHERE {OPEN}")[0][0]


def one(ctx: Context, receipt: int) -> Unknown | None:
    """By id, whether it waits or not; None when it is somebody's from the start."""
    found = rows(
        f"SELECT {_COLUMNS} FROM receipts_receipt r WHERE r.id = %(id)s AND r.person_id IS NULL",
        {"id": receipt},
    )
    return Unknown(*found[0]) if found else None


class Suggestion(NamedTuple):
    """A term that may be meant, and why: `agrees` are words for the clerk, the strongest first."""

    person: int
    fiscal_year: int
    way: str
    number: int
    due_on: date
    yen: int
    open_yen: int
    agrees: tuple[str, ...]


def suggestions(ctx: Context, found: Unknown) -> list[Suggestion]:
    """Terms whose slip differs by one digit, or by two neighbours in the wrong order; at most ten, the likeliest first."""
    near = dict(neighbours(found.reference))
    held = {
        part: view
        for part, view in collection.parts_by_id(ctx, near).items()
        # A number that another digit also makes wrong names nobody.
        if view.way in KIND and reference_of(view.fiscal_year, view.way, part, view.number) == near[part]
    }
    if not held:
        return []
    saw(part.person for part in held.values())
    balances = ledger.open_terms(ctx, [part.person for part in held.values()])
    made = []
    for part in held.values():
        kind = "deduction" if part.way == "deduction" else "direct"
        left = balances.get((part.person, part.fiscal_year, kind, part.number), 0)
        agrees = ["番号が一字だけ違います"]
        agrees += ["額が同じです"] * (part.yen == found.yen) + ["未納の額と同じです"] * (left == found.yen)
        made.append(
            Suggestion(
                part.person,
                part.fiscal_year,
                part.way,
                part.number,
                part.due_on,
                part.yen,
                left,
                tuple(agrees),
            )
        )
    made.sort(key=lambda s: (-len(s.agrees), abs((s.due_on - found.paid_on).days), s.person))
    return made[:10]


def terms_of(ctx: Context, person: int) -> list[ledger.Term]:
    """A person's terms, the newest year first."""
    return sorted(ledger.terms(ctx, person), key=lambda t: (-t.fiscal_year, t.kind, t.number))


def neighbours(reference: str) -> Iterator[tuple[int, str]]:
    """(part, slip number) of the slips that differ from what was read by one digit or by two neighbours changed over."""
    if not reference.isascii() or not reference.isdigit():
        return
    for place, digit in enumerate(reference):
        before, after = reference[:place], reference[place + 1 :]
        tries = [before + other + after for other in "0123456789" if other != digit]
        if after and after[0] != digit:
            tries.append(before + after[0] + digit + after[1:])
        for each in tries:
            found = part_of(each)
            if found is not None:
                yield found, each
