"""減免の定め(値 `remission.grounds`)の形。訳の名前 → どう減らすか。"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any, NamedTuple

from kaigo.law.values import value
from kaigo.law.yen import Amount, rounding

GROUNDS = ("disaster", "income_fall", "crop_failure", "hardship", "restricted")
EXTENTS = ("year", "from_application", "from_event", "within_event")


class Step(NamedTuple):
    """at_least 以上(損害 ÷ 財産、減る収入 ÷ 前年の収入)なら cut だけ減らす。at_least が零なら比べない。"""

    at_least: Fraction
    cut: Fraction


class Bound(NamedTuple):
    """ひとり世帯の上限の円と、世帯員が一人増えるごとの円。"""

    single: int
    more: int

    def of(self, size: int) -> int:
        """size 人の世帯の上限。"""
        return self.single + self.more * (size - 1)


class Ground(NamedTuple):
    """一つの訳の定め。

    extent: year その年度のすべて・from_application 申請の日から・from_event 訳の始まった日から・within_event 訳の続く間
    に納期限の来る期。no_arrears: 滞納があれば認めない。steps: 減らす割合(小さい順)、rounding: その円の端数。
    to_stage: 下げる先の段階(零なら割合で減らす)。stages: 下げる段階。income / savings: 世帯の上限(定めがなければ None)。
    """

    extent: str
    no_arrears: bool
    steps: tuple[Step, ...]
    rounding: Callable[[Amount], int]
    to_stage: int
    stages: tuple[int, ...]
    income: Bound | None
    savings: Bound | None


@value("remission.grounds")
def _grounds(raw) -> Mapping[str, Ground]:
    if wrong := set(raw) - set(GROUNDS):
        raise ValueError(f"減免の訳は {' '.join(GROUNDS)}({' '.join(sorted(wrong))} は書けません)")
    return {name: _ground(told) for name, told in raw.items()}


def _ground(raw: Mapping[str, Any]) -> Ground:
    if raw["extent"] not in EXTENTS:
        raise ValueError(f"extent は {' '.join(EXTENTS)} のどれか")
    steps = tuple(Step(Fraction(step["at_least"]), Fraction(step["cut"])) for step in raw.get("steps", ()))
    if list(steps) != sorted(steps) or not all(0 < step.cut <= 1 for step in steps):
        raise ValueError("steps は at_least の小さい順に、cut は零より大きく一まで")
    to_stage = int(raw.get("to_stage", 0))
    if bool(steps) == bool(to_stage):
        raise ValueError("steps か to_stage のどちらか一つを書く")
    if to_stage and (raw["extent"] != "year" or not raw.get("stages")):
        raise ValueError("段階を下げる減免は extent: year とし、stages に下げる段階を書く")
    return Ground(
        raw["extent"], bool(raw["no_arrears"]), steps, rounding(raw.get("rounding", "floor_1")), to_stage,
        tuple(raw.get("stages", ())), _bound(raw.get("income")), _bound(raw.get("savings")),
    )  # fmt: skip


def _bound(raw: Mapping[str, int] | None) -> Bound | None:
    return None if raw is None else Bound(int(raw["single"]), int(raw["more"]))
