"""Addresses as they compare: 見本区中央二丁目３番１号 and 東京都見本区中央2-3-1 are one place."""

from __future__ import annotations

import re
import unicodedata

_PREFECTURE = re.compile(r"^(北海道|東京都|京都府|大阪府|.{2,3}県)")
_DIGITS = {c: n for n, c in enumerate("〇一二三四五六七八九")}
# 漢数字 count only where a unit follows: 八王子 and 三鷹 keep theirs.
_COUNTED = re.compile(r"([〇一二三四五六七八九十百]+)(?=丁目|番地|番|号)")
_UNITS = re.compile(r"(?<=\d)(丁目|番地の|番地|番|号室|号|の(?=\d))")


def address_key(text: str) -> str:
    """An address in the form in which two spellings of one place are equal; "" stays ""."""
    plain = re.sub(r"\s+", "", unicodedata.normalize("NFKC", text))
    plain = _PREFECTURE.sub("", plain)
    plain = _COUNTED.sub(lambda found: str(_number(found[1])), plain)
    plain = _UNITS.sub("-", plain)
    # A long mark inside a word is a letter; after a digit it is somebody's hyphen.
    plain = re.sub(r"(?<=\d)[‐‑‒–—―−ー－ｰ-]+", "-", plain)
    return plain.strip("-").upper()


def _number(kanji: str) -> int:
    if not re.search("[十百]", kanji):
        return int("".join(str(_DIGITS[c]) for c in kanji))
    total = part = 0
    for c in kanji:
        if c in "十百":
            total += (part or 1) * (10 if c == "十" else 100)
            part = 0
        else:
            part = _DIGITS[c]
    return total + part
