"""銀行のファイルに書いてよい文字: 大きい半角カナ、英大文字、数字、空白と、項目ごとの記号(全銀協 付録1 使用文字一覧)。

全角のカナと英数字は半角に、小さいカナは大きく、長音(ー)はハイフン(-)に、英小文字は大文字にする。濁点は一字である。
ヲ・ヰ・ヱ・中黒・コンマ・漢字は、銀行ごとに扱いが違うか読みが分からないので、置き換えずに断る。
"""

from __future__ import annotations

import re
import unicodedata

_SMALL = "ァィゥェォッャュョヮヵヶ"
_LARGE = "アイウエオツヤユヨワカケ"
_DASHES = "ー‐‑‒–—―−－ｰ"
_MARKS = {"\u3099": "ﾞ", "\u309a": "ﾟ", "゛": "ﾞ", "゜": "ﾟ"}
# 濁点は か・さ・た・は行とウ、半濁点は は行の後だけ。
_STRAY = re.compile(r"(?<![ｳｶ-ﾄﾊ-ﾎ])ﾞ|(?<![ﾊ-ﾎ])ﾟ")
_PLAIN = r"0-9A-Z ｱ-ﾝﾞﾟ"


def _full(code: int) -> str:
    return unicodedata.normalize("NFKC", chr(code))


def _table() -> dict[int, str]:
    half = {_full(code): chr(code) for code in range(0xFF66, 0xFF9E)}
    large = {small: half[kana] for small, kana in zip(_SMALL, _LARGE, strict=True)}
    table = {ord(kana): narrow_kana for kana, narrow_kana in (half | large).items()}
    table |= {code: large[_full(code)] for code in range(0xFF67, 0xFF70)}
    table |= {code: chr(code - 0xFEE0).upper() for code in range(0xFF01, 0xFF5F)}
    table |= {code: chr(code).upper() for code in range(ord("a"), ord("z") + 1)}
    table |= {ord(mark): half_mark for mark, half_mark in _MARKS.items()}
    return table | {ord(dash): "-" for dash in _DASHES} | {ord("　"): " "}


_NARROW = _table()
# ヴ まで。その後のヷ・ヸ・ヹ・ヺは、分けると銀行にない濁音になる。
_DECOMPOSED = {code: unicodedata.normalize("NFD", chr(code)) for code in range(ord("ァ"), ord("ヴ") + 1)}


def narrow(text: str) -> str:
    """銀行の文字に直せるものは直す。直せない文字はそのまま残る。"""
    return text.translate(_DECOMPOSED).translate(_NARROW)


def refused(text: str, signs: str) -> str:
    """銀行が受け付けない最初の文字と、なぜか。すべてよければ空。signs: その項目に書いてよい記号。"""
    found = re.search(rf"[^{_PLAIN}{re.escape(signs)}]", text)
    if found:
        told = " ".join(signs) or "なし"
        return f"「{found.group()}」は銀行が受け付けません(大きい半角カナ、英大文字、数字、空白と、記号は {told})"
    stray = _STRAY.search(text)
    if stray:
        before = text[max(0, stray.start() - 1) : stray.end()]
        return f"「{before}」の {stray.group()} は、その前の文字に付きません"
    return ""


def head_of(text: str, length: int) -> str | None:
    """先頭の length 字。濁点・半濁点の前で切れて別の字になるなら None。"""
    cut_off = text[length : length + 1]
    return None if cut_off and cut_off in "ﾞﾟ" else text[:length]
