"""`kaigo misuse`: finding misuse in the record of accesses of one system (KAIGO_SYSTEM).

kaigo misuse watch [--once]   the critical rules over what is new, every few minutes, until ended
kaigo misuse status [--json]  when all rules were last asked, whether the watch is behind, questions open and overdue
"""

from __future__ import annotations

import argparse
import json
import sys
import time

from kaigo.site.commands.setup import django_ready


def main(argv: list[str]) -> int:
    """0 = well; 1: with --once the job failed; of status: the rules were not asked for a day, the critical ones not within
    their minutes, or a question is overdue."""
    parser = argparse.ArgumentParser(
        prog="kaigo misuse", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=["watch", "status"])
    parser.add_argument("--once", action="store_true", help="一度だけ")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(argv)
    django_ready()
    if options.what == "status":
        return _status(options)
    if options.once:
        return 0 if _turn() else 1
    try:
        while True:
            _turn()
            time.sleep(60 * _minutes())
    except KeyboardInterrupt:
        return 0


def _status(options: argparse.Namespace) -> int:
    """Promise 061 and E-13: analysed within a day, the critical rules in minutes, and nothing unlooked at after its day."""
    from kaigo.base.desk.day import business_date
    from kaigo.base.misuse import read

    at, stale, late = read.analysed(), read.stale(), read.late(business_date())
    waiting, overdue = read.totals(business_date())
    if options.json:
        told = {
            "analysed": at.isoformat() if at else None,
            "stale": stale,
            "late": late,
            "open": waiting,
            "overdue": overdue,
        }
        print(json.dumps(told))
    else:
        when = f"{at.astimezone():%Y-%m-%d %H:%M}" if at else "なし"
        old = "(24時間より前)" if stale else ""
        behind = "、急ぐ規則で調べていない閲覧あり(kaigo misuse watch を確かめる)" if late else ""
        print(f"最後の解析 {when}{old}{behind}、確かめていないもの {waiting:,}件、うち期限切れ {overdue:,}件")
    return 1 if stale or late or overdue else 0


def _minutes() -> int:
    from kaigo.base.desk.day import business_date
    from kaigo.base.misuse.values import values

    return values(business_date())["watch_minutes"]


def _turn() -> bool:
    """One run of the job; whatever failed, also the keys, is told and tried again at the next turn."""
    from django.db import close_old_connections

    from kaigo.base.desk.day import business_date
    from kaigo.base.jobs.run import run
    from kaigo.base.misuse.finding import WATCH
    from kaigo.base.records.context import Context

    close_old_connections()
    try:
        found = run(Context(f"job:{WATCH}", "audit", business_date()), WATCH).result
    except Exception as error:
        print(
            f"解析できませんでした({type(error).__name__})。次の回にもう一度試みます。",
            file=sys.stderr,
            flush=True,
        )
        return False
    if found["alerts"]:
        print(f"確かめる閲覧 {found['alerts']:,}件", flush=True)
    return True
