"""`kaigo ledger export --json-lines [--year Y] [--repeated]`: every entry, one JSON object a line, on stdout.
--repeated leaves out row numbers and moments: what a run that was broken off and begun again says again, to the byte.
`kaigo ledger check [--year Y] [--json]`: is Σ levy entries = assessment = instalments for everybody, is levied −
(received − refunded) − written off what is open, term by term and in all, is every receipt booked? 1 = a difference.
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
    from kaigo.base.records.context import acting
    from kaigo.insurance.collection import read
    from kaigo.insurance.ledger import invariant as of_ledger
    from kaigo.insurance.receipts import invariant as of_receipts

    ctx = _context()
    found = []
    with acting(ctx):
        years = [year] if year else read.years(ctx)
        totals = {y: read.totals(ctx, y)["levied_yen"] for y in years}
        for each in years:
            found += [asdict(d) | {"fiscal_year": each} for d in read.invariant(ctx, each)]
        whole, books, receipts = of_ledger.whole(ctx), of_ledger.wrong(ctx), of_receipts.wrong(ctx)
        sums = of_receipts.sums(ctx)
    if as_json:
        told = {
            "years": totals, "differences": found, "on": date.isoformat(ctx.on), "whole": whole._asdict(),
            "books": [wrong._asdict() for wrong in books], "receipts": sums._asdict(),
            "receipts_wrong": [wrong._asdict() for wrong in receipts],
        }  # fmt: skip
        print(json.dumps(told, ensure_ascii=False))
    else:
        for each in years:
            _tell_year(each, totals[each], [d for d in found if d["fiscal_year"] == each])
        _tell_books(whole, books, sums, receipts)
    return 1 if found or books or receipts else 0


def _tell_year(year: int, levied: int, wrong: list[dict]) -> None:
    from kaigo.base.desk.refs import ref
    from kaigo.insurance.collection import read

    print(f"{year}年度 調定額 {levied:,}円 相違 {len(wrong):,}人")
    for d in wrong[:20]:
        print(
            f"  /collection/person/{ref('person', d['person'])}/ {read.WHAT[d['what']]}"
            f"(年額 {d['assessed']:,} 調定 {d['levied']:,} 期別 {d['planned']:,})"
        )


def _tell_books(whole, books, sums, receipts) -> None:
    from kaigo.insurance.ledger.invariant import WHAT

    print(
        f"全体 調定 {whole.levied:,}円 収納 {whole.received:,}円 還付 {whole.refunded:,}円 不納欠損 {whole.written_off:,}円 "
        f"未納 {whole.open_yen:,}円 納め過ぎ {whole.overpaid:,}円 相違 {len(books):,}件"
    )
    for wrong in books[:20]:
        print(f"  {WHAT[wrong.what]} {wrong.about}(計算 {wrong.expected:,} 台帳 {wrong.found:,})")
    print(
        f"収納 消込済み {sums.booked:,}件 {sums.booked_yen:,}円 納付者不明・返す収納 {sums.nobody:,}件 {sums.nobody_yen:,}円 "
        f"相違 {len(receipts):,}件"
    )
    for wrong in receipts[:20]:
        print(f"  {wrong.source}(収納 {wrong.expected:,} 記帳 {wrong.booked:,})")
