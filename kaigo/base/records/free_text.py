"""What people write in their own words: never a 個人番号, which lives in the addressee system only (番号法20条)."""

from __future__ import annotations

import re
import unicodedata

from kaigo.base.records.refusal import Refused
from kaigo.law.check_digits import my_number_digit

_TWELVE = re.compile(r"(?<!\d)\d{4}[ -]?\d{4}[ -]?\d{4}(?!\d)")
_WHY = "12桁の数字が個人番号(マイナンバー)の形をしています。ここには個人番号を書けません。消してから登録してください。"


def without_my_number(*texts: str) -> None:
    """Refuse texts with twelve digits, full or half width, also in fours, whose check digit is right."""
    for text in texts:
        for found in _TWELVE.findall(unicodedata.normalize("NFKC", text)):
            digits = re.sub(r"\D", "", found)
            if my_number_digit(digits[:-1]) == int(digits[-1]):
                raise Refused(_WHY)
