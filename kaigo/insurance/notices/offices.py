"""Letters to other municipalities about several people: one for each (more when much is said), and whether it is still right.

A kind of letter is an Office: what is still to be written, as it was decided elsewhere, and what a letter says of it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from datetime import date
from itertools import groupby
from typing import Any, ClassVar, NamedTuple

from kaigo.base.paper import fonts
from kaigo.base.records.context import Context
from kaigo.base.records.rows import rows
from kaigo.insurance.notices.common import common, keep
from kaigo.insurance.notices.holds import FREE, Hold
from kaigo.insurance.notices.save import Drafted, save
from kaigo.insurance.registers import read as registers
from kaigo.law.dates import fiscal_year


class Row(NamedTuple):
    """A decision to write to a municipality about somebody.

    fiscal_year: of the letter, None = that of its date. head: what the letter says once, (name, words). waits: the letter
    is not at the post yet; free: one may go out. said: what it says of him, None = our records know it no longer.
    """

    id: int
    person: int
    fiscal_year: int | None
    municipality: str
    head: tuple[tuple[str, str], ...]
    waits: bool
    free: bool
    said: Any


class Office(ABC):
    """A kind of letter. name: of its texts, and of a difference at the gate. ids, many: names of the lists in its words."""

    letter: ClassVar[str]
    title: ClassVar[str]
    name: ClassVar[str]
    ids: ClassVar[str]
    many: ClassVar[str]
    most: ClassVar[int]
    # Fields of what is said that may hold a sign which the fonts lack.
    printed: ClassVar[tuple[str, ...]]
    guarded: ClassVar[str]
    changed: ClassVar[str]

    @abstractmethod
    def rows(self, ctx: Context, ids: Sequence[int] | None = None) -> list[Row]:
        """Decisions (None = all that wait) in the order in which they stand in letters."""


def draft(ctx: Context, insurer: str, office: Office, dated: date | None = None) -> dict[str, int]:
    """Letters about everything that is to be said and stands in no waiting letter. {drafts, people or events, left}.

    left: what no letter may say (支援措置), or our records know no longer. NotReady when a text is missing on the day.
    """
    dated = dated or ctx.on
    lettered = _lettered(office)
    waiting = [row for row in office.rows(ctx) if row.id not in lettered]
    free = [row for row in waiting if row.free and row.said]
    made: list[Drafted] = []
    for (own, code, head), same in groupby(
        free, key=lambda row: (row.fiscal_year, row.municipality, row.head)
    ):
        year = own or fiscal_year(dated)
        shared = common(insurer, office.letter, year, dated)
        digest = keep(shared)
        place, said = registers.insurer_name(ctx, code) or code, [row.said for row in same]
        recipient = f"{place} {shared[office.name]['recipient']}"
        for begin in range(0, len(said), office.most):
            part = said[begin : begin + office.most]
            words = _words(office, code, place, recipient, head, part)
            made.append(
                Drafted(
                    None, office.letter, year, None, None, None, 0, dated, _printable(office, part), words, digest
                )
            )  # fmt: skip
    save(made)
    return {"drafts": len(made), office.many: len(free), "left": len(waiting) - len(free)}


def _words(office: Office, code: str, place: str, recipient: str, head, part: list) -> dict[str, Any]:
    """The letter for the press. The address of the municipality is not in our registers: the envelope has it."""
    return {
        "title": office.title,
        "name": place,
        "recipient": recipient,
        "postal_code": "",
        "address": "",
        "building": "",
        "municipality": code,
        **dict(head),
        office.ids: [one[0] for one in part],
        office.many: [one._asdict() for one in part],
    }


def _printable(office: Office, part: list) -> Hold:
    words = "".join(getattr(one, field) for one in part for field in office.printed)
    if fonts.prints(words):
        return FREE
    signs = "、".join(f"U+{ord(sign):04X}" for sign in sorted(set(words)) if not fonts.prints(sign))
    return Hold("unprintable", f"印刷できない文字({signs})があります。")


def _lettered(office: Office) -> set[int]:
    """Those in a letter that waits, is printed or went out; one that was taken out counts no more."""
    return {
        row[0]
        for row in rows(
            "SELECT jsonb_array_elements(c.data->%s::text)::bigint FROM notices_draft d "
            "JOIN notices_content c ON c.draft_id = d.id WHERE d.letter = %s AND d.state = 'draft'",
            [office.ids, office.letter],
        )
    }


def differing(ctx: Context, office: Office, drafts: Iterable[tuple[int, dict]]) -> dict[int, Hold]:
    """draft → what is no longer right, of (draft, its words): what is said of whom, whether still, whether it may be."""
    drafts = list(drafts)
    ids = [decision for _, words in drafts for decision in words[office.ids]]
    now = {row.id: row for row in office.rows(ctx, ids)}
    found: dict[int, Hold] = {}
    for draft, words in drafts:
        mine = [now.get(decision) for decision in words[office.ids]]
        if any(row is not None and not row.free for row in mine):
            found[draft] = Hold("protected", office.guarded)
        elif any(_changed(row, words, said) for row, said in zip(mine, words[office.many], strict=True)):
            found[draft] = Hold("address", office.changed)
    return found


def _changed(row: Row | None, words: dict, said: dict) -> bool:
    return (
        row is None
        or row.said is None
        or not row.waits
        or row.municipality != words["municipality"]
        or any(words[name] != value for name, value in row.head)
        or row.said._asdict() != said
    )


def missing(ctx: Context, office: Office, fiscal_year: int) -> list[int]:
    """People of whom something is to be said in the year, and may be, in no waiting letter."""
    lettered = _lettered(office)
    return [
        row.person
        for row in office.rows(ctx)
        if row.free and row.said and row.id not in lettered and row.fiscal_year in (None, fiscal_year)
    ]
