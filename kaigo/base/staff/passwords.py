"""Which passwords are refused: short ones, known ones, ones that anybody would try. No rules of composition, no expiry."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import cache

from django.contrib.auth.password_validation import CommonPasswordValidator
from django.core.exceptions import ValidationError

from kaigo.base.records.refusal import Refused
from kaigo.base.staff.tables import limits

LONGEST = 128
# What stands side by side on a keyboard or in an alphabet.
ROWS = (
    "abcdefghijklmnopqrstuvwxyz",
    "01234567890",
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm",
)
COMMON = "よく使われているパスワード(流出したものの一覧にあるもの)です。別のものにしてください。"


def normal(password: str) -> str:
    """As it is hashed: one spelling for what looks the same, from every keyboard."""
    return unicodedata.normalize("NFKC", password)


def refuse_weak(password: str, words: Iterable[str]) -> None:
    """words: of the person and the place (name, log-in, ward). Raises Refused with what to do; `password` is normal."""
    shortest = limits()["password_length"]
    if len(password) < shortest:
        raise Refused(
            f"パスワードは{shortest}文字以上にしてください(NIST SP 800-63B)。いくつかの言葉を並べると覚えやすくなります。"
        )
    if len(password) > LONGEST:
        raise Refused(f"パスワードは{LONGEST}文字までです。")
    small = password.casefold()
    for word in words:
        if len(word) > 1 and normal(word).casefold() in small:
            raise Refused("氏名・ログインID・区の名前・システムの名前を含まないパスワードにしてください。")
    if _simple(small):
        raise Refused("同じ文字や並びの繰り返しではないパスワードにしてください。")
    # Also a known word that was only made longer.
    if any(_common(one) for one in (small, re.sub(r"[\W\d_]+$", "", re.sub(r"^[\W\d_]+", "", small)))):
        raise Refused(COMMON)


def _simple(small: str) -> bool:
    """One piece again and again, or nothing but rows of the keyboard and the alphabet."""
    piece = small[: (small + small).index(small, 1)]
    if len(piece) <= len(small) // 2:
        return True
    left, rows = small, [*ROWS, *(row[::-1] for row in ROWS)]
    runs = 0
    while left:
        run = max(_run(left, row) for row in rows)
        if run < 4:
            return False
        left, runs = left[run:], runs + 1
    return runs > 0


def _run(text: str, row: str) -> int:
    """How many of the first signs of the text stand in the row one after the other."""
    start, length = row.find(text[0]), 0
    while (
        start >= 0
        and length < len(text)
        and start + length < len(row)
        and text[length] == row[start + length]
    ):
        length += 1
    return length


def _common(text: str) -> bool:
    try:
        _validator().validate(text)
    except ValidationError:
        return True
    return False


@cache
def _validator() -> CommonPasswordValidator:
    return CommonPasswordValidator()
