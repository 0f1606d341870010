"""様式: 交換するファイルの項目を日付のあるデータとして表す。新しい版は新しい YAML であり、Python は変わらない。

固定長の塊の並び(どのレコード区分が先頭・データ・後尾・終わりか、後尾のどの項目がどの金額の件数と合計か、行末)もデータである。
入手していない様式は form: missing と書く。名前は知られているが、読むことも書くこともできない(NotObtained)。
"""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import yaml

FOLDER = Path(__file__).resolve().parent / "editions"
CSV_HEAD = ("区分", "様式", "版", "団体コード", "作成年月日", "連番", "全件差分")
TYPES = {
    "digits", "code", "kana", "text", "date", "birth", "yen", "int", "year", "amount", "blank", "kana_half",
    "date_or_blank", "stages", "mark", "bank", "month_day", "moment", "barcode", "slip",
}  # fmt: skip
# 行の項目にならない型: 余白と、並びだけに使うレコード区分。
_NOT_A_COLUMN = ("blank", "mark")
LINE_ENDS = {"none": b"", "cr": b"\r", "crlf": b"\r\n", "lf": b"\n"}


class LayoutError(ValueError):
    """様式の定義の誤り。"""


class NotObtained(LookupError):
    """様式を入手していない。何がなく、何をすればよいかを言う。"""


class Field(NamedTuple):
    """項目一つ。length は固定の桁(固定長ではバイト)、max は最大の文字数、least・most は最小・最大の値(円)。

    signs: 銀行の文字(bank)で、カナ・英大文字・数字・空白のほかに書いてよい記号。cut: 長い値の先頭だけを書いてよい。
    omitted: 値がないときに欄を埋める文字(固定長)。その文字だけの欄は、値がないと読む。
    within: (項目, 桁の初め 0 から, 桁数): 値がその項目の中の数字と同じであること。
    """

    key: str
    name: str
    type: str
    required: bool = False
    length: int | None = None
    max: int | None = None
    codes: tuple[tuple[str, str], ...] = ()
    least: int | None = None
    signs: str = ""
    cut: bool = False
    omitted: str = ""
    within: tuple[str, int, int] | None = None
    most: int | None = None


class Total(NamedTuple):
    """後尾の一組: 件数の項目と、(合計の項目, 足す項目)。when: 答えがこの符号のレコードだけ(空はすべて)。"""

    count: str
    sums: tuple[tuple[str, str], ...]
    when: tuple[str, ...] = ()


class Blocks(NamedTuple):
    """固定長のファイルの塊の並び: (先頭 データ… 後尾)…、あれば終わり。

    head・data・tail・end はレコード区分(end が空なら終わりのレコードはない)。line_ends は許す行末で、最初のものを書く。
    loose_end: 最後の行末がなくても、MS-DOS の終わりの印(1A)があってもよい。insurer: 市町村コードの項目(空なら確かめない)。
    made_on: 作成年月日の項目。carry: データの行に写す先頭の項目。answer: 返ってきたファイルだけで意味をもつ項目。
    """

    head: str
    data: str
    tail: str
    end: str = ""
    line_ends: tuple[str, ...] = ("none",)
    loose_end: bool = False
    insurer: str = ""
    made_on: str = ""
    carry: tuple[str, ...] = ()
    answer: str = ""
    totals: tuple[Total, ...] = ()


class Notice(NamedTuple):
    """通知内容コードの一つと、その確からしさ。"""

    code: str
    name: str
    confidence: str


class Layout(NamedTuple):
    """様式の一つの版。key は行を見分ける項目、total は後尾の合計に使う項目。only: answer なら、返ってきたファイルだけ。

    missing: 入手していない様式について、何がなく、何をすればよいか。
    """

    name: str
    title: str
    form: str  # csv | fixed | missing
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
    notices: tuple[Notice, ...] = ()
    blocks: Blocks | None = None
    only: str = ""
    missing: str = ""

    def field(self, key: str) -> Field:
        """鍵から項目。"""
        return next(f for f in self.fields if f.key == key)

    def columns(self) -> tuple[Field, ...]:
        """値をもつ項目(余白とレコード区分の印を除く)。読んだ行の項目はこの順。"""
        return tuple(f for f in self.fields if f.type not in _NOT_A_COLUMN)

    def record(self, mark: str) -> tuple[Field, ...]:
        """固定長のレコード区分の項目。"""
        return dict(self.records)[mark]


@lru_cache(maxsize=1)
def known() -> dict[str, tuple[Layout, ...]]:
    """名前 → 版(古い順)。入手していない様式も含む。"""
    found: dict[str, list[Layout]] = {}
    for path in sorted(FOLDER.glob("*.yaml")):
        layout = _read(path)
        found.setdefault(layout.name, []).append(layout)
    return {name: tuple(sorted(editions, key=lambda e: e.start)) for name, editions in found.items()}


@lru_cache(maxsize=1)
def layouts() -> dict[str, tuple[Layout, ...]]:
    """読み書きできる様式: 名前 → 版(古い順)。"""
    usable = {name: tuple(e for e in editions if not e.missing) for name, editions in known().items()}
    return {name: editions for name, editions in usable.items() if editions}


