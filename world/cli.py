"""`kaigo world make`: the files of a synthetic ward. `kaigo world pay`: how it pays what it was asked for.

Exit codes: 0 made · 2 wrong words · 3 something is missing or cannot be read.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

from world.town import pay
from world.town.make import make


def main(argv: list[str]) -> int:
    """Answer `world make --residents N --seed S --fiscal-year Y DIR` and `world pay`."""
    parser = argparse.ArgumentParser(prog="kaigo world", description="見本区(架空)のファイルを作る")
    words = parser.add_subparsers(dest="word", required=True)
    word = words.add_parser(
        "make", help="住民・税・福祉・年金などの当初と日次のファイルと manifest.json を書く"
    )
    word.add_argument("--residents", type=int, default=20_000, help="住民の数(1,000 から 1,000,000)")
    word.add_argument("--seed", type=int, default=1, help="同じ種からは同じバイトのファイルができる")
    word.add_argument("--fiscal-year", type=int, default=2026, help="年度(2025 から 2030)")
    word.add_argument("--json", action="store_true", help="結果を JSON で出す")
    word.add_argument("folder", type=Path, metavar="DIR")
    pay.words(words)
    try:
        found = parser.parse_args(argv)
    except SystemExit as stop:
        return int(stop.code or 0)
    return pay.main(found) if found.word == "pay" else _make(found)


def _make(found: argparse.Namespace) -> int:
    if not 1_000 <= found.residents <= 1_000_000 or not 2025 <= found.fiscal_year <= 2030:
        print("住民は 1,000 から 1,000,000、年度は 2025 から 2030 です", file=sys.stderr)
        return 2
    begun = time.monotonic()
    manifest = make(found.folder, found.residents, found.seed, found.fiscal_year)
    told = {
        "folder": str(found.folder),
        "files": len(manifest["files"]),
        "lines": sum(entry["lines"] for entry in manifest["files"]),
        "seconds": round(time.monotonic() - begun, 1),
        "expected": manifest["expected"],
    }
    if found.json:
        print(json.dumps(told, ensure_ascii=False))
    else:
        print(f"{told['folder']}: {told['files']:,} ファイル、{told['lines']:,} 行、{told['seconds']} 秒")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
