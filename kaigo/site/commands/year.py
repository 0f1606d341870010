"""`kaigo year open 2027`: carry the insurer's settings into a new fiscal year and list what is missing.

Without --write nothing is written: the file that would be written is printed.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path

from kaigo.law.opening import Opening, open_year, render
from kaigo.law.values import ROOT, NoValue, ValuesError, load


def main(argv: list[str]) -> int:
    """0 everything is there · 1 the file exists already · 2 usage · 3 something is missing."""
    options = _parser().parse_args(argv)
    root = options.values or ROOT
    try:
        opening = open_year(load(options.values), options.insurer, options.year)
    except (NoValue, ValuesError) as error:
        print(str(error), file=sys.stderr)
        return 2
    text = render(opening)
    if options.write:
        path = root.joinpath("insurers", options.insurer, f"{options.year}.yaml")
        if path.exists():
            print(f"{path} はもうあります。中を確かめて、足りない値を書き足してください。", file=sys.stderr)
            return 1
        path.write_text(text, encoding="utf-8")
        print(f"{path} を書きました。", file=sys.stderr)
    _tell(opening, text, options)
    return 3 if opening.missing else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="kaigo year")
    words = parser.add_subparsers(dest="word", required=True)
    opened = words.add_parser("open", help="新しい年度を開く")
    opened.add_argument("year", type=int)
    opened.add_argument("--insurer", default=os.environ.get("KAIGO_INSURER", "131997"))
    opened.add_argument("--values", type=Path, help="値のフォルダ(なければ条文室のもの)")
    opened.add_argument("--write", action="store_true", help="保険者のフォルダに新しい年度のファイルを書く")
    opened.add_argument("--json", action="store_true")
    return parser


def _tell(opening: Opening, text: str, options) -> None:
    if options.json:
        told = {
            "insurer": opening.insurer,
            "fiscal_year": opening.fiscal_year,
            "continues": list(opening.continues),
            "copied": [entry.name for entry, _ in opening.copied],
            "missing": [
                {"name": name, "missing": lack.what, "blocks": lack.why} for name, lack in opening.missing
            ],
        }
        print(json.dumps(told, ensure_ascii=False))
        return
    if not options.write:
        print(text, end="")
    print(f"そのまま続く値 {len(opening.continues)}、引き継ぐ定め {len(opening.copied)}", file=sys.stderr)
    for name, lack in opening.missing:
        print(f"足りない: {name} {lack.what}(止まる業務: {lack.why})", file=sys.stderr)
