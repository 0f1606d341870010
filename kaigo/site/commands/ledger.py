"""`kaigo ledger export --json-lines [--year Y] [--repeated]`: every entry, one JSON object a line, on stdout.
--repeated leaves out row numbers and moments: what a run that was broken off and begun again says again, to the byte.
`kaigo ledger check [--year Y] [--json]`: is Σ levy entries = assessment = instalments for everybody? 1 = a difference.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from datetime import date

from kaigo.site.commands.setup import django_ready

ACTOR = "job:ledger"


def main(argv: list[str]) -> int:
    """0 ok, 1 difference, 2 usage."""
    parser = argparse.ArgumentParser(prog="kaigo ledger")
    words = parser.add_subparsers(dest="word", required=True)
    export = words.add_parser("export", help="記帳をすべて書き出す")
    export.add_argument("--json-lines", action="store_true", required=True)
    export.add_argument("--year", type=int, help="年度だけ")
    export.add_argument("--repeated", action="store_true", help="行の番号と時刻を除く(やり直しと比べる)")
    check = words.add_parser("check", help="調定を突合する")
    check.add_argument("--year", type=int, help="年度だけ")
    check.add_argument("--json", action="store_true")
    options = parser.parse_args(argv)
    django_ready()
    return (
        _export(options.year, options.repeated)
        if options.word == "export"
        else _check(options.year, options.json)
    )


def _context():
    from django.utils import timezone

    from kaigo.base.records.context import Context

    return Context(ACTOR, "operations", timezone.localdate())


def _export(year: int | None, repeated: bool) -> int:
    from kaigo.base.audit.write import record
    from kaigo.base.records.context import acting
    from kaigo.insurance.ledger.export import entries

    ctx = _context()
    with acting(ctx):
        count = entries(ctx, sys.stdout.buffer.write, year, repeated)
        record(ctx, "collection.export", f"year:{year or 'all'}", lines=count)
    sys.stdout.buffer.flush()
    print(f"{count:,}件を書き出しました。", file=sys.stderr)
    return 0


def _check(year: int | None, as_json: bool) -> int:
    from kaigo.base.desk.refs import ref
    from kaigo.base.records.context import acting
    from kaigo.insurance.collection import read

    ctx = _context()
    found = []
    with acting(ctx):
        years = [year] if year else read.years(ctx)
        totals = {y: read.totals(ctx, y)["levied_yen"] for y in years}
        for each in years:
            found += [asdict(d) | {"fiscal_year": each} for d in read.invariant(ctx, each)]
    if as_json:
        told = {"years": totals, "differences": found, "on": date.isoformat(ctx.on)}
        print(json.dumps(told, ensure_ascii=False))
    else:
        for each in years:
            wrong = [d for d in found if d["fiscal_year"] == each]
            print(f"{each}年度 調定額 {totals[each]:,}円 相違 {len(wrong):,}人")
            for d in wrong[:20]:
                print(
                    f"  /collection/person/{ref('person', d['person'])}/ {read.WHAT[d['what']]}"
                    f"(年額 {d['assessed']:,} 調定 {d['levied']:,} 期別 {d['planned']:,})"
                )
    return 1 if found else 0
