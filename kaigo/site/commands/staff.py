"""`kaigo staff found --first NUMBER LOGIN --second NUMBER LOGIN [--on DATE]`: the first two of an installation.

Before it the staff list is taken in (`KAIGO_SYSTEM=staff kaigo feeds load …`, `kaigo run people.take`). It prints a word
for each of the two, once; with it a key is registered at /enrol.
"""

from __future__ import annotations

import argparse
import sys
from datetime import date

from kaigo.site.commands.setup import django_ready


def main(argv: list[str]) -> int:
    """0 both are in · 1 refused · 2 usage."""
    parser = argparse.ArgumentParser(prog="kaigo staff")
    words = parser.add_subparsers(dest="word", required=True)
    founded = words.add_parser("found", help="最初の二人(権限管理と権限承認)のアカウントを開く")
    founded.add_argument("--first", nargs=2, metavar=("NUMBER", "LOGIN"), required=True)
    founded.add_argument("--second", nargs=2, metavar=("NUMBER", "LOGIN"), required=True)
    founded.add_argument("--on", type=date.fromisoformat)
    options = parser.parse_args(argv)
    django_ready("staff")
    return _found(options)


def _found(options) -> int:
    from django.conf import settings

    from kaigo.base.desk.day import business_date
    from kaigo.base.records.context import Context, acting
    from kaigo.base.records.refusal import Refused
    from kaigo.base.staff.founding import Founder, found
    from kaigo.base.staff.tables import limits

    if settings.SYSTEM != "staff":
        print("KAIGO_SYSTEM=staff で実行してください。", file=sys.stderr)
        return 2
    ctx = Context("job:staff.found", "staff", options.on or business_date())
    try:
        with acting(ctx):
            made = found(ctx, Founder(*options.first), Founder(*options.second))
    except Refused as refusal:
        print(refusal, file=sys.stderr)
        return 1
    hours = limits()["enrolment_hours"]
    print(f"鍵の登録の言葉です。今だけ表示します。{hours}時間以内に、本人が {settings.SYSTEM_URLS['staff']}/enrol で使います。", file=sys.stderr)  # fmt: skip
    for one in made:
        print(f"{one.login}\t{one.role}\t{one.section}\t{one.word}")
    return 0
