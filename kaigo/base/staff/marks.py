"""Who a member is among the insured, in words that are only ever kept as keyed digests (keys/index.py)."""

from __future__ import annotations

import unicodedata
from datetime import date

MARKS = "self"  # the index key that staff and insurance share


def own_words(kana: str, birth_date: date) -> str:
    """What a member and a resident have in common when they are one: kana (folded) and birth date."""
    folded = unicodedata.normalize("NFKC", kana).replace(" ", "").replace("　", "")
    return f"kana_birth:{folded}|{birth_date.isoformat()}"


def own_number(number: str) -> str:
    """The same by 宛名番号, when the member has declared his own."""
    return f"addressee:{number}"
