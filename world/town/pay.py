"""`kaigo world pay --from DAY --until DAY --seed S [--ward DIR] [--slips F] [--debit F] [--pension F] [--welfare F] DIR`.

What the municipality sends arrives on the first day; then the days [from, until) pass, and the files that come are written
into DIR, with `payments-manifest.json` (all files until now) and `truth.jsonl` (who really paid what, when, for which term).
"""

from __future__ import annotations

import argparse
import json
import sys
from datetime import date
from pathlib import Path

from world.town.gone import pension_records, people
from world.town.payments import Payments
from world.town.sent import WrongFile, slips


def words(parsers) -> None:
    """The words of `world pay`."""
    word = parsers.add_parser("pay", help="送られた納付書・依頼への支払いと、届くファイルを日ごとに作る")
    word.add_argument("--from", dest="begin", type=date.fromisoformat, required=True, help="初めの日")
    word.add_argument("--until", type=date.fromisoformat, required=True, help="終わりの日(含まない)")
    word.add_argument(
        "--seed", type=int, default=1, help="同じ種と同じ送付からは同じバイトのファイルができる"
    )
    word.add_argument("--ward", type=Path, help="world make のフォルダ(死亡・転出・年金)")
    word.add_argument(
        "--slips", type=Path, action="append", default=[], help="送った納付書の一覧(JSON lines)"
    )
    word.add_argument("--debit", type=Path, action="append", default=[], help="銀行への依頼(全銀91)")
    word.add_argument(
        "--pension", type=Path, action="append", default=[], help="年金の支払者への通知(500バイト)"
    )
    word.add_argument(
        "--welfare", type=Path, action="append", default=[], help="福祉事務所への代理納付の依頼"
    )
    word.add_argument("--last", action="store_true", help="遅れているファイルも終わりの日に届ける")
    word.add_argument("--json", action="store_true", help="結果を JSON で出す")
    word.add_argument("folder", type=Path, metavar="DIR")


def main(found: argparse.Namespace) -> int:
    """0 played · 2 wrong days · 3 what was sent cannot be read."""
    if found.until < found.begin:
        print("終わりの日が初めの日より前です", file=sys.stderr)
        return 2
    try:
        entries = _played(found)
    except (WrongFile, OSError) as wrong:
        print(str(wrong), file=sys.stderr)
        return 3
    except ValueError as wrong:
        print(f"初めの日が違います: {wrong}", file=sys.stderr)
        return 2
    told = {"folder": str(found.folder), "files": entries}
    if found.json:
        print(json.dumps(told, ensure_ascii=False))
    else:
        lines = sum(entry["lines"] for entry in entries)
        print(f"{found.folder}: {len(entries):,} ファイル、{lines:,} 行")
    return 0


def _played(found: argparse.Namespace) -> list[dict]:
    begin, until = found.begin.toordinal(), found.until.toordinal()
    money = Payments(found.folder, found.seed, people(found.ward))
    if found.ward and not money.state["day"]:
        money.pensions.known(*pension_records(found.ward))
    for path in found.slips:
        money.send_slips(begin, slips(path.read_bytes()))
    for path in found.debit:
        money.send_debits(begin, path.read_bytes())
    for path in found.pension:
        money.send_pensions(begin, path.read_bytes())
    for path in found.welfare:
        money.send_welfare(begin, path.read_bytes())
    entries = money.play(begin, until)
    if found.last:
        entries += money.rest(until)
    money.save(entries)
    return entries
