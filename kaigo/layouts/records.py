"""固定長のファイルをレコードに分ける。行末があってもなくても、レコードは等しい間隔で並ぶ。"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

import polars as pl

from kaigo.layouts.model import LINE_ENDS, Field, Layout
from kaigo.layouts.reading import RESEND, FileError

_DOS_END = b"\x1a"
# 半角の英数字のほかの文字のある型。
_WORDS = ("bank", "kana", "kana_half", "text")


class Records(NamedTuple):
    """content の step バイトごとに一つ、そのうち初めの length バイトが中身。"""

    content: bytes
    length: int
    step: int

    def marks(self) -> bytes:
        """レコード区分(先頭の一バイト)の並び。"""
        return self.content[:: self.step]

    def column(self, offset: int) -> bytes:
        """どのレコードからも、その位置の一バイト。"""
        return self.content[offset :: self.step]

    def one(self, place: int) -> bytes:
        """place 番目(0 から)のレコード。"""
        start = place * self.step
        return self.content[start : start + self.length]

    def of(self, mark: str) -> pl.Series:
        """そのレコード区分のレコードの並び。"""
        code, length = ord(mark), self.length
        starts = range(0, len(self.content), self.step)
        found = [self.content[n : n + length] for n, m in zip(starts, self.marks(), strict=True) if m == code]
        return pl.Series("record", found, dtype=pl.Binary)


def split(content: bytes, layout: Layout) -> Records | FileError:
    """様式の許す行末のどれかで等しく並んでいれば Records、でなければどのレコードが違うか。"""
    assert layout.blocks
    blocks, length = layout.blocks, layout.length
    if blocks.loose_end:
        content = content.removesuffix(_DOS_END)
    for name in blocks.line_ends:
        end = LINE_ENDS[name]
        step = length + len(end)
        last = len(content) % step
        if (last == 0 or (blocks.loose_end and end and last == length)) and content:
            records = Records(content, length, step)
            if _even(records, end, "cr" in blocks.line_ends):
                return records
    return _uneven(content, length)


def _even(records: Records, end: bytes, cr_ends: bool) -> bool:
    """行末はその位置だけにある。CR で終わる様式でなければ、中身の CR は項目の検査に任せる。"""
    content = records.content
    ends = [records.column(records.length + n) for n in range(len(end))]
    if any(found != bytes([byte]) * len(found) for byte, found in zip(end, ends, strict=True)):
        return False
    expected = {byte: len(found) for byte, found in zip(end, ends, strict=True)}
    guarded = b"\r\n" if cr_ends else b"\n"
    return all(content.count(byte) == expected.get(byte, 0) for byte in guarded)


def _uneven(content: bytes, length: int) -> FileError:
    lines = re.split(rb"\r\n|\r|\n", content)
    if len(lines) == 1:
        message = f"ファイルの長さ {len(content):,} バイトが、レコードの長さ {length} バイトで割り切れません"
        return FileError("length", "ファイル", message, RESEND)
    for place, line in enumerate(lines, 1):
        if len(line) != length and (line or place < len(lines)):
            message = f"レコードの長さが {length} バイトではありません({len(line):,} バイト)"
            return FileError("length", f"{place:,}レコード目", message, RESEND)
    return FileError("length", "ファイル", "レコードの行末がそろっていません", RESEND)


def offsets(fields: tuple[Field, ...]) -> Iterator[tuple[Field, int]]:
    """項目と、レコードの中の位置(0 から)。"""
    place = 0
    for field in fields:
        yield field, place
        place += field.length or 0


def texts(records: pl.Series, fields: tuple[Field, ...], keep: str = "") -> pl.DataFrame:
    """レコードの並び → 項目の文字の列。両端の空白を除く(金額を除く)。CP932 で読めない値は null。

    keep: 値のない印だけの欄を、空にせずそのまま読む項目。
    """
    valued = [(f, place) for f, place in offsets(fields) if f.type not in ("blank", "mark")]
    parts = pl.DataFrame({"record": records}).select(
        pl.col("record").bin.slice(place, field.length).alias(field.key) for field, place in valued
    )
    decoded = _decoded(parts, [field.key for field, _ in valued if field.type not in _WORDS])
    return decoded.select(_cleaned(field, keep) for field, _ in valued)


def _cleaned(field: Field, keep: str) -> pl.Expr:
    text = pl.col(field.key)
    if field.type != "amount":
        text = text.str.strip_chars(" 　")
    if not field.omitted or field.key == keep:
        return text
    empty = text.str.strip_chars(field.omitted) == ""
    return pl.when(empty).then(pl.lit("")).otherwise(text).alias(field.key)


def text_of(
    record: bytes, fields: tuple[Field, ...], keep: str = "", errors: str = "strict"
) -> dict[str, str]:
    """一つのレコードの項目。読み方は texts と同じ。errors: replace なら読めない文字を置き換え、strict なら UnicodeDecodeError。"""
    found = {}
    for field, offset in offsets(fields):
        if field.type in ("blank", "mark"):
            continue
        text = record[offset : offset + (field.length or 0)].decode("cp932", errors)
        text = text if field.type == "amount" else text.strip(" 　")
        empty = field.omitted and field.key != keep and not text.strip(field.omitted)
        found[field.key] = "" if empty else text
    return found


def _decoded(parts: pl.DataFrame, plain: list[str]) -> pl.DataFrame:
    """バイトの列 → 文字の列。plain: ふつう半角の英数字だけの列。UTF-8 としても読める CP932 があるので、ASCII を確かめる。"""
    try:
        texts = parts.select(pl.col(plain).cast(pl.String))
        odd = texts.select(pl.all().str.contains(r"[^\x00-\x7f]").any())
        plain = [key for key in plain if not odd[key][0]]
    except pl.exceptions.ComputeError:
        texts, plain = parts, []
    return pl.DataFrame([texts[key] if key in plain else _words(parts[key]) for key in parts.columns])


def _words(part: pl.Series) -> pl.Series:
    """CP932 の列。改行はどのレコードの中にもないので、改行でつないで一度に読む(読めない値があれば一つずつ)。"""
    values = part.to_list()
    try:
        found: list[str] | list[str | None] = b"\n".join(values).decode("cp932").split("\n") if values else []
    except UnicodeDecodeError:
        found = [_decode(value) for value in values]
    return pl.Series(part.name, found, dtype=pl.String)


def _decode(value: bytes) -> str | None:
    try:
        return value.decode("cp932")
    except UnicodeDecodeError:
        return None
