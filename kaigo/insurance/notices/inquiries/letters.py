"""What stands on a 所得照会票: to a municipality, about people who lived there on 1 January."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

INQUIRY = Path(__file__).parent / "inquiry.typ"
PAGES = 2
# So many columns the form for the reply has.
MOST = 5


class Asked(NamedTuple):
    """Somebody who is asked about. former: his address there; nothing tells where he lives now."""

    inquiry: int
    name: str
    kana: str
    birth: str
    former: str


@dataclass(frozen=True, slots=True)
class IncomeInquiryLetter:
    """所得照会票. place: the municipality in words."""

    municipality: str
    place: str
    office: str
    fiscal_year: str
    reply_by: str
    people: tuple[Asked, ...]

    def as_json(self) -> dict[str, Any]:
        """The letter for the press. The address of the office is not in our registers: the envelope has it."""
        return {
            "title": "住民税の課税の状況と所得について(照会)",
            "name": self.place,
            "recipient": f"{self.place} {self.office}",
            "postal_code": "",
            "address": "",
            "building": "",
            "municipality": self.municipality,
            "year": self.fiscal_year,
            "reply_by": self.reply_by,
            "inquiries": [one.inquiry for one in self.people],
            "people": [one._asdict() for one in self.people],
        }
