"""徴収方法と期別を決める事実と答え。金額は円。月は 4 から 14(14 は翌年二月)で書く。"""

from __future__ import annotations

from datetime import date
from typing import Literal, NamedTuple


class Paid(NamedTuple):
    """特別徴収の一回分。month: 4, 6, 8, 10, 12, 14。"""

    month: int
    yen: int


class Levied(NamedTuple):
    """普通徴収で納期限の過ぎた一期分。"""

    number: int
    due_on: date
    yen: int


class DeductionFacts(NamedTuple):
    """特別徴収を決める事実。

    start_month: 特別徴収の始まる月(4 は前から続いている人、newly なら四月に始まる人)。
    february_yen: 前の二月の額(続いている人だけ)。
    provisional: すでに決めた仮徴収の額(仮徴収の決定の後)。requested: 年次の依頼を送ったか。
    current: いま依頼している本徴収の額。ended_on: 資格を失った日(失っていれば)。stopped: 中止をすでに知らせたか。
    """

    fiscal_year: int
    annual_yen: int
    start_month: int
    february_yen: int | None = None
    provisional: tuple[Paid, ...] = ()
    requested: bool = False
    current: tuple[Paid, ...] = ()
    decided_on: date | None = None
    may_level: bool = True
    ended_on: date | None = None
    stopped: bool = False
    newly: bool = False


class Deduction(NamedTuple):
    """特別徴収の一回分の予定。provisional: 仮徴収。"""

    month: int
    yen: int
    provisional: bool


class DeductionPlan(NamedTuple):
    """deductions: 引く予定。direct_yen: 普通徴収で納める残り。refund_yen: 返す額。

    request: start 始める・keep 続ける・stop 止める・none 依頼しない。
    """

    deductions: tuple[Deduction, ...]
    direct_yen: int
    refund_yen: int
    request: Literal["start", "keep", "stop", "none"]


class DirectFacts(NamedTuple):
    """普通徴収を決める事実。yen: 納める額の全体。levied: 納期限の過ぎた期の額。decided_on: 決定する日。"""

    fiscal_year: int
    yen: int
    decided_on: date
    levied: tuple[Levied, ...] = ()


class Instalment(NamedTuple):
    """普通徴収の一期分。"""

    number: int
    due_on: date
    yen: int


class DirectPlan(NamedTuple):
    instalments: tuple[Instalment, ...]
    refund_yen: int


class PlanFacts(NamedTuple):
    """一人の一年度の徴収を決める事実。deduction がなければ普通徴収だけ。"""

    fiscal_year: int
    annual_yen: int
    decided_on: date
    deduction: DeductionFacts | None = None
    levied: tuple[Levied, ...] = ()


class Plan(NamedTuple):
    """way: deduction | direct | both | none。合計 − refund_yen が年額になる。"""

    way: Literal["deduction", "direct", "both", "none"]
    deductions: tuple[Deduction, ...]
    instalments: tuple[Instalment, ...]
    refund_yen: int
    request: Literal["start", "keep", "stop", "none"]
