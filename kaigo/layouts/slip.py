"""納付書番号(20桁の数字)。当プロジェクトの番号で、納付書・バーコード・口座振替・ペイジーのどれでも同じ番号を使う。

    年度4 種別2 一連番号10 期別2 再発行1 検証番号1      例 2026-10-0000012345-07-0-4

- 一連番号は保険者の中で一度だけ使う。台帳が、一連番号を一つの(人、年度、納付方法、期別)に結び付け、再発行がその何枚目かを言う。
  だから番号は一つの(人、年度、納付方法、期別、再発行)だけを指す。再発行が9を超えるなら、新しい一連番号にする。
- 番号は人を表さない: 被保険者番号も宛名番号も入れない。年度・種別・期別は、人と銀行が見て分かるための写しで、台帳と違えば断る。
- 検証番号は Damm: 一字の誤りと隣どうしの入替えをすべて見つける。
- 使う所: 納付書の番号、GS1-128 の自由使用欄(21桁、後ろを 0 で埋める)、全銀の顧客番号(20桁)、納付番号(20桁まで)。
"""

from __future__ import annotations

from typing import NamedTuple

from kaigo.layouts.check_digits import damm

LENGTH = 20
# 種別 → ことば。十の位は何のための番号か。
KINDS = {"10": "納付書", "11": "口座振替", "12": "代理納付", "20": "督促の納付書", "30": "分納の納付書"}
_PARTS = (4, 2, 10, 2, 1)


class SlipError(ValueError):
    """納付書番号として作れない、または読めない。何が、どの規則で、どうするかを言う。"""


class Slip(NamedTuple):
    """番号の中身。fiscal_year は相当年度、kind は KINDS の符号、instalment は期別(0〜99)、reissue は再発行の回数(0〜9)。"""

    fiscal_year: int
    kind: str
    serial: int
    instalment: int
    reissue: int = 0


def number(slip: Slip) -> str:
    """20桁の番号。桁に入らないものは SlipError。"""
    if slip.kind not in KINDS:
        told = "、".join(f"{code}({name})" for code, name in KINDS.items())
        raise SlipError(f"種別 {slip.kind} はありません。{told} のどれかにしてください")
    for name, value, least, most, remedy in (
        ("年度", slip.fiscal_year, 2000, 9999, "西暦4桁の年度にしてください"),
        ("一連番号", slip.serial, 1, 10**10 - 1, "一連番号の振出しを確かめてください"),
        ("期別", slip.instalment, 0, 99, "期別は2桁までです"),
        ("再発行", slip.reissue, 0, 9, "10枚目からは新しい一連番号にしてください"),
    ):
        if not least <= value <= most:
            raise SlipError(f"{name} {value} は {least} から {most} までに入りません。{remedy}")
    body = f"{slip.fiscal_year:04d}{slip.kind}{slip.serial:010d}{slip.instalment:02d}{slip.reissue}"
    return body + damm(body)


def parse(text: str) -> Slip:
    """番号の中身。桁・検証番号・種別の違うものは SlipError。"""
    if len(text) != LENGTH or not (text.isascii() and text.isdigit()):
        raise SlipError(
            f"納付書番号が{LENGTH}桁の数字ではありません({text[:40]})。用紙の番号を見て直してください"
        )
    if damm(text[:-1]) != text[-1]:
        raise SlipError(
            f"納付書番号 {shown(text)} の検証番号が合いません。読み違いか打ち違いです。用紙の番号を見て直してください"
        )
    year, kind, serial, instalment, reissue = _parts(text)
    slip = Slip(int(year), kind, int(serial), int(instalment), int(reissue))
    if number(slip) != text:
        raise SlipError(f"納付書番号 {shown(text)} は、この保険者の番号の形ではありません")
    return slip


def shown(text: str) -> str:
    """人が読む形: 2026-10-0000012345-07-0-4。"""
    return "-".join([*_parts(text), text[sum(_PARTS) :]])


def _parts(text: str) -> list[str]:
    found, place = [], 0
    for length in _PARTS:
        found.append(text[place : place + length])
        place += length
    return found
