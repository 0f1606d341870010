"""OCR の納付書の二行の数字。行の桁は指定金融機関ごとに違い、出どころを得ていない: 当プロジェクトの様式(fictional)。

    上段26桁: 収納機関番号5 納付書番号20 検証番号1
    下段20桁: 金額11 納期限8(YYYYMMDD) 検証番号1

検証番号はモジュラス10 ウェイト3。下段の検証番号は上段の25桁も含めて計算する: ほかの納付書の上段と下段を組み合わせると合わない。
"""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from kaigo.layouts import slip as slips
from kaigo.layouts.check_digits import weight3

UPPER, LOWER = 26, 20


class OcrError(ValueError):
    """二行にできない、または読めない。何が、どの規則で、どうするかを言う。"""


class OcrRows(NamedTuple):
    """二行の中身。yen は円、due_on は納期限。"""

    payee_number: str
    slip: slips.Slip
    yen: int
    due_on: date


def encode(rows: OcrRows) -> tuple[str, str]:
    """(上段, 下段)。"""
    if len(rows.payee_number) != 5 or not (rows.payee_number.isascii() and rows.payee_number.isdigit()):
        raise OcrError(f"収納機関番号が5桁の数字ではありません({rows.payee_number})。5桁にしてください")
    if not 1 <= rows.yen < 10**11:
        raise OcrError(f"金額 {rows.yen:,} 円は1円から11桁までに入りません。納付書の額を確かめてください")
    try:
        upper = rows.payee_number + slips.number(rows.slip)
    except slips.SlipError as wrong:
        raise OcrError(str(wrong)) from wrong
    lower = f"{rows.yen:011d}{rows.due_on:%Y%m%d}"
    return upper + weight3(upper), lower + weight3(upper + lower)


def decode(upper: str, lower: str) -> OcrRows:
    """二行の中身。桁、検証番号、日付、納付書番号のどれかが違えば OcrError。"""
    for name, text, length in (("上段", upper, UPPER), ("下段", lower, LOWER)):
        if len(text) != length or not (text.isascii() and text.isdigit()):
            raise OcrError(
                f"{name}が{length}桁の数字ではありません({text[:40]})。用紙の数字を見て直してください"
            )
    remedy = "読み違いか打ち違いです。用紙の数字を見て直してください"
    if weight3(upper[:-1]) != upper[-1]:
        raise OcrError(f"上段の検証番号が合いません。{remedy}")
    if weight3(upper[:-1] + lower[:-1]) != lower[-1]:
        raise OcrError(f"下段の検証番号が合いません。読み違いか、ほかの納付書の下段です。{remedy}")
    try:
        due_on = date.fromisoformat(lower[11:19])
        found = slips.parse(upper[5:25])
    except ValueError as wrong:
        told = (
            str(wrong)
            if isinstance(wrong, slips.SlipError)
            else f"納期限 {lower[11:19]} が実在する日付ではありません"
        )
        raise OcrError(told) from wrong
    if not int(lower[:11]):
        raise OcrError("金額が 0 円です。発行した所に確かめてください")
    return OcrRows(upper[:5], found, int(lower[:11]), due_on)
