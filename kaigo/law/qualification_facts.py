"""資格を決める事実と答え。日は事由の起きた日、期間は半開。"""

from __future__ import annotations

from datetime import date
from typing import Literal, NamedTuple

from kaigo.law.reasons import Missing

AcquisitionReason = Literal[
    "age_65",
    "second_to_first",
    "second_category",
    "moved_in",
    "foreign_registered",
    "naturalised",
    "nationality",
    "ex_officio",
    "left_exclusion",
    "other_exception_ended",
    "own_exception",
    "other",
]
LossReason = Literal[
    "moved_out", "moved_out_planned", "moved_abroad", "died", "ex_officio", "nationality_lost", "excluded",
    "own_exception_ended", "other_exception", "no_medical_insurance", "other",
]  # fmt: skip
# 事由の符号は一つの自治体システムのもの(全国共通の符号ではない)。
ACQUIRED = {
    "age_65": "02", "second_to_first": "31", "second_category": "04", "moved_in": "01", "foreign_registered": "03",
    "naturalised": "09", "nationality": "12", "ex_officio": "18", "left_exclusion": "08",
    "other_exception_ended": "07", "own_exception": "05", "other": "49",
}  # fmt: skip
LOST = {
    "moved_out": "51", "moved_out_planned": "51", "moved_abroad": "51", "died": "52", "ex_officio": "68",
    "nationality_lost": "57", "excluded": "53", "own_exception_ended": "55", "other_exception": "58",
    "no_medical_insurance": "99", "other": "99",
}  # fmt: skip


class AcquisitionFacts(NamedTuple):
    """取得の事由と日。age_65 と second_to_first(第2号の台帳の人)は birth_date、ほかは day(事由の起きた日)を使う。

    second_category: 第2号(四十歳以上の医療保険加入者)の認定申請または被保険者証の交付請求による取得。
    """

    reason: AcquisitionReason
    birth_date: date | None = None
    day: date | None = None


class Acquisition(NamedTuple):
    acquired_on: date
    code: str


class LossFacts(NamedTuple):
    """喪失の事由と日。no_medical_insurance: 第2号が医療保険加入者でなくなった。taken_on: 他の市町村の区域内に住所を有するに至った日。to_facility: 転出先が登録施設の住所。"""

    reason: LossReason
    day: date
    taken_on: date | None = None
    to_facility: bool = False


class Loss(NamedTuple):
    """lost_on: 資格のない最初の日。provisional: 転入通知を待つ仮の喪失。"""

    lost_on: date
    code: str
    provisional: bool


class MonthsFacts(NamedTuple):
    fiscal_year: int
    acquired_on: date
    lost_on: date | None = None


class Months(NamedTuple):
    """months: 月の数、by_month: 四月からの十二か月のうち資格のある月(4 から 15、15 は翌年三月)。"""

    months: int
    by_month: tuple[int, ...]


class Stay(NamedTuple):
    """この市町村に住所があった間。end は終わらせた事由の日(その日まで住んでいる)。"""

    start: date
    start_reason: AcquisitionReason
    end: date | None = None
    end_reason: LossReason | None = None
    taken_on: date | None = None
    to_facility: bool = False
    planned_on: date | None = None


class Exclusion(NamedTuple):
    """適用除外施設にいる間。entered の翌日から left の前日まで除かれる。grant: 支給決定の種類。"""

    kind: str
    entered: date
    left: date | None = None
    grant: str = ""


class Exception_(NamedTuple):
    """住所地特例の間。own: 当方の被保険者が他の市町村に住む。other: 他の市町村の被保険者が当方に住む。"""

    which: Literal["own", "other"]
    start: date
    end: date | None = None
    end_reason: LossReason | None = None


class LifeFacts(NamedTuple):
    """資格を決める事実のすべて。日の順。"""

    birth_date: date | None
    stays: tuple[Stay, ...] = ()
    exclusions: tuple[Exclusion, ...] = ()
    exceptions: tuple[Exception_, ...] = ()


class Period(NamedTuple):
    """資格の期間 [acquired_on, lost_on)。符号は取得・喪失の事由。"""

    acquired_on: date
    acquired_code: str
    lost_on: date | None
    lost_code: str
    provisional: bool


class Life(NamedTuple):
    """periods: 資格の期間。holds: 決める前に人が確かめること(期間は確かめるまで続くものとする)。"""

    periods: tuple[Period, ...]
    holds: tuple[Missing, ...]