def get(name: str, on: date | None = None) -> Layout:
    """名前と日から版を選ぶ。日がなければ最も新しい版。なければ KeyError、入手していなければ NotObtained。"""
    editions = known()[name]
    if on is None:
        newest = layouts()[name][-1] if name in layouts() else editions[-1]
        return _usable(newest)
    for layout in editions:
        if layout.start <= on and (layout.end is None or on < layout.end):
            return _usable(layout)
    raise KeyError(f"{name} の {on} の版はありません")


def _usable(layout: Layout) -> Layout:
    if layout.missing:
        raise NotObtained(f"{layout.title}: {layout.missing}")
    return layout


def _read(path: Path) -> Layout:
    raw = _raw(path)
    records = tuple(
        (mark, tuple(_field(path, f) for f in fields)) for mark, fields in raw.get("records", {}).items()
    )
    for mark, record in records:
        if sum(f.length or 0 for f in record) != raw["length"]:
            raise LayoutError(f"{path.name}: レコード {mark} の長さの合計が {raw['length']} になりません")
    blocks = _blocks(path, raw, dict(records)) if records else None
    fields = _fields(path, raw, dict(records), blocks)
    return Layout(
        raw["name"], raw["title"], raw["form"], raw.get("encoding", ""), str(raw["edition"]), raw["from"], raw["to"],
        raw["source"], raw["confidence"], fields, tuple(raw.get("key", ())), raw.get("total", ""),
        raw.get("length", 0), records, _notices(raw), blocks, raw.get("only", ""),
        raw.get("missing", ""),
    )  # fmt: skip


def _raw(path: Path) -> dict:
    """YAML の中身。records_of: 同じレコードをほかの使い方で読む様式は、そのレコードと並びを使う。"""
    raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    if "records_of" not in raw:
        return raw
    shared = yaml.safe_load((FOLDER / f"{raw['records_of']}.yaml").read_text(encoding="utf-8"))
    return {key: shared[key] for key in ("length", "blocks", "records")} | raw


def _notices(raw: dict) -> tuple[Notice, ...]:
    return tuple(
        Notice(code, told["name"], told.get("confidence", raw["confidence"]))
        for code, told in raw.get("notices", {}).items()
    )


def _fields(
    path: Path, raw: dict, records: dict[str, tuple[Field, ...]], blocks: Blocks | None
) -> tuple[Field, ...]:
    """行の項目: CSV は fields、固定長はデータのレコードと、先頭から写す項目。"""
    if blocks is None:
        return tuple(_field(path, f) for f in raw.get("fields", ()))
    head = {f.key: f for f in records[blocks.head]}
    return records[blocks.data] + tuple(head[key] for key in blocks.carry)


def _blocks(path: Path, raw: dict, records: dict[str, tuple[Field, ...]]) -> Blocks:
    given = dict(raw["blocks"])
    totals = tuple(
        Total(t["count"], tuple(t["sums"].items()), tuple(str(code) for code in t.get("when", ())))
        for t in given.pop("totals")
    )
    ends, carry = tuple(given.pop("line_ends")), tuple(given.pop("carry", ()))
    blocks = Blocks(**{"line_ends": ends, "carry": carry, "totals": totals} | given)
    marks = {blocks.head, blocks.data, blocks.tail, *([blocks.end] if blocks.end else [])}
    if set(records) != marks or any(len(mark) != 1 for mark in marks) or not set(ends) <= set(LINE_ENDS):
        raise LayoutError(f"{path.name}: 塊の並び(blocks)がレコードと合いません")
    tail, data = ({f.key for f in records[mark]} for mark in (blocks.tail, blocks.data))
    wanted = {t.count for t in totals} | {total for t in totals for total, _ in t.sums}
    if not wanted <= tail or not {key for t in totals for _, key in t.sums} <= data:
        raise LayoutError(f"{path.name}: 後尾の件数か合計の項目がありません")
    if blocks.insurer and len({_place(blocks.insurer, record) for record in records.values()}) > 1:
        raise LayoutError(f"{path.name}: 市町村コードの位置がレコードで違います")
    if not set(carry) <= {f.key for f in records[blocks.head]}:
        raise LayoutError(f"{path.name}: 先頭から写す項目(carry)がありません")
    if any(t.when for t in totals) != bool(blocks.answer) or (blocks.answer and blocks.answer not in data):
        raise LayoutError(f"{path.name}: 答えの項目(answer)と、答えの件数と合計(when)が合いません")
    return blocks


def _place(key: str, record: tuple[Field, ...]) -> int:
    before = [f.key for f in record].index(key)
    return sum(f.length or 0 for f in record[:before])


def _field(path: Path, raw: dict) -> Field:
    unknown = raw.keys() - set(Field._fields)
    if raw["type"] not in TYPES or unknown:
        what = "、".join(sorted(unknown)) or f"型 {raw['type']}"
        raise LayoutError(f"{path.name}: {raw['name']} の {what} はありません")
    codes = tuple((str(code), str(name)) for code, name in raw.get("codes", {}).items())
    within = (str(raw["within"][0]), *raw["within"][1:]) if "within" in raw else None
    return Field(**raw | {"codes": codes, "within": within})
