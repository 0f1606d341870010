"""実例。職員が読んで確かめられる YAML の並び: {case, id?, rule, on, insurer?, facts, expect, source}。"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from kaigo.law import plain_yaml
from kaigo.law.codec import FactsError, decode, encode
from kaigo.law.reasons import Unclear
from kaigo.law.rule import rules
from kaigo.law.values import Book, NoValue, ValueMissing

FOLDER = Path(__file__).resolve().parent.joinpath("cases")
_KEYS = {"case", "id", "rule", "on", "insurer", "facts", "expect", "source", "confidence"}


class Case(NamedTuple):
    """実例一つと、その場所。"""

    case: str
    id: str
    rule: str
    on: date
    insurer: str
    facts: dict
    expect: Any
    source: str
    file: str
    line: int


class Failure(NamedTuple):
    """合わなかった実例。"""

    case: str
    file: str
    line: int
    expected: Any
    got: Any


class CaseError(ValueError):
    """実例のファイルが読めない。"""


def read(path: Path) -> list[Case]:
    """一つのファイルの実例。"""
    text = path.read_text(encoding="utf-8")
    try:
        node = plain_yaml.compose(text)
        data = plain_yaml.load(text) or []
    except yaml.YAMLError as error:
        raise CaseError(f"{path}: YAML として読めません: {error}") from error
    if not isinstance(data, list):
        raise CaseError(f"{path}: 実例の並びではありません")
    found = []
    for raw, item in zip(data, node.value if node else [], strict=True):
        line = item.start_mark.line + 1
        if not isinstance(raw, dict):
            raise CaseError(f"{path}:{line}: 実例は {{case, rule, on, facts, expect, source}} の組です")
        lacking = {"case", "rule", "on", "facts", "expect", "source"} - set(raw)
        unknown = set(raw) - _KEYS
        if lacking or unknown:
            raise CaseError(f"{path}:{line}: 足りない {sorted(lacking)} 知らない {sorted(unknown)}")
        found.append(
            Case(raw["case"], str(raw.get("id", "")), raw["rule"], _day(raw["on"], f"{path}:{line}"),
                 str(raw.get("insurer", "standard")),
                 raw["facts"], raw["expect"], raw["source"], str(path), line)
        )  # fmt: skip
    return found


def _day(raw: Any, where: str) -> date:
    try:
        return decode(date, raw, "on")
    except FactsError as error:
        raise CaseError(f"{where}: {error}") from error


def files(paths: list[Path] | None = None) -> list[Path]:
    """調べるファイル。何も渡さなければ cases の下すべて。"""
    return list(paths) if paths else sorted(FOLDER.rglob("*.yaml"))


def judge(case: Case, book: Book) -> Any:
    """実例の規則を呼び、比べられる形の答えを返す。"""
    chosen = rules().get(case.rule)
    if chosen is None:
        return {"error": f"規則 {case.rule} はありません"}
    try:
        facts = decode(chosen.facts, case.facts)
        found = chosen.judge(facts, book.values(case.insurer, case.on))
    except ValueMissing as error:
        return {"unclear": [error.what]}
    except (FactsError, NoValue, OverflowError, ValueError) as error:
        return {"error": str(error)}
    if isinstance(found, Unclear):
        return {"unclear": [missing.what for missing in found.missing]}
    return encode(found.value)


def check(paths: list[Path] | None, book: Book) -> tuple[int, list[Failure]]:
    """(合った数, 合わなかった実例)。"""
    passed, failed = 0, []
    for path in files(paths):
        for case in read(path):
            got = judge(case, book)
            if covers(encode(case.expect), got):
                passed += 1
            else:
                failed.append(Failure(case.case, case.file, case.line, encode(case.expect), got))
    return passed, failed


def covers(expected: Any, got: Any) -> bool:
    """expected が got の一部として合うか。辞書は書いた項目だけ、並びは全体を比べる。"""
    if isinstance(expected, dict):
        return isinstance(got, dict) and all(
            key in got and covers(item, got[key]) for key, item in expected.items()
        )
    if isinstance(expected, list):
        return (
            isinstance(got, list)
            and len(expected) == len(got)
            and all(covers(e, g) for e, g in zip(expected, got, strict=True))
        )
    return type(expected) is type(got) and expected == got
