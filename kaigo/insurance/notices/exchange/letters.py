"""What stands on a 住所地特例連絡票: to the municipality of the homes, about ours who live there or no longer do."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

LETTER = "exception_exchange"
TEMPLATE = Path(__file__).parent / "exchange.typ"
PAGES = 1
# So many fit on the page with the longest names that a register can have.
MOST = 3


class Told(NamedTuple):
    """Something of somebody that is told. before: the facility that he left, only when the facility changed."""

    telling: int
    kind: str
    day: str
    number: str
    name: str
    kana: str
    birth: str
    facility: str
    facility_number: str
    facility_address: str
    before: str


@dataclass(frozen=True, slots=True)
class ExchangeLetter:
    """住所地特例連絡票. place: the municipality in words."""

    municipality: str
    place: str
    office: str
    events: tuple[Told, ...]

    def as_json(self) -> dict[str, Any]:
        """The letter for the press. The address of the office is not in our registers: the envelope has it."""
        return {
            "title": "住所地特例連絡票",
            "name": self.place,
            "recipient": f"{self.place} {self.office}",
            "postal_code": "",
            "address": "",
            "building": "",
            "municipality": self.municipality,
            "tellings": [one.telling for one in self.events],
            "events": [one._asdict() for one in self.events],
        }
