"""`kaigo layouts list | describe | read | write`。"""

from __future__ import annotations

import argparse
import json
import sys
from datetime import date
from pathlib import Path

from kaigo.layouts.model import LINE_ENDS, Field, Layout, get, known, layouts
from kaigo.layouts.reader import read
from kaigo.layouts.reading import Reading
from kaigo.layouts.writer import DoesNotFit, write_csv, write_fixed

_SHOWN = 50


def main(argv: list[str]) -> int:
    """0 よい・1 断った行がある、書けない・2 使い方の誤り・3 ファイルとして読めない、様式を入手していない。"""
    options = _parser().parse_args(argv)
    if options.word == "list":
        return _list(options)
    if options.layout not in known():
        print(f"様式 {options.layout} はありません。kaigo layouts list で見られます。", file=sys.stderr)
        return 2
    if options.layout not in layouts():
        lacking = known()[options.layout][-1]
        print(f"{lacking.title}: {lacking.missing}。", file=sys.stderr)
        return 3
    if options.word == "describe":
        return _describe(options)
    if not options.file.is_file():
        print(f"ファイル {options.file} がありません。", file=sys.stderr)
        return 2
    return _read(options) if options.word == "read" else _write(options)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="kaigo layouts")
    words = parser.add_subparsers(dest="word", required=True)
    words.add_parser("list", help="様式の一覧")
    describe = words.add_parser("describe", help="項目の一覧")
    describe.add_argument("layout")
    reading = words.add_parser("read", help="読んで検査する")
    reading.add_argument("file", type=Path)
    reading.add_argument("--rows", action="store_true", help="正しい行を JSON で一行ずつ出す")
    writing = words.add_parser("write", help="JSON の行(項目の鍵 → 文字)からファイルを作る")
    writing.add_argument("file", type=Path)
    writing.add_argument("out", type=Path)
    writing.add_argument("--made-on", type=date.fromisoformat, required=True)
    writing.add_argument("--sequence", type=int, default=1)
    writing.add_argument("--mode", choices=("full", "changes"), default="changes")
    writing.add_argument("--head", action="append", default=[], metavar="鍵=値", help="固定長のヘッダの項目")
    writing.add_argument(
        "--line-end", choices=tuple(LINE_ENDS), default="", help="固定長の行末(様式が許すもの)"
    )
    for word in (reading, writing):
        word.add_argument("--layout", required=True)
    reading.add_argument("--insurer")
    writing.add_argument("--insurer", required=True)
    for word in words.choices.values():
        word.add_argument("--json", action="store_true")
    return parser


def _list(options) -> int:
    rows = [
        {
            "name": e.name,
            "title": e.title,
            "edition": e.edition,
            "from": e.start.isoformat(),
            "to": e.end.isoformat() if e.end else None,
            "form": e.form,
            "encoding": e.encoding,
            "fields": len(e.columns()),
            "source": e.source,
            "confidence": e.confidence,
        }
        for editions in known().values()
        for e in editions
    ]
    if options.json:
        print(json.dumps(rows, ensure_ascii=False))
    else:
        for row in rows:
            print(
                f"{row['name']:30} {row['edition']:6} {row['form']:6} {row['confidence']:10} {row['title']}"
            )
    return 0


def _describe(options) -> int:
    layout = get(options.layout)
    if options.json:
        print(json.dumps(_described(layout), ensure_ascii=False))
        return 0
    print(f"{layout.name} {layout.title} 版 {layout.edition} ({layout.form}, {layout.encoding})")
    print(f"出どころ: {layout.source}({layout.confidence})")
    _fields(layout.fields, 2 if layout.form == "csv" else 1)
    if layout.blocks:
        print(f"ヘッダ(--head 鍵=値)。行末: {'・'.join(layout.blocks.line_ends)}")
        _fields(layout.record(layout.blocks.head), 1)
    for notice in layout.notices:
        print(f"通知内容 {notice.code} {notice.name}({notice.confidence})")
    return 0


def _fields(fields: tuple[Field, ...], first: int) -> None:
    for place, field in enumerate(fields, first):
        size = field.length or field.max or ""
        codes = " ".join(f"{code}:{label}" for code, label in field.codes)
        need = "必須" if field.required else "    "
        print(f"{place:3} {field.name:16} {field.key:28} {field.type:10} {size!s:4} {need} {codes}")


