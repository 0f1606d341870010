"""What stands on a 所得照会票: to a municipality, about people who lived there on 1 January."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

LETTER = "income_inquiry"
TITLE = "住民税の課税の状況と所得について(照会)"
TEMPLATE = Path(__file__).parent / "inquiry.typ"
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
