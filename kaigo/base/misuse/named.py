"""Whom a form names, in the words that are only kept as digests."""

from __future__ import annotations

import re
import unicodedata

from kaigo.base.desk.typed import Typed
from kaigo.base.staff.marks import own_number, own_words

_ADDRESSEE = re.compile(r"\d{15}")


def someone(typed: Typed) -> str:
    """Whom a form names, in the words that are kept as a digest: by 宛名番号, or by kana and birth date; "" with errors."""
    number = unicodedata.normalize(
        "NFKC", typed.text("addressee", "宛名番号", required=False, longest=30)
    ).replace(" ", "")
    if number:
        if not _ADDRESSEE.fullmatch(number):
            typed.errors["addressee"] = "宛名番号は数字15桁です。番号を確かめて、書き直してください"
        return own_number(number)
    kana = typed.text("kana", "氏名のカナ", longest=120)
    birth = typed.day("birth", "生年月日")
    return own_words(kana, birth) if kana and birth else ""
