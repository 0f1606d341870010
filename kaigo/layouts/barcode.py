"""GS1-128 標準料金代理収納のバーコードに入れる44桁の数字。描くことはしない(用紙の部屋がする)。

    91  企業コード6  自由使用欄21  再発行1  支払期限6(YYMMDD)  印紙1  金額6  検証番号1

検証番号はモジュラス10 ウェイト3(91 を含む43桁)。桁は公開の説明(日立 EUR、rolan、GS1 Japan)による。期限なしの 999999、
印紙の符号(0 不要、1 要)は記憶による。取り扱える額の上限は収納代行会社との取決めであり、この関数に渡す(agreed を見よ)。
"""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from kaigo.layouts import slip as slips
from kaigo.layouts.check_digits import weight3

LENGTH = 44
_AI, _NEVER = "91", "999999"
_CENTURY = 2000


class BarcodeError(ValueError):
    """44桁にできない、または読めない。何が、どの規則で、どうするかを言う。"""


class Payload(NamedTuple):
    """バーコードの中身。free は21桁、expires は None なら期限なし、yen は円。"""

    company: str
    free: str
    reissue: int
    expires: date | None
    stamp: bool
    yen: int


def encode(payload: Payload, *, most: int | None = None) -> str:
    """44桁の数字。most: 取り扱える額の上限(円、含む)。入らないものは BarcodeError。"""
    _digits("請求書発行企業コード", payload.company, 6)
    _digits("自由使用欄", payload.free, 21)
    if not 0 <= payload.reissue <= 9:
        raise BarcodeError(f"再発行 {payload.reissue} は0から9までに入りません。新しい番号で作ってください")
    if payload.expires and payload.expires.year // 100 * 100 != _CENTURY:
        raise BarcodeError(
            f"支払期限 {payload.expires} は2000年から2099年までに入りません。期限を確かめてください"
        )
    if not 1 <= payload.yen <= 999_999:
        raise BarcodeError(
            f"金額 {payload.yen:,} 円は1円から999,999円までに入りません。バーコードを印刷しないでください"
        )
    if most is not None and payload.yen > most:
        raise BarcodeError(
            f"金額 {payload.yen:,} 円は、店舗で取り扱える {most:,} 円を超えます。バーコードを印刷せず、金融機関の納付書にしてください"
        )
    expires = f"{payload.expires:%y%m%d}" if payload.expires else _NEVER
    stamp = "1" if payload.stamp else "0"
    body = f"{_AI}{payload.company}{payload.free}{payload.reissue}{expires}{stamp}{payload.yen:06d}"
    return body + weight3(body)


def decode(text: str) -> Payload:
    """44桁の中身。桁、先頭の 91、検証番号、期限、印紙、金額のどれかが違えば BarcodeError。"""
    _digits("バーコード", text, LENGTH)
    if not text.startswith(_AI):
        raise BarcodeError(
            f"バーコードが {_AI} で始まりません({text[:2]})。料金代理収納のバーコードではありません"
        )
    if weight3(text[:-1]) != text[-1]:
        raise BarcodeError(
            "バーコードの検証番号が合いません。読み違いか打ち違いです。用紙の数字を見て直してください"
        )
    stamp, yen = text[36], int(text[37:43])
    if stamp not in "01":
        raise BarcodeError(f"印紙の符号 {stamp} はありません(0 不要、1 要)。発行した所に確かめてください")
    if not yen:
        raise BarcodeError("バーコードの金額が 0 円です。発行した所に確かめてください")
    return Payload(text[2:8], text[8:29], int(text[29]), _expires(text[30:36]), stamp == "1", yen)


def printed(text: str) -> tuple[str, str]:
    """バーコードの下に書く二行の数字。"""
    first = f"({text[:2]}){text[2:8]}-{text[8:30]}"
    return first, f"{text[30:36]}-{text[36]}-{text[37:43]}-{text[43]}"


def of_slip(company: str, slip: slips.Slip, expires: date | None, yen: int, *, most: int | None) -> str:
    """納付書番号のバーコード。自由使用欄は番号20桁と 0、再発行は番号のもの。"""
    try:
        free = slips.number(slip) + "0"
    except slips.SlipError as wrong:
        raise BarcodeError(str(wrong)) from wrong
    return encode(Payload(company, free, slip.reissue, expires, False, yen), most=most)


def slip_of(text: str) -> tuple[slips.Slip, int]:
    """(納付書番号の中身, 円)。当プロジェクトの番号のバーコードでなければ BarcodeError。"""
    payload = decode(text)
    try:
        found = slips.parse(payload.free[: slips.LENGTH])
    except slips.SlipError as wrong:
        raise BarcodeError(f"自由使用欄: {wrong}") from wrong
    if payload.free[slips.LENGTH :] != "0" or payload.reissue != found.reissue:
        raise BarcodeError("自由使用欄か再発行区分が納付書番号と合いません。発行した所に確かめてください")
    return found, payload.yen


def _digits(name: str, text: str, length: int) -> None:
    if len(text) != length or not (text.isascii() and text.isdigit()):
        raise BarcodeError(f"{name}が{length}桁の数字ではありません({text[:60]})。{length}桁にしてください")


def _expires(text: str) -> date | None:
    if text == _NEVER:
        return None
    try:
        return date(_CENTURY + int(text[:2]), int(text[2:4]), int(text[4:]))
    except ValueError as wrong:
        raise BarcodeError(
            f"支払期限 {text} が実在する日付ではありません。発行した所に確かめてください"
        ) from wrong
