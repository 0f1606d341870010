"""What stands on a 住所地特例連絡票: to the municipality of the homes, about ours who live there or no longer do."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

LETTER = "exception_exchange"
TITLE = "住所地特例連絡票"
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
