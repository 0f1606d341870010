"""固定長のファイル(バイトで数える)。塊の並びと件数・合計は blocks、レコードへの切分けは records。"""

from __future__ import annotations

from datetime import date

import polars as pl

from kaigo.layouts.blocks import ANSWERED, ASKED, Span, Walk, walk
from kaigo.layouts.checks import check
from kaigo.layouts.model import Field, Layout
from kaigo.layouts.reading import BROKEN, RESEND, FileError, Header, LineError, Reading, nothing
from kaigo.layouts.records import Records, split, text_of, texts

_ENCODING = "文字の符号が CP932 ではありません"


def read_fixed(content: bytes, layout: Layout, insurer: str | None) -> Reading:
    """レコードの長さ、塊の並び、件数と合計を確かめてから項目に分ける。行の番号はレコードの番号(1 から)。

    header の mode: 答えのある様式では request(依頼)か result(結果)。依頼なら、答えの項目は空。
    """
    assert layout.blocks
    if b"\x00" in content:
        where = f"{content.index(bytes(1)) // layout.length + 1:,}レコード目"
        return nothing(FileError("nul", where, "ファイルに NUL があります", BROKEN))
    records = split(content, layout)
    if isinstance(records, FileError):
        return nothing(records)
    header, problem = _header(records, layout)
    data = records.of(layout.blocks.data)
    if problem:
        return nothing(problem, header=header, lines=len(data))
    found = walk(records, layout, data, insurer)
    if isinstance(found, FileError):
        return nothing(found, header=header, lines=len(data))
    assert header
    header = header._replace(mode=found.mode)
    heads = _heads(records, layout, [span.head for span in found.spans])
    if isinstance(heads, FileError):
        return nothing(heads, header=header, lines=len(data))
    rows, refused, rejected = _rows(records, layout, data, found, heads)
    good, errors = check(rows, _columns(layout, found.mode), offset=1)
    if errors:
        wrong = rows.filter(pl.col("line").is_in({error.line for error in errors}))
        rejected |= {line: list(values) for line, *values in wrong.iter_rows()}
    return Reading(header, good, sorted([*refused, *errors]), [], len(data), rejected)


def _header(records: Records, layout: Layout) -> tuple[Header | None, FileError | None]:
    """最初の塊の先頭。固定長の交換ファイルには連番がない。作成年月日と団体は、ある様式だけ。"""
    assert layout.blocks
    blocks = layout.blocks
    record = records.one(0)
    try:
        first = text_of(record, layout.record(blocks.head))
    except UnicodeDecodeError:
        return None, FileError("encoding", "1レコード目", _ENCODING, RESEND)
    made = _day(first[blocks.made_on]) if blocks.made_on else None
    if blocks.made_on and made is None:
        return None, FileError("made_on", "1レコード目", "作成年月日が日付ではありません", RESEND)
    # 様式の選び違いは、件数や合計の違いより先に言う。
    wrong = _heads(records, layout, [0]) if record[:1] == blocks.head.encode() else None
    code = first[blocks.insurer] if blocks.insurer else ""
    header = Header(layout.name, layout.edition, code, made, 0, "changes")
    return header, wrong if isinstance(wrong, FileError) else None


def _heads(records: Records, layout: Layout, places: list[int]) -> pl.DataFrame | FileError:
    """塊ごとの先頭(places)の、行に写す項目。行に入るものなので、先頭のほかの項目とともに検査する。"""
    assert layout.blocks
    if not layout.blocks.carry:
        return pl.DataFrame()
    head = layout.record(layout.blocks.head)
    fields = tuple(f for f in head if f.type not in ("blank", "mark"))
    rows: list[list[int | str]] = []
    for place in places:
        try:
            rows.append([place + 1, *text_of(records.one(place), head).values()])
        except UnicodeDecodeError:
            return FileError("encoding", f"{place + 1:,}レコード目", _ENCODING, RESEND)
    heads = pl.DataFrame(rows, schema={"line": pl.Int64, **{f.key: pl.String for f in fields}}, orient="row")
    _, errors = check(heads, fields, offset=1)
    if errors:
        first = errors[0]
        remedy = f"様式の選び違いでなければ、{RESEND}"
        return FileError(first.rule, f"{first.line:,}レコード目", f"{first.message}({first.value})", remedy)
    return heads.select(layout.blocks.carry)


def _columns(layout: Layout, mode: str) -> tuple[Field, ...]:
    """検査する項目。結果のファイルでは、答えのないレコードを断る。"""
    assert layout.blocks
    answer = layout.blocks.answer if mode == ANSWERED else ""
    return tuple(f._replace(required=True) if f.key == answer else f for f in layout.columns())


def _rows(
    records: Records, layout: Layout, data: pl.Series, found: Walk, heads: pl.DataFrame
) -> tuple[pl.DataFrame, list[LineError], dict[int, list[str]]]:
    """(項目に分けた行、符号の違うレコード、その文字)。"""
    assert layout.blocks
    blocks = layout.blocks
    fields = layout.record(blocks.data)
    frame = texts(data, fields, keep=blocks.answer)
    if found.mode == ASKED:
        frame = frame.with_columns(pl.lit("").alias(blocks.answer))
    if blocks.carry:
        frame = frame.hstack(_carried(heads, found.spans))
    frame = frame.insert_column(0, _lines(found.spans))
    broken = frame.select(pl.any_horizontal(pl.all().is_null())).to_series()
    if not broken.any():
        return frame, [], {}
    refused, rejected = [], {}
    for line, *carried in frame.filter(broken).select("line", *blocks.carry).iter_rows():
        message, remedy = _ENCODING, "送り手に確かめてください"
        refused.append(LineError(line, 1, "レコード", "encoding", "", message, remedy))
        found_texts = text_of(records.one(line - 1), fields, blocks.answer, "replace")
        if found.mode == ASKED:
            found_texts[blocks.answer] = ""
        rejected[line] = [*found_texts.values(), *carried]
    return frame.filter(~broken), refused, rejected


def _lines(spans: tuple[Span, ...]) -> pl.Series:
    numbers = [pl.int_range(span.head + 2, span.tail + 1, eager=True, dtype=pl.Int64) for span in spans]
    return pl.concat(numbers).alias("line")


def _carried(heads: pl.DataFrame, spans: tuple[Span, ...]) -> list[pl.Series]:
    """塊の先頭の項目を、その塊のデータの数だけ並べる。"""
    places = [pl.repeat(number, span.lines, eager=True, dtype=pl.UInt32) for number, span in enumerate(spans)]
    return heads.select(pl.all().gather(pl.concat(places))).get_columns()


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if len(text) == 8 and text.isdigit() else None
    except ValueError:
        return None