def _described(layout: Layout) -> dict:
    def fields(found) -> list[dict]:
        return [field._asdict() | {"codes": dict(field.codes)} for field in found]

    return {
        "name": layout.name,
        "title": layout.title,
        "edition": layout.edition,
        "form": layout.form,
        "encoding": layout.encoding,
        "key": list(layout.key),
        "total": layout.total or None,
        "fields": fields(layout.fields),
        "records": {mark: fields(found) for mark, found in layout.records},
        "blocks": layout.blocks._asdict() if layout.blocks else None,
        "notices": [notice._asdict() for notice in layout.notices],
    }


def _read(options) -> int:
    found = read(options.file.read_bytes(), options.layout, insurer=options.insurer)
    if options.rows:
        for row in found.rows.iter_rows(named=True):
            print(json.dumps(row, ensure_ascii=False))
        _say(found, sys.stderr)
    elif options.json:
        told = {
            "lines": found.lines,
            "accepted": len(found.rows),
            "refused": [error._asdict() for error in found.refused],
            "problems": [problem._asdict() for problem in found.problems],
        }
        print(json.dumps(told, ensure_ascii=False))
    else:
        _say(found, sys.stdout)
    return 3 if found.problems else 1 if found.refused else 0


def _say(found: Reading, out) -> None:
    for problem in found.problems:
        print(f"{problem.where}: {problem.message}。{problem.remedy}。", file=out)
    for error in found.refused[:_SHOWN]:
        print(
            f"{error.line:,}行目 {error.column}項目目 {error.field}「{error.value}」: {error.message}。{error.remedy}。",
            file=out,
        )
    if len(found.refused) > _SHOWN:
        print(f"ほかに {len(found.refused) - _SHOWN:,} 件。--json ですべて見られます。", file=out)
    print(f"{found.lines:,} 行のうち {len(found.rows):,} 行を読みました。", file=out)


def _write(options) -> int:
    """書いたものをもう一度読み、すべての行が正しいときだけ残す。"""
    layout = get(options.layout, options.made_on)
    try:
        rows = [_row(line, layout) for line in options.file.read_text(encoding="utf-8").splitlines() if line]
        content = _content(options, layout, rows)
    except (DoesNotFit, ValueError) as error:
        print(f"書けません。{error}", file=sys.stderr)
        return 1
    found = read(content, options.layout, insurer=options.insurer)
    if found.problems or found.refused:
        _say(found, sys.stderr)
        print("様式に合わないため、書きませんでした。", file=sys.stderr)
        return 1
    options.out.write_bytes(content)
    if options.json:
        print(json.dumps({"file": str(options.out), "lines": found.lines, "bytes": len(content)}))
    else:
        print(f"{found.lines:,} 行、{len(content):,} バイトを {options.out} に書きました。")
    return 0


def _row(line: str, layout: Layout) -> dict[str, str]:
    row = json.loads(line)
    if isinstance(row, dict):
        row.pop("line", None)  # read --rows が付ける行の番号
    if not isinstance(row, dict) or not all(isinstance(value, str) for value in row.values()):
        raise ValueError("一行は、項目の鍵 → 文字 の JSON です")
    unknown = row.keys() - {field.key for field in layout.columns()}
    if unknown:
        raise ValueError(f"様式 {layout.name} にない項目です: {'、'.join(sorted(unknown))}")
    return row


def _content(options, layout: Layout, rows: list[dict[str, str]]) -> bytes:
    if layout.form == "csv":
        return write_csv(layout.name, options.insurer, options.made_on, options.sequence, options.mode, rows)
    head = _head(options, layout, rows)
    return write_fixed(layout.name, head, rows, line_end=options.line_end)


def _head(options, layout: Layout, rows: list[dict[str, str]]) -> dict[str, str]:
    """ヘッダの項目: 指定したもの、なければ読んだ行に写っていたもの。一つのファイルに書く塊は一つ。"""
    assert layout.blocks
    given = dict(pair.split("=", 1) for pair in options.head)
    known_keys = {field.key for field in layout.record(layout.blocks.head)}
    if given.keys() - known_keys:
        raise ValueError(f"ヘッダにない項目です: {'、'.join(sorted(given.keys() - known_keys))}")
    head = {"municipality": options.insurer[:5], "made_on": f"{options.made_on:%Y%m%d}"} | given
    for key in layout.blocks.carry:
        told = {row[key] for row in rows if key in row} | ({given[key]} if key in given else set())
        if len(told) > 1:
            raise ValueError(f"ヘッダの項目 {key} が一つに決まりません: {'、'.join(sorted(told))}")
        if told:
            head[key] = told.pop()
    return head
