"""平準化: 仮徴収と本徴収の差をならすために六月または八月の額を変える。公表された四つの方法。"""

from __future__ import annotations

from kaigo.law.instalment_facts import Deduction


def level(same: tuple[Deduction, ...], annual: int, method: str, unit: int) -> tuple[Deduction, ...]:
    """四月・六月・八月の同じ額から始めて、方法に従って後の月を変える。unit 円未満は切り捨て、結果が 0 以下なら変えない。"""
    april, june, august = (part.yen for part in same)
    if method == "june_1_1":
        # 仮徴収の合計と本徴収の合計を等しくする。
        june = august = _or(june, (annual // 2 - april) // 2, unit)
    elif method == "june_5":
        june = august = _or(june, (annual - april) // 5, unit)
    elif method == "august_1_1":
        august = _or(august, annual // 2 - april - june, unit)
    elif method == "august_4":
        august = _or(august, (annual - april - june) // 4, unit)
    return tuple(part._replace(yen=yen) for part, yen in zip(same, (april, june, august), strict=True))


def _or(before: int, yen: int, unit: int) -> int:
    found = yen // unit * unit
    return found if found > 0 else before
