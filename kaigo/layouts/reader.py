"""ファイルを様式で読む。構造の誤りはファイル全体を、行の誤りはその行だけを断る。"""

from __future__ import annotations

import csv
from datetime import date

import polars as pl

from kaigo.layouts.checks import check, duplicated
from kaigo.layouts.fixed import read_fixed
from kaigo.layouts.model import Layout, get
from kaigo.layouts.reading import FileError, Header, LineError, Reading, nothing

MOST_BYTES = 2_000_000_000


def read(content: bytes, name: str, *, insurer: str | None = None, on: date | None = None) -> Reading:
    """content を様式 name で読む。insurer を渡せば、ほかの保険者のファイルを断る。"""
    layout = get(name, on)
    if not content:
        return nothing(
            [FileError("empty", "ファイル", "ファイルが空です", "送り手に送り直しを頼んでください")]
        )
    if len(content) > MOST_BYTES:
        return nothing(
            [FileError("size", "ファイル", "ファイルが大きすぎます", "分けて送ってもらってください")]
        )
    if layout.form == "fixed":
        return read_fixed(content, layout, insurer)
    return _read_csv(content, layout, insurer)


def _read_csv(content: bytes, layout: Layout, insurer: str | None) -> Reading:
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        return nothing(
            [
                FileError(
                    "encoding",
                    f"{line}行目",
                    "文字の符号が UTF-8 ではありません",
                    "UTF-8 で送り直してもらってください",
                )
            ]
        )
    if text.startswith("\ufeff"):
        return nothing(
            [
                FileError(
                    "bom",
                    "先頭",
                    "先頭に余分な印(BOM)があります",
                    "BOM のない UTF-8 で送り直してもらってください",
                )
            ]
        )
    if "\x00" in text:
        line = text.count("\n", 0, text.index("\x00")) + 1
        return nothing(
            [
                FileError(
                    "nul",
                    f"{line}行目",
                    "ファイルに NUL があります",
                    "ファイルが壊れています。送り直してもらってください",
                )
            ]
        )
    if not text.endswith("\r\n"):
        return nothing(
            [
                FileError(
                    "line_end",
                    "末尾",
                    "最後の行が途中で切れています(行末は CRLF)",
                    "送り直してもらってください",
                )
            ]
        )
    lines = text[:-2].split("\r\n")
    if len(lines) < 2:
        return nothing(
            [FileError("structure", "ファイル", "先頭行と後尾行がありません", "送り直してもらってください")]
        )
    header, problems = _header(lines[0], layout, insurer)
    body = pl.Series("raw", lines[1:-1], dtype=pl.String)
    rows, refused = _split(body, layout)
    problems += _trailer(lines[-1], len(body), rows, layout, bool(refused))
    if problems:
        return nothing(problems)
    good, errors = check(rows, layout.fields)
    again = duplicated(good, layout)
    if again:
        good = good.filter(~pl.col("line").is_in([e.line for e in again]))
    return Reading(header, good, sorted([*refused, *errors, *again]), [], len(body))


def _header(line: str, layout: Layout, insurer: str | None) -> tuple[Header | None, list[FileError]]:
    parts = line.split(",")
    if len(parts) != 7 or parts[0] != "H":
        return None, [
            FileError(
                "header",
                "1行目",
                "先頭行(H)の形が違います",
                "様式の先頭行と見比べ、送り直してもらってください",
            )
        ]
    _, name, edition, code, made, sequence, mode = parts
    problems = []

    def wrong(rule: str, message: str, remedy: str) -> None:
        problems.append(FileError(rule, "1行目", message, remedy))

    if name != layout.name:
        wrong(
            "layout",
            f"様式が {name} です({layout.name} を待っています)",
            "正しい様式を選んで受け入れてください",
        )
    if edition != layout.edition:
        wrong(
            "edition",
            f"様式の版が {edition} です({layout.edition} を待っています)",
            "送り手と版を確かめてください",
        )
    if insurer and code != insurer:
        wrong(
            "insurer",
            f"団体コードが {code} です({insurer} を待っています)",
            "ほかの団体のファイルです。受け入れず、送り手に知らせてください",
        )
    if mode not in ("full", "changes"):
        wrong("mode", "全件・差分の別が full か changes ではありません", "送り直してもらってください")
    if not sequence.isascii() or not sequence.isdigit() or not 0 < int(sequence or 0) < 10**6:
        wrong("sequence", "連番が正の整数ではありません", "送り直してもらってください")
    try:
        day = date.fromisoformat(made) if len(made) == 8 and made.isascii() else None
    except ValueError:
        day = None
    if day is None:
        wrong("made_on", "作成年月日が日付ではありません", "送り直してもらってください")
    if problems:
        return None, problems
    return Header(name, edition, code, day, int(sequence), mode), []


