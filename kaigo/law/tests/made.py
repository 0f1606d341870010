"""試験のための作りものの値のフォルダ。"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path

from kaigo.law.values import Book, Values

_TOLD = "from: 2010-01-01, to: null, source: 作りもの, confidence: fictional, checked_on: 2026-11-30"


def book(root: Path, told: Mapping[str, str | None], on: date = date(2026, 4, 1)) -> Values:
    """名前 → 値(YAML の文)の国の値をもつ、作りものの保険者 999999 の値。None は分からない値(what は「名前 の値」)。"""
    national = root / "national"
    national.mkdir(parents=True)
    rows = [
        f"- {{name: {name}, value: {text}, {_TOLD}}}\n"
        if text is not None
        else f"- {{name: {name}, value: null, {_TOLD}, missing: [{{what: {name} の値, blocks: 試験}}]}}\n"
        for name, text in told.items()
    ]
    national.joinpath("a.yaml").write_text("".join(rows), encoding="utf-8")
    folder = root / "insurers" / "999999"
    folder.mkdir(parents=True)
    folder.joinpath("insurer.yaml").write_text("{code: '999999', name: 作りもの}", encoding="utf-8")
    return Book(root).values("999999", on)
