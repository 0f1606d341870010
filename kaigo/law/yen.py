"""円の整数と、名前のある端数処理。割合は Fraction、答えは int。"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

Amount = int | Fraction


def floor_to(amount: Amount, unit: int) -> int:
    """unit 円未満を切り捨てる。"""
    return amount // unit * unit if isinstance(amount, int) else int(amount // unit) * unit


def ceil_to(amount: Amount, unit: int) -> int:
    """unit 円未満を切り上げる。"""
    return -int(-amount // unit) * unit


def half_up_to(amount: Amount, unit: int) -> int:
    """unit 円未満を四捨五入する(ちょうど半分は切り上げ)。負の額には使わない。"""
    return int((2 * amount + unit) // (2 * unit)) * unit


def _rounding(how: Callable[[Amount, int], int], unit: int) -> Callable[[Amount], int]:
    def rounded(amount: Amount) -> int:
        return how(amount, unit)

    return rounded


# 名前 → 端数処理。値のファイルはこの名前だけを書ける。
ROUNDINGS: dict[str, Callable[[Amount], int]] = {
    f"{name}_{unit}": _rounding(how, unit)
    for name, how in (("floor", floor_to), ("ceil", ceil_to), ("half_up", half_up_to))
    for unit in (1, 10, 100, 1000)
}

floor_10 = ROUNDINGS["floor_10"]
floor_100 = ROUNDINGS["floor_100"]
floor_1000 = ROUNDINGS["floor_1000"]
ceil_10 = ROUNDINGS["ceil_10"]
ceil_100 = ROUNDINGS["ceil_100"]
half_up_1 = ROUNDINGS["half_up_1"]
half_up_10 = ROUNDINGS["half_up_10"]
half_up_100 = ROUNDINGS["half_up_100"]


def rounding(name: str) -> Callable[[Amount], int]:
    """名前から端数処理。知らない名前は誤り。"""
    if name not in ROUNDINGS:
        raise ValueError(f"端数処理 {name} はありません({' '.join(ROUNDINGS)})")
    return ROUNDINGS[name]
