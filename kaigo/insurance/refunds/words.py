"""What the screens say of causes, terms and days, in Japanese."""

from __future__ import annotations

from kaigo.insurance.collection.read import part_label
from kaigo.insurance.refunds.causes import CAUSES
from kaigo.insurance.refunds.gather import Overpaid
from kaigo.law.dates import fiscal_year_name, wareki

_WHY = {
    "reassessed": "{day}の更正で調定が下がり、納めた額が調定を超えました",
    "lost": "資格を失ったことによる{day}の更正で調定が下がり、納めた額が調定を超えました",
    "remitted": "{day}の減免で調定が下がり、納めた額が調定を超えました",
    "moved": "{day}に納め方が変わり、この期の調定がほかの期に移りました",
    "twice": "{day}に、もう納められていた期に同じ額が納められました",
    "too_much": "{day}に、調定を超える額が納められました",
    "after_death": "死亡した後の{day}に、年金から徴収されました",
    "prescribed": "不納欠損(時効など)にした後の{day}に納められました",
}


def why(one: Overpaid) -> str:
    """Why a part was paid too much, with its day."""
    return _WHY[one.cause].format(day=wareki(one.since))


def term(fiscal_year: int, way: str, number: int) -> str:
    """令和8年度 第3期."""
    return f"{fiscal_year_name(fiscal_year)} {part_label(way, number)}"


def cause(key: str) -> str:
    """減額更正."""
    return CAUSES[key]
