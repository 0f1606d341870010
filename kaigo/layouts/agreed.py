"""保険者と、収納代行会社・指定金融機関・財務会計との取決め: 日付のあるデータ(agreed/<団体コード>.yaml)。

値には出どころと確からしさがあり、その日に取決めがなければ NotAgreed(既定値で代えない)。
"""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import yaml

FOLDER = Path(__file__).resolve().parent / "agreed"


class NotAgreed(LookupError):
    """その日の取決めがない。何がなく、どこに書くかを言う。"""


class Agreed(NamedTuple):
    """取決めの値と、出どころ、確からしさ。"""

    value: Any
    source: str
    confidence: str


class Account(NamedTuple):
    """財務会計の款項目節。side: 歳入 | 歳出。"""

    side: str
    kan: str
    kou: str
    moku: str
    setsu: str
    name: str


def agreed(name: str, insurer: str, on: date) -> Agreed:
    """その日の取決めの値: store_limit_yen(円)、store_company_code、payee_number、debit_consignor(全銀91のヘッダの項目)。"""
    for entry in _of(insurer).get("values", ()):
        if entry["name"] == name and _on(entry, on):
            return Agreed(entry["value"], entry["source"], entry["confidence"])
    raise NotAgreed(_lacking(f"取決め {name}", insurer, on))


def account(kind: str, arrears: str, way: str, insurer: str, on: date) -> Account:
    """finance.entries の種別・現年滞繰の別・徴収の別(どれも様式の符号)の款項目節。"""
    for entry in _of(insurer).get("accounts", ()):
        if kind in entry["kind"] and (entry["arrears"], entry["way"]) == (arrears, way) and _on(entry, on):
            return Account(*(entry[key] for key in Account._fields))
    what = f"種別 {kind}・現年滞繰 {arrears}・徴収 {way} の款項目節"
    raise NotAgreed(_lacking(what, insurer, on))


def _on(entry: dict[str, Any], on: date) -> bool:
    return bool(entry["from"] <= on and (entry["to"] is None or on < entry["to"]))


def _lacking(what: str, insurer: str, on: date) -> str:
    return f"団体 {insurer} の {on} の{what}がありません。kaigo/layouts/agreed/{insurer}.yaml に出どころとともに書いてください"


@lru_cache(maxsize=16)
def _of(insurer: str) -> dict[str, Any]:
    path = FOLDER / f"{insurer}.yaml"
    if not (insurer.isascii() and insurer.isdigit() and path.is_file()):
        return {}
    return yaml.safe_load(path.read_text(encoding="utf-8"))
