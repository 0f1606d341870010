"""読んだ結果の形。正しい行、断った行、ファイルとして読めない理由。部分だけを黙って返すことはない。"""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

import polars as pl


class FileError(NamedTuple):
    """ファイル全体を断る理由。where: 場所、rule: 規則の名、message: 何が、remedy: どうするか。"""

    rule: str
    where: str
    message: str
    remedy: str


class LineError(NamedTuple):
    """一行を断る理由。line: ファイルの行(1 から)、column: 項目の並び(1 から)、field: 項目名。"""

    line: int
    column: int
    field: str
    rule: str
    value: str
    message: str
    remedy: str


class Header(NamedTuple):
    """先頭の行。mode: full 全件・changes 差分。全銀の答えのある様式では request 依頼・result 結果。

    連番のない様式の sequence は 0、作成年月日のない様式の made_on は None。
    """

    layout: str
    edition: str
    insurer: str
    made_on: date | None
    sequence: int
    mode: str


class Reading(NamedTuple):
    """rows: 正しい行(line と項目の鍵、すべて文字)。problems があれば rows は空で、何も使えない。

    rejected: 断った行の番号 → 項目ごとの文字(数が合わないこともある)。header は読めたときだけある。
    """

    header: Header | None
    rows: pl.DataFrame
    refused: list[LineError]
    problems: list[FileError]
    lines: int
    rejected: dict[int, list[str]]


RESEND = "送り手に送り直しを頼んでください"
BROKEN = f"ファイルが壊れています。{RESEND}"


def nothing(*problems: FileError, header: Header | None = None, lines: int = 0) -> Reading:
    """ファイル全体を断る。"""
    return Reading(header, pl.DataFrame(), [], list(problems), lines, {})
