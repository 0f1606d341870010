"""What the screens say of causes, terms and days, in Japanese."""

from __future__ import annotations

from kaigo.insurance.collection.read import part_label
from kaigo.insurance.refunds.causes import CAUSES, PAID
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
    "prescribed": "徴収できなくなった(時効など)後の{day}に納められました",
}


def why(one: Overpaid) -> str:
    """Why a part was paid too much, with the day of the payment that is the cause, or of the lower levy."""
    day = min(paid.paid_on for paid in one.payments) if one.cause in PAID else one.since
    return _WHY[one.cause].format(day=wareki(day))


def term(fiscal_year: int, way: str, number: int) -> str:
    """令和8年度 第3期."""
    return f"{fiscal_year_name(fiscal_year)} {part_label(way, number)}"


def cause(key: str) -> str:
    """減額更正."""
    return CAUSES[key]