def _split(body: pl.Series, layout: Layout) -> tuple[pl.DataFrame, list[LineError]]:
    """行を項目に分ける。引用符のない行はまとめて、ある行だけ一行ずつ。項目の数の合わない行は断る。"""
    count = len(layout.fields) + 1
    keys = [field.key for field in layout.fields]
    frame = pl.DataFrame({"line": pl.arange(2, len(body) + 2, eager=True), "raw": body})
    quoted = frame["raw"].str.contains('"', literal=True)
    commas = frame["raw"].str.count_matches(",", literal=True)
    plain_good = ~quoted & (commas == count - 1) & frame["raw"].str.starts_with("D,")
    simple = frame.filter(plain_good)
    parts = simple["raw"].str.split_exact(",", count - 1).struct.unnest() if len(simple) else pl.DataFrame(
        {f"field_{n}": pl.Series([], dtype=pl.String) for n in range(count)}
    )  # fmt: skip
    rows = pl.DataFrame([simple["line"], *(parts[f"field_{n + 1}"].alias(key) for n, key in enumerate(keys))])
    refused, extra = [], []
    for line, raw in frame.filter(~plain_good).iter_rows():
        fields = _one(raw)
        if fields is None or fields[0] != "D":
            refused.append(
                LineError(
                    line,
                    1,
                    "区分",
                    "record",
                    raw[:40],
                    "データ行(D)ではありません",
                    "送り手に確かめてください",
                )
            )
        elif len(fields) != count:
            refused.append(
                LineError(
                    line,
                    len(fields),
                    "項目の数",
                    "columns",
                    str(len(fields)),
                    f"項目が {count} ではなく {len(fields)} あります",
                    "コンマや引用符の漏れを直してください",
                )
            )
        else:
            extra.append([line, *fields[1:]])
    if extra:
        more = pl.DataFrame(extra, schema={"line": pl.Int64, **dict.fromkeys(keys, pl.String)}, orient="row")
        rows = pl.concat([rows.cast({"line": pl.Int64}), more]).sort("line")
    return rows, refused


def _one(raw: str) -> list[str] | None:
    try:
        found = list(csv.reader([raw], strict=True))
    except csv.Error:
        return None
    return found[0] if len(found) == 1 and found[0] else None


def _trailer(
    line: str, count: int, rows: pl.DataFrame, layout: Layout, some_refused: bool
) -> list[FileError]:
    parts = line.split(",")
    if len(parts) != 3 or parts[0] != "T" or not parts[1].isascii() or not parts[1].isdigit():
        return [
            FileError(
                "trailer",
                "最終行",
                "後尾行(T)がありません。ファイルが途中で切れています",
                "送り直してもらってください",
            )
        ]
    if int(parts[1]) != count:
        return [
            FileError(
                "count",
                "最終行",
                f"件数が合いません(後尾 {int(parts[1]):,}、実際 {count:,})",
                "送り直してもらってください",
            )
        ]
    if layout.total and not some_refused:
        found = rows[layout.total].cast(pl.Int64, strict=False)
        if found.null_count() == 0 and str(found.sum()) != parts[2]:
            name = layout.field(layout.total).name
            return [
                FileError(
                    "total",
                    "最終行",
                    f"{name}の合計が合いません(後尾 {parts[2][:20]}、実際 {found.sum():,})",
                    "送り直してもらってください",
                )
            ]
    return []
