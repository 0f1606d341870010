"""ファイルを様式で読む。構造の誤りはファイル全体を、行の誤りはその行だけを断る。"""

from __future__ import annotations

import csv
from datetime import date

import polars as pl

from kaigo.layouts.checks import check, duplicated
from kaigo.layouts.fixed import read_fixed
from kaigo.layouts.model import Layout, NotObtained, get, layouts
from kaigo.layouts.reading import BROKEN, RESEND, FileError, Header, LineError, Reading, nothing
from kaigo.layouts.records import offsets

MOST_BYTES = 2_000_000_000
# 連番と件数の桁の上限。
_DIGITS = 9


def read(content: bytes, name: str, *, insurer: str | None = None, on: date | None = None) -> Reading:
    """content を様式 name で読む。insurer を渡せば、ほかの保険者のファイルを断る。

    版は on の日のもの。on がなければファイルの作成年月日のもの、それもない様式では最も新しいもの。
    固定長で市町村コードのない様式(全銀)では、insurer を確かめない: 委託者コードを見る。
    """
    if not content:
        return nothing(FileError("empty", "ファイル", "ファイルが空です", RESEND))
    if len(content) > MOST_BYTES:
        return nothing(
            FileError("size", "ファイル", "ファイルが大きすぎます", "分けて送ってもらってください")
        )
    try:
        newest = get(name)
        layout = _edition(name, on or _made_on(content, newest))
    except NotObtained as lacking:
        remedy = "様式を入手するまで、別の方法で受け取ってください"
        return nothing(FileError("missing", "様式", str(lacking), remedy))
    if layout is None:
        return nothing(
            FileError(
                "edition", "1行目", "作成年月日の日の版がありません", "送り手と作成年月日を確かめてください"
            )
        )
    if layout.form == "fixed":
        return read_fixed(content, layout, insurer)
    return _read_csv(content, layout, insurer)


def _made_on(content: bytes, layout: Layout) -> date | None:
    """先頭の作成年月日。読めないか、ない様式なら None(誤りはあとで言う)。"""
    if layout.blocks:
        head = offsets(layout.record(layout.blocks.head))
        place = next((n for field, n in head if field.key == layout.blocks.made_on), None)
        return day_of(content[place : place + 8].decode("latin-1")) if place is not None else None
    parts = content[:400].split(b"\r\n")[0].split(b",")[4:5]
    return day_of(parts[0].decode("latin-1")) if parts else None


def _edition(name: str, on: date | None) -> Layout | None:
    try:
        return get(name, on)
    except KeyError:
        if name not in layouts():
            raise
        return None


def day_of(text: str) -> date | None:
    """西暦8桁の日付。実在しなければ None。"""
    if len(text) != 8 or not text.isascii() or not text.isdigit():
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def raw_lines(content: bytes) -> pl.Series:
    """正しい CSV ファイルの行(行末を除く)。CRLF だけで終わる行は速く、ほかは一つずつ。"""
    if b"\x01" not in content and content.count(b"\n") == content.count(b"\r\n"):
        lines = pl.read_csv(
            content, has_header=False, separator="\x01", quote_char=None, infer_schema=False,
            empty_string_is_null=False, new_columns=["raw"],
        )["raw"]  # fmt: skip
        if len(lines) == content.count(b"\r\n"):
            return lines
    return pl.Series("raw", content.decode("utf-8")[:-2].split("\r\n"), dtype=pl.String)


def _read_csv(content: bytes, layout: Layout, insurer: str | None) -> Reading:
    problem = _text_problem(content)
    if problem:
        return nothing(problem)
    lines = raw_lines(content)
    if len(lines) < 2:
        return nothing(FileError("structure", "ファイル", "先頭行と後尾行がありません", RESEND))
    header, problems = _header(lines[0], layout, insurer)
    body = lines.slice(1, len(lines) - 2)
    if problems:
        return nothing(*problems, header=header, lines=len(body))
    rows, refused, rejected = _split(content, body, layout)
    problems = _trailer(lines[-1], len(body), rows, layout, bool(refused))
    if problems:
        return nothing(*problems, header=header, lines=len(body))
    good, errors = check(rows, layout.fields)
    again = duplicated(good, layout)
    if again:
        good = good.filter(~pl.col("line").is_in([e.line for e in again]))
    rejected |= values_of(rows, [*errors, *again])
    return Reading(header, good, sorted([*refused, *errors, *again]), [], len(body), rejected)


