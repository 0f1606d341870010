"""`kaigo collection slips --json-lines [--year Y] [--due-until DAY]`: the slips to send, one JSON object a line, on stdout.

reference, insured_number (null = none), addressee, fiscal_year, number, way, due_on (ISO), yen. For whoever prints and mails
them; that the list was written is recorded with everybody who stands in it.
"""

from __future__ import annotations

import argparse
import json
import sys
from datetime import date

from kaigo.site.commands.setup import django_ready

ACTOR = "job:collection"


def main(argv: list[str]) -> int:
    """0 written (an empty list too), 2 usage."""
    parser = argparse.ArgumentParser(prog="kaigo collection")
    word = parser.add_subparsers(dest="word", required=True).add_parser("slips", help="送る納付書の一覧")
    word.add_argument("--json-lines", action="store_true", required=True)
    word.add_argument("--year", type=int, help="年度だけ")
    word.add_argument("--due-until", type=date.fromisoformat, help="納期限がこの日までのもの")
    word.add_argument("--on", type=date.fromisoformat, help="業務日")
    options = parser.parse_args(argv)
    django_ready()
    return _slips(options)


def _slips(options) -> int:
    from kaigo.base.audit.write import record
    from kaigo.base.desk.day import business_date
    from kaigo.base.records.context import Context, acting
    from kaigo.insurance.collection import read

    ctx = Context(ACTOR, "operations", options.on or business_date())
    with acting(ctx):
        found = list(read.slips(ctx, options.year, options.due_until))
        yen = sum(slip.yen for slip in found)
        people = sorted({slip.person for slip in found})
        record(
            ctx, "collection.slips", f"year:{options.year or 'all'}", people=people, lines=len(found), yen=yen
        )
    for slip in found:
        told = slip._asdict() | {
            "due_on": slip.due_on.isoformat(),
            "insured_number": slip.insured_number or None,
        }
        del told["person"]
        print(json.dumps(told, ensure_ascii=False))
    print(f"納付書 {len(found):,}枚、{yen:,}円を書き出しました。", file=sys.stderr)
    return 0
