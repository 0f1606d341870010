"""`kaigo features` and `kaigo incidents`: what a person can use, and which published errors cannot happen here."""

from __future__ import annotations

import argparse
import csv
import json
import sys

from kaigo.site.home import PROJECT

_HEAD = {
    "features": ("row", "capability", "where", "test", "note"),
    "incidents": ("id", "organisation", "area", "test"),
}


def main(argv: list[str]) -> int:
    """argv[0] is the list's own name."""
    parser = argparse.ArgumentParser(prog=f"kaigo {argv[0]}")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--open", action="store_true", help="まだないものだけ")
    options = parser.parse_args(argv[1:])
    rows = read(argv[0])
    if options.open:
        rows = [row for row in rows if not row["test"]]
    if options.json:
        print(json.dumps(rows, ensure_ascii=False))
        return 0
    for row in rows:
        words = [row[key] for key in _HEAD[argv[0]]]
        words[-1 if argv[0] == "incidents" else 3] = row["test"] or "まだない"
        print("\t".join(words))
    done = sum(1 for row in rows if row["test"])
    print(f"{done} / {len(rows)}", file=sys.stderr)
    return 0


def read(name: str) -> list[dict[str, str]]:
    """Rows of docs/<name>.csv."""
    with (PROJECT / "docs" / f"{name}.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))
