"""`kaigo layouts list | describe | read`。"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from kaigo.layouts.model import get, layouts
from kaigo.layouts.reader import read


def main(argv: list[str]) -> int:
    """0 よい・1 断った行がある・2 使い方の誤り・3 ファイルとして読めない。"""
    parser = argparse.ArgumentParser(prog="kaigo layouts")
    words = parser.add_subparsers(dest="word", required=True)
    for name in ("list", "describe", "read"):
        word = words.add_parser(name)
        word.add_argument("--json", action="store_true")
        if name == "describe":
            word.add_argument("layout")
        if name == "read":
            word.add_argument("file", type=Path)
            word.add_argument("--layout", required=True)
            word.add_argument("--insurer")
    options = parser.parse_args(argv)
    if options.word == "list":
        return _list(options)
    if options.layout not in layouts():
        print(f"様式 {options.layout} はありません。kaigo layouts list で見られます。", file=sys.stderr)
        return 2
    return _describe(options) if options.word == "describe" else _read(options)


def _list(options) -> int:
    rows = [
        {
            "name": e.name,
            "title": e.title,
            "edition": e.edition,
            "from": e.start.isoformat(),
            "confidence": e.confidence,
        }
        for editions in layouts().values()
        for e in editions
    ]
    if options.json:
        print(json.dumps(rows, ensure_ascii=False))
    else:
        for row in rows:
            print(f"{row['name']:30} {row['edition']:6} {row['title']}")
    return 0


def _describe(options) -> int:
    layout = get(options.layout)
    rows = [field._asdict() | {"codes": dict(field.codes)} for field in layout.fields]
    if options.json:
        print(
            json.dumps(
                {"name": layout.name, "title": layout.title, "form": layout.form, "fields": rows},
                ensure_ascii=False,
            )
        )
        return 0
    print(f"{layout.name} {layout.title} 版 {layout.edition} ({layout.form}, {layout.encoding})")
    for place, field in enumerate(layout.fields, 2):
        size = field.length or field.max or ""
        codes = " ".join(f"{code}:{label}" for code, label in field.codes)
        print(
            f"{place:3} {field.name:16} {field.key:28} {field.type:10} {size!s:4} {'必須' if field.required else '    '} {codes}"
        )
    return 0


def _read(options) -> int:
    found = read(options.file.read_bytes(), options.layout, insurer=options.insurer)
    if options.json:
        told = {
            "lines": found.lines,
            "accepted": len(found.rows),
            "refused": [error._asdict() for error in found.refused],
            "problems": [problem._asdict() for problem in found.problems],
        }
        print(json.dumps(told, ensure_ascii=False))
    else:
        for problem in found.problems:
            print(f"{problem.where}: {problem.message}。{problem.remedy}")
        for error in found.refused[:50]:
            print(f"{error.line}行目 {error.field}「{error.value}」: {error.message}。{error.remedy}")
        print(f"{found.lines:,} 行のうち {len(found.rows):,} 行を読みました。")
    return 3 if found.problems else 1 if found.refused else 0