def values_of(rows: pl.DataFrame, errors: list[LineError]) -> dict[int, list[str]]:
    """断った行の番号 → 項目の文字。"""
    if not errors:
        return {}
    found = rows.filter(pl.col("line").is_in({error.line for error in errors}))
    return {line: list(values) for line, *values in found.iter_rows()}


def _text_problem(content: bytes) -> FileError | None:
    """文字の符号、BOM、NUL、行末。"""
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        return FileError(
            "encoding",
            _line_of(content, error.start),
            "文字の符号が UTF-8 ではありません",
            "UTF-8 で送り直してもらってください",
        )
    if content.startswith(b"\xef\xbb\xbf"):
        return FileError(
            "bom", "1行目", "先頭に余分な印(BOM)があります", "BOM のない UTF-8 で送り直してもらってください"
        )
    if b"\x00" in content:
        return FileError(
            "nul", _line_of(content, content.index(b"\x00")), "ファイルに NUL があります", BROKEN
        )
    if not content.endswith(b"\r\n"):
        return FileError(
            "line_end",
            _line_of(content, len(content)),
            "最後の行が途中で切れています(行末は CRLF)",
            RESEND,
        )
    return None


def _line_of(content: bytes, place: int) -> str:
    before = content.count(b"\n", 0, place)
    return f"{before + 1:,}行目"


def _header(line: str, layout: Layout, insurer: str | None) -> tuple[Header | None, list[FileError]]:
    parts = line.split(",")
    if len(parts) != 7 or parts[0] != "H":
        remedy = "様式の先頭行と見比べ、送り直してもらってください"
        return None, [FileError("header", "1行目", "先頭行(H)の形が違います", remedy)]
    _, name, edition, code, made, sequence, mode = parts
    problems = []

    def wrong(rule: str, message: str, remedy: str = RESEND) -> None:
        problems.append(FileError(rule, "1行目", message, remedy))

    if name != layout.name:
        wrong(
            "layout",
            f"様式が {name[:60]} です({layout.name} を待っています)",
            "正しい様式を選んで受け入れてください",
        )
    if edition != layout.edition:
        wrong(
            "edition",
            f"様式の版が {edition[:20]} です({layout.edition} を待っています)",
            "送り手と版を確かめてください",
        )
    if insurer and code != insurer:
        wrong(
            "insurer",
            f"団体コードが {code[:20]} です({insurer} を待っています)",
            "ほかの団体のファイルです。受け入れず、送り手に知らせてください",
        )
    if mode not in ("full", "changes"):
        wrong("mode", "全件・差分の別が full か changes ではありません")
    number = _count(sequence)
    if not number:
        wrong("sequence", "連番が正の整数ではありません")
    day = day_of(made)
    if day is None:
        wrong("made_on", "作成年月日が日付ではありません")
    readable = number and day and len(edition) <= 20 and len(code) <= 6 and len(mode) <= 10
    header = Header(name, edition, code, day, number, mode) if readable else None
    return header, problems


