"""様式: 交換するファイルの項目を日付のあるデータとして表す。新しい版は新しい YAML であり、Python は変わらない。"""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import yaml

FOLDER = Path(__file__).resolve().parent / "editions"
CSV_HEAD = ("区分", "様式", "版", "団体コード", "作成年月日", "連番", "全件差分")
TYPES = {
    "digits", "code", "kana", "text", "date", "birth", "yen", "int", "year",
    "amount", "blank", "kana_half", "date_or_blank", "stages",
}  # fmt: skip


class LayoutError(ValueError):
    """様式の定義の誤り。"""


class Field(NamedTuple):
    """項目一つ。length は固定の桁(固定長ではバイト)、max は最大の文字数。"""

    key: str
    name: str
    type: str
    required: bool = False
    length: int | None = None
    max: int | None = None
    codes: tuple[tuple[str, str], ...] = ()


class Layout(NamedTuple):
    """様式の一つの版。key は行を見分ける項目、total は後尾の合計に使う項目。"""

    name: str
    title: str
    form: str  # csv | fixed
    encoding: str
    edition: str
    start: date
    end: date | None
    source: str
    confidence: str
    fields: tuple[Field, ...]
    key: tuple[str, ...] = ()
    total: str = ""
    length: int = 0
    records: tuple[tuple[str, tuple[Field, ...]], ...] = ()
    notices: tuple[tuple[str, str], ...] = ()

    def field(self, key: str) -> Field:
        """鍵から項目。"""
        return next(f for f in self.fields if f.key == key)

    def columns(self) -> tuple[Field, ...]:
        """値をもつ項目(余白を除く)。読んだ行の項目はこの順。"""
        return tuple(f for f in self.fields if f.type != "blank")

    def record(self, mark: str) -> tuple[Field, ...]:
        """固定長のレコード区分の項目。"""
        return dict(self.records)[mark]


@lru_cache(maxsize=1)
def layouts() -> dict[str, tuple[Layout, ...]]:
    """名前 → 版(古い順)。"""
    found: dict[str, list[Layout]] = {}
    for path in sorted(FOLDER.glob("*.yaml")):
        layout = _read(path)
        found.setdefault(layout.name, []).append(layout)
    return {name: tuple(sorted(editions, key=lambda e: e.start)) for name, editions in found.items()}


def get(name: str, on: date | None = None) -> Layout:
    """名前と日から版を選ぶ。日がなければ最も新しい版。なければ KeyError。"""
    editions = layouts()[name]
    if on is None:
        return editions[-1]
    for layout in editions:
        if layout.start <= on and (layout.end is None or on < layout.end):
            return layout
    raise KeyError(f"{name} の {on} の版はありません")


def _read(path: Path) -> Layout:
    raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    records = tuple(
        (mark, tuple(_field(path, f) for f in fields)) for mark, fields in raw.get("records", {}).items()
    )
    for mark, fields in records:
        if sum(f.length or 0 for f in fields) != raw["length"]:
            raise LayoutError(f"{path.name}: レコード {mark} の長さの合計が {raw['length']} になりません")
    fields = tuple(_field(path, f) for f in raw.get("fields", ())) or dict(records)["2"]
    return Layout(
        raw["name"], raw["title"], raw["form"], raw["encoding"], str(raw["edition"]), raw["from"], raw["to"],
        raw["source"], raw["confidence"], fields, tuple(raw.get("key", ())), raw.get("total", ""),
        raw.get("length", 0), records, tuple(raw.get("notices", {}).items()),
    )  # fmt: skip


def _field(path: Path, raw: dict) -> Field:
    if raw["type"] not in TYPES:
        raise LayoutError(f"{path.name}: {raw['name']} の型 {raw['type']} はありません")
    codes = tuple((str(code), str(name)) for code, name in raw.get("codes", {}).items())
    return Field(
        raw["key"],
        raw["name"],
        raw["type"],
        bool(raw.get("required")),
        raw.get("length"),
        raw.get("max"),
        codes,
    )
