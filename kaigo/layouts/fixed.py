"""固定長のファイル(バイトで数える)。H、D…、T の塊が続く。"""

from __future__ import annotations

from datetime import date

import polars as pl

from kaigo.layouts.checks import check
from kaigo.layouts.model import Field, Layout
from kaigo.layouts.reading import FileError, Header, LineError, Reading, nothing

# レコード区分の前に来てよいもの。
_MAY_FOLLOW = {"1": "T", "2": "HD", "3": "HD"}


def read_fixed(content: bytes, layout: Layout, insurer: str | None) -> Reading:
    """レコードの長さ、塊の並び、件数と合計を確かめてから項目に分ける。"""
    records = _records(content, layout.length)
    if records is None:
        return nothing(
            [
                FileError(
                    "length",
                    "ファイル",
                    f"レコードの長さが {layout.length} バイトではありません",
                    "送り直してもらってください",
                )
            ]
        )
    problems = _blocks(records, layout, insurer)
    if problems:
        return nothing(problems)
    first = _texts(records[0], layout.record("1"))
    made = _day(first["made_on"])
    if made is None:
        return nothing(
            [
                FileError(
                    "made_on", "1レコード目", "作成年月日が日付ではありません", "送り直してもらってください"
                )
            ]
        )
    header = Header(layout.name, layout.edition, first["municipality"], made, 0, "changes")
    rows, refused, total = _data(records, layout)
    good, errors = check(rows, tuple(f for f in layout.fields if f.type != "blank"), offset=1)
    return Reading(header, good, sorted([*refused, *errors]), [], total)


def _records(content: bytes, length: int) -> list[bytes] | None:
    """改行のない並び、または CRLF・LF で分けた並び。どれでもなければ None。"""
    for end in (b"", b"\r\n", b"\n"):
        step = length + len(end)
        if len(content) % step == 0:
            parts = [content[place : place + step] for place in range(0, len(content), step)]
            if all(part.endswith(end) for part in parts) and not any(
                b"\n" in part[:length] for part in parts
            ):
                return [part[:length] for part in parts]
    return None


def _blocks(records: list[bytes], layout: Layout, insurer: str | None) -> list[FileError]:
    """塊ごとに件数と合計を確かめる。"""
    state, count, totals = "T", 0, [0, 0, 0]
    trailer = layout.record("3")
    for place, record in enumerate(records, 1):
        mark = record[:1].decode("ascii", "replace")
        if state not in _MAY_FOLLOW.get(mark, ""):
            return [
                FileError(
                    "block",
                    f"{place}レコード目",
                    "ヘッダ・データ・トレイラの並びが違います",
                    "送り直してもらってください",
                )
            ]
        if insurer and record[1:6] != insurer[:5].encode():
            return [
                FileError(
                    "insurer",
                    f"{place}レコード目",
                    "市町村コードが違います",
                    "ほかの団体のファイルです。受け入れず、送り手に知らせてください",
                )
            ]
        if mark == "1":
            state, count, totals = "H", 0, [0, 0, 0]
        elif mark == "2":
            state, count = "D", count + 1
            totals = [total + _number(record, layout.fields, f"yen{n}") for n, total in enumerate(totals, 1)]
        else:
            state = "T"
            told = [_number(record, trailer, key) for key in ("count", "total1", "total2", "total3")]
            if told != [count, *totals]:
                return [
                    FileError(
                        "count",
                        f"{place}レコード目",
                        f"トレイラの件数か合計が合いません(件数 {told[0]}、実際 {count})",
                        "送り直してもらってください",
                    )
                ]
    if state != "T":
        return [
            FileError(
                "trailer",
                "末尾",
                "トレイラがありません。ファイルが途中で切れています",
                "送り直してもらってください",
            )
        ]
    return []


def _number(record: bytes, fields: tuple[Field, ...], key: str) -> int:
    place = 0
    for field in fields:
        if field.key == key:
            part = record[place : place + field.length]
            return int(part) if part.isdigit() else 0
        place += field.length
    raise KeyError(key)


def _data(records: list[bytes], layout: Layout) -> tuple[pl.DataFrame, list[LineError], int]:
    fields = [f for f in layout.fields if f.type != "blank"]
    rows, refused, total = [], [], 0
    for place, record in enumerate(records, 1):
        if record[:1] != b"2":
            continue
        total += 1
        try:
            texts = _texts(record, layout.fields)
        except UnicodeDecodeError:
            refused.append(
                LineError(
                    place,
                    1,
                    "レコード",
                    "encoding",
                    "",
                    "文字の符号が CP932 ではありません",
                    "送り手に確かめてください",
                )
            )
            continue
        rows.append([place, *(texts[f.key] for f in fields)])
    schema = {"line": pl.Int64, **{f.key: pl.String for f in fields}}
    return pl.DataFrame(rows, schema=schema, orient="row"), refused, total


def _texts(record: bytes, fields: tuple[Field, ...]) -> dict[str, str]:
    found, place = {}, 0
    for field in fields:
        part = record[place : place + field.length]
        place += field.length
        if field.type != "blank":
            text = part.decode("cp932")
            found[field.key] = text if field.type == "amount" else text.strip(" 　")
    return found


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if len(text) == 8 and text.isdigit() else None
    except ValueError:
        return None
