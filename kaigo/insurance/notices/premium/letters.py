"""What stands on a premium letter. Ready to print: no rule is applied here, no amount is made here.

A letter is its own words (per person) and the words that all letters of its kind and day share (notices/common.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

NOTICE = Path(__file__).parent / "notice.typ"
CHANGE = Path(__file__).parent / "change.typ"
PAGES = 2


class Part(NamedTuple):
    """One due part. way, number, due_on, yen as in the plan (the gate compares them); the rest is how it is printed.

    In the data of a letter a part is a list in this order: eight of them stand in every one of 165,000 letters.
    """

    way: str
    number: int
    due_on: str
    yen: int
    label: str
    due: str
    how: str


class Start(NamedTuple):
    """特別徴収の開始 (法136条): from which month, by whom."""

    month: str
    payer: str


class Before(NamedTuple):
    """What the person was told last."""

    annual: int
    refund: int
    stage: int
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Person:
    """To whom the letter goes, about whom it is."""

    postal_code: str
    address: str
    building: str
    recipient: str
    name: str
    number: str

    def as_json(self) -> dict:
        code = self.postal_code
        return {
            "postal_code": f"{code[:3]}-{code[3:]}" if len(code) == 7 else code,
            "address": self.address,
            "building": self.building,
            "recipient": self.recipient,
            "name": self.name,
            "number": self.number,
        }


@dataclass(frozen=True, slots=True)
class PremiumNotice:
    """納入通知書 兼 決定通知書, 特別徴収開始通知書. Amounts in yen; refund: what is paid beyond the annual amount.

    reasons: [[words, article, parts], …]; ways: keys of common.how_to_pay; next: the next part to pay, or None.
    remitted: what the parts are less by; the letter does not tell it yet and is held.
    """

    title: str
    person: Person
    annual: int
    refund: int
    stage: int
    parts: tuple[Part, ...]
    ways: tuple[str, ...]
    reasons: list
    next: Part | None
    start: Start | None = None
    remitted: int = 0

    def as_json(self) -> dict[str, Any]:
        """The letter for the press. ValueError if the parts do not add up to the annual amount."""
        _add_up(self.parts, self.annual - self.remitted, self.refund)
        return self.person.as_json() | {
            "title": self.title,
            "annual": self.annual,
            "refund": self.refund,
            "stage": self.stage,
            "parts": [list(part) for part in self.parts],
            "ways": list(self.ways),
            "reasons": self.reasons,
            "next": _next(self.next),
            "start": self.start._asdict() if self.start else None,
        }


@dataclass(frozen=True, slots=True)
class ChangeNotice:
    """変更通知書. what: lines that say what changed; why: the cause; notes: keys of common.change."""

    title: str
    person: Person
    annual: int
    refund: int
    stage: int
    parts: tuple[Part, ...]
    before: Before
    what: tuple[str, ...]
    why: str
    notes: tuple[str, ...]
    reasons: list
    next: Part | None
    start: Start | None = None
    remitted: int = 0

    def as_json(self) -> dict[str, Any]:
        """The letter for the press. ValueError if the parts of either side do not add up."""
        _add_up(self.parts, self.annual - self.remitted, self.refund)
        _add_up(self.before.parts, self.before.annual, self.before.refund)
        return self.person.as_json() | {
            "title": self.title,
            "annual": self.annual,
            "refund": self.refund,
            "stage": self.stage,
            "parts": [list(part) for part in self.parts],
            "before": {
                "annual": self.before.annual,
                "refund": self.before.refund,
                "stage": self.before.stage,
            },
            "rows": self._rows(),
            "what": list(self.what),
            "why": self.why,
            "notes": list(self.notes),
            "reasons": self.reasons,
            "next": _next(self.next),
            "start": self.start._asdict() if self.start else None,
        }

    def _rows(self) -> list[dict]:
        """Both sides by way and number, in the order of due dates; None = there was or is no such part."""
        before = {(p.way, p.number): p for p in self.before.parts}
        after = {(p.way, p.number): p for p in self.parts}
        keys = sorted(before.keys() | after.keys(), key=lambda k: ((after.get(k) or before[k]).due_on, k))
        return [
            {
                "label": (after.get(k) or before[k]).label,
                "due": (after.get(k) or before[k]).due,
                "how": (after.get(k) or before[k]).how,
                "before": before[k].yen if k in before else None,
                "after": after[k].yen if k in after else None,
            }
            for k in keys
        ]


def _next(part: Part | None) -> dict | None:
    return {"due": part.due, "way": part.how, "yen": part.yen} if part else None


def _add_up(parts: tuple[Part, ...], annual: int, refund: int) -> None:
    if sum(part.yen for part in parts) != annual + refund:
        raise ValueError("期別の合計が年額と一致しません。")