def _count(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _DIGITS else None


_Split = tuple[pl.DataFrame, list[LineError], dict[int, list[str]]]


def _split(content: bytes, body: pl.Series, layout: Layout) -> _Split:
    """行を項目に分ける。引用符のない行はまとめて、ある行だけ一行ずつ。項目の数の合わない行は断る。"""
    keys = [field.key for field in layout.fields]
    quoted = b'"' in content
    plain_good = (body.str.count_matches(",", literal=True) == len(keys)) & body.str.starts_with("D,")
    if quoted:
        plain_good &= ~body.str.contains('"', literal=True)
    elif len(body) and plain_good.all():
        rows = _whole(content, len(body), keys)
        if rows is not None:
            return rows, [], {}
    frame = pl.DataFrame({"line": _numbers(len(body)), "raw": body})
    simple = frame.filter(plain_good)
    parts = simple["raw"].str.split_exact(",", len(keys)).struct.unnest() if len(simple) else pl.DataFrame(
        {f"field_{n}": pl.Series([], dtype=pl.String) for n in range(len(keys) + 1)}
    )  # fmt: skip
    rows = pl.DataFrame([simple["line"], *(parts[f"field_{n}"].alias(key) for n, key in enumerate(keys, 1))])
    extra, refused, rejected = _one_by_one(frame.filter(~plain_good), len(keys) + 1)
    if extra:
        more = pl.DataFrame(extra, schema={"line": pl.Int64, **dict.fromkeys(keys, pl.String)}, orient="row")
        rows = pl.concat([rows, more]).sort("line")
    return rows, refused, rejected


def _numbers(count: int) -> pl.Series:
    return pl.int_range(2, count + 2, eager=True).alias("line")


def _whole(content: bytes, count: int, keys: list[str]) -> pl.DataFrame | None:
    """どの行も形が正しく引用符のないファイルは、一度に読める。行末が CRLF だけでなければ None。"""
    if b"\x01" in content or content.count(b"\n") != content.count(b"\r\n"):
        return None
    begin, end = content.index(b"\n") + 1, content.rindex(b"\n", 0, len(content) - 1) + 1
    rows = pl.read_csv(
        content[begin:end], has_header=False, quote_char=None, infer_schema=False, empty_string_is_null=False,
        new_columns=["", *keys],
    )  # fmt: skip
    return rows.select(_numbers(count), *keys) if rows.shape == (count, len(keys) + 1) else None


def _one_by_one(frame: pl.DataFrame, count: int) -> tuple[list[list], list[LineError], dict[int, list[str]]]:
    """引用符のある行と、形の違う行: (項目に分けた行, 断った理由, 断った行の文字)。"""
    extra, refused, rejected = [], [], {}
    for line, raw in frame.iter_rows():
        fields = _one(raw)
        if fields is not None and fields[0] == "D" and len(fields) == count:
            extra.append([line, *fields[1:]])
            continue
        rejected[line] = (fields or raw.split(","))[1:]
        refused.append(_unreadable(line, raw, fields, count))
    return extra, refused, rejected


def _unreadable(line: int, raw: str, fields: list[str] | None, count: int) -> LineError:
    if fields is None:
        message, remedy = '引用符(")の使い方が違います', "引用符の漏れや余りを直してください"
        return LineError(line, 1, "行", "quote", raw[:60], message, remedy)
    if fields[0] != "D":
        return LineError(
            line, 1, "区分", "record", fields[0][:60], "データ行(D)ではありません", "送り手に確かめてください"
        )
    message = f"区分を含めて項目が {count} ではなく {len(fields)} あります"
    remedy = "コンマや引用符の漏れを直してください"
    return LineError(line, len(fields), "項目の数", "columns", str(len(fields)), message, remedy)


def _one(raw: str) -> list[str] | None:
    try:
        found = list(csv.reader([raw], strict=True))
    except csv.Error:
        return None
    return (found[0] or [""]) if len(found) == 1 else None


def _trailer(
    line: str, count: int, rows: pl.DataFrame, layout: Layout, some_refused: bool
) -> list[FileError]:
    parts = line.split(",")
    told = _count(parts[1]) if len(parts) == 3 and parts[0] == "T" else None
    if told is None:
        message = "後尾行(T)がありません。ファイルが途中で切れています"
        return [FileError("trailer", "最終行", message, RESEND)]
    if told != count:
        message = f"件数が合いません(後尾 {told:,}、実際 {count:,})"
        return [FileError("count", "最終行", message, RESEND)]
    if layout.total and not some_refused:
        found = rows[layout.total].cast(pl.Int64, strict=False)
        if found.null_count() == 0 and str(found.sum()) != parts[2]:
            name = layout.field(layout.total).name
            message = f"{name}の合計が合いません(後尾 {parts[2][:20]}、実際 {found.sum():,})"
            return [FileError("total", "最終行", message, RESEND)]
    return []
