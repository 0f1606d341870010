"""検証番号。一つの数字の列(scalar)と、列の全体(polars の式)で同じ答えを出す。

- モジュラス10 ウェイト3: GS1 のバーコード。一字の誤りをすべて、隣どうしの入替えの多くを見つける。
- Damm(H. M. Damm, 2004): 納付書番号。一字の誤りと隣どうしの入替えをすべて見つける。番号は人が読み上げ、打ち込むため。
"""

from __future__ import annotations

import polars as pl

# 全反対称な準群(Damm の論文の10次の例)。対角は 0。
DAMM = (
    "0317598642", "7092154863", "4206871359", "1750983426", "6123045978",
    "3674209581", "5869720134", "8945362017", "9438617205", "2581436790",
)  # fmt: skip
_DAMM = pl.Series("damm", [int(digit) for row in DAMM for digit in row], dtype=pl.UInt8)


def weight3(digits: str) -> str:
    """右端から 3、1、3、1… を掛けて足し、10 の倍数に足りない数。digits は検証番号を除いた数字。"""
    total = sum(int(digit) * (1 if place % 2 else 3) for place, digit in enumerate(reversed(digits)))
    return str(-total % 10)


def weight3_wrong(value: pl.Expr, length: int) -> pl.Expr:
    """検証番号までの length 桁の数字のうち、検証番号の違うもの。数字でないものは False。"""
    digits = [_digit(value, place) * (3 if (length - place) % 2 == 0 else 1) for place in range(length)]
    return (pl.sum_horizontal(digits, ignore_nulls=False) % 10 != 0).fill_null(False)


def damm(digits: str) -> str:
    """digits の後に付ける検証番号。"""
    interim = 0
    for digit in digits:
        interim = int(DAMM[interim][int(digit)])
    return str(interim)


def damm_wrong(value: pl.Expr, length: int) -> pl.Expr:
    """検証番号までの length 桁の数字のうち、検証番号の違うもの。数字でないものは False。"""
    interim = pl.lit(0, dtype=pl.Int16)
    for place in range(length):
        interim = pl.lit(_DAMM).gather(interim * 10 + _digit(value, place)).cast(pl.Int16)
    return (interim != 0).fill_null(False)


def _digit(value: pl.Expr, place: int) -> pl.Expr:
    return value.str.slice(place, 1).cast(pl.Int16, strict=False)
