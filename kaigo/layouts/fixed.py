"""固定長のファイル(バイトで数える)。H、D…、T の塊が続く。"""

from __future__ import annotations

from datetime import date

import polars as pl

from kaigo.layouts.checks import check
from kaigo.layouts.model import Field, Layout
from kaigo.layouts.reading import BROKEN, RESEND, FileError, Header, LineError, Reading, nothing

# レコード区分の前に来てよいもの。
_MAY_FOLLOW = {"1": "T", "2": "HD", "3": "HD"}


def read_fixed(content: bytes, layout: Layout, insurer: str | None) -> Reading:
    """レコードの長さ、塊の並び、件数と合計を確かめてから項目に分ける。"""
    if b"\x00" in content:
        where = f"{content.index(bytes(1)) // layout.length + 1:,}レコード目"
        return nothing(FileError("nul", where, "ファイルに NUL があります", BROKEN))
    records = _records(content, layout.length)
    if records is None:
        message = f"レコードの長さが {layout.length} バイトではありません"
        return nothing(FileError("length", "ファイル", message, RESEND))
    header, problem = _header(records[0], layout)
    problem = problem or _blocks(records, layout, insurer)
    lines = sum(record[:1] == b"2" for record in records)
    if problem:
        return nothing(problem, header=header, lines=lines)
    rows, refused, rejected = _data(records, layout)
    good, errors = check(rows, layout.columns(), offset=1)
    wrong = rows.filter(pl.col("line").is_in({error.line for error in errors}))
    rejected |= {line: list(values) for line, *values in wrong.iter_rows()}
    return Reading(header, good, sorted([*refused, *errors]), [], lines, rejected)


def _header(record: bytes, layout: Layout) -> tuple[Header | None, FileError | None]:
    """塊の先頭。固定長の交換ファイルには連番がない。"""
    try:
        first = _texts(record, layout.record("1"))
    except UnicodeDecodeError:
        return None, FileError("encoding", "1レコード目", "文字の符号が CP932 ではありません", RESEND)
    made = _day(first["made_on"])
    if made is None:
        return None, FileError("made_on", "1レコード目", "作成年月日が日付ではありません", RESEND)
    return Header(layout.name, layout.edition, first["municipality"], made, 0, "changes"), None


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


def _blocks(records: list[bytes], layout: Layout, insurer: str | None) -> FileError | None:
    """塊ごとに件数と合計を確かめる。数字でない金額の欄がある塊の合計は確かめられない(その行が断られる)。"""
    state, count, totals = "T", 0, [0, 0, 0]
    trailer = layout.record("3")
    for place, record in enumerate(records, 1):
        where = f"{place:,}レコード目"
        mark = record[:1].decode("ascii", "replace")
        if state not in _MAY_FOLLOW.get(mark, ""):
            return FileError("block", where, "ヘッダ・データ・トレイラの並びが違います", RESEND)
        if insurer and record[1:6] != insurer[:5].encode():
            remedy = "ほかの団体のファイルです。受け入れず、送り手に知らせてください"
            return FileError("insurer", where, "市町村コードが違います", remedy)
        if mark == "1":
            state, count, totals = "H", 0, [0, 0, 0]
        elif mark == "2":
            state, count = "D", count + 1
            yen = [_number(record, layout.fields, f"yen{n}") for n in (1, 2, 3)]
            totals = [None if t is None or y is None else t + y for t, y in zip(totals, yen, strict=True)]
        else:
            state = "T"
            told = [_number(record, trailer, key) for key in ("count", "total1", "total2", "total3")]
            if told[0] != count:
                message = f"トレイラの件数が合いません(トレイラ {_told(told[0])}、実際 {count:,})"
                return FileError("count", where, message, RESEND)
            for number, (says, found) in enumerate(zip(told[1:], totals, strict=True), 1):
                if found is not None and says != found:
                    message = (
                        f"トレイラの合計金額{number}が合いません(トレイラ {_told(says)}、実際 {found:,})"
                    )
                    return FileError("total", where, message, RESEND)
    if state != "T":
        message = "トレイラがありません。ファイルが途中で切れています"
        return FileError("trailer", "末尾", message, RESEND)
    return None


def _told(number: int | None) -> str:
    return "数字でない" if number is None else f"{number:,}"


def _number(record: bytes, fields: tuple[Field, ...], key: str) -> int | None:
    place = 0
    for field in fields:
        if field.key == key:
            part = record[place : place + field.length]
            return int(part) if part.isdigit() else None
        place += field.length
    raise KeyError(key)


def _data(records: list[bytes], layout: Layout) -> tuple[pl.DataFrame, list[LineError], dict[int, list[str]]]:
    fields = layout.columns()
    rows, refused, rejected = [], [], {}
    for place, record in enumerate(records, 1):
        if record[:1] != b"2":
            continue
        try:
            texts = _texts(record, layout.fields)
        except UnicodeDecodeError:
            message, remedy = "文字の符号が CP932 ではありません", "送り手に確かめてください"
            refused.append(LineError(place, 1, "レコード", "encoding", "", message, remedy))
            rejected[place] = list(_texts(record, layout.fields, "replace").values())
            continue
        rows.append([place, *(texts[f.key] for f in fields)])
    schema = {"line": pl.Int64, **{f.key: pl.String for f in fields}}
    return pl.DataFrame(rows, schema=schema, orient="row"), refused, rejected


def _texts(record: bytes, fields: tuple[Field, ...], errors: str = "strict") -> dict[str, str]:
    found, place = {}, 0
    for field in fields:
        part = record[place : place + field.length]
        place += field.length
        if field.type != "blank":
            text = part.decode("cp932", errors)
            found[field.key] = text if field.type == "amount" else text.strip(" 　")
    return found


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if len(text) == 8 and text.isdigit() else None
    except ValueError:
        return None
