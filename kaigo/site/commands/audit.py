"""`kaigo audit`: the record of accesses of one system (KAIGO_SYSTEM).

kaigo audit events [--write]   the list of events, as docs/audit-events.md has it
kaigo audit key                the key of the log, to be handed to the witness and to auditors
kaigo audit seal [--once]      close the log every few seconds and show it to the witness, until ended
kaigo audit check              does the database still say what the log says?
kaigo audit status             how far the log and the witness have come
"""

from __future__ import annotations

import argparse
import json
import sys

from kaigo.site.commands.setup import django_ready
from kaigo.site.home import PROJECT

_WHAT = {
    "changed": "データベースの内容が記録と違います",
    "missing": "データベースにありません",
    "archive": "ここから始まる保管済みの部分が、記録と違います",
}


def main(argv: list[str]) -> int:
    """0 = well, 1 = something differs, or the witness is silent or refuses."""
    parser = argparse.ArgumentParser(
        prog="kaigo audit", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=["events", "key", "seal", "check", "status"])
    parser.add_argument("--write", action="store_true", help="docs/audit-events.md に書く")
    parser.add_argument("--once", action="store_true", help="一度だけ")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(argv)
    django_ready()
    return {"events": _events, "key": _key, "seal": _seal, "check": _check, "status": _status}[options.what](
        options
    )


def _events(options: argparse.Namespace) -> int:
    from kaigo.base.audit.listing import markdown

    if options.write:
        (PROJECT / "docs/audit-events.md").write_text(markdown(), encoding="utf-8")
    else:
        print(markdown(), end="")
    return 0


def _key(options: argparse.Namespace) -> int:
    from kaigo.base.audit.sealing import own_key

    print(own_key())
    return 0


def _seal(options: argparse.Namespace) -> int:
    from kaigo.base.audit.keeper import Keeper
    from kaigo.base.audit.sealing import LogAhead
    from kaigo.base.desk.day import business_date
    from kaigo.base.records.context import Context

    ctx = Context(actor="job:audit.seal", purpose="operations", on=business_date())
    keeper = Keeper(ctx, lambda words: print(words, file=sys.stderr, flush=True))
    try:
        if options.once:
            keeper.turn(0)
        else:
            keeper.run()
    except LogAhead as ahead:
        print(ahead, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        pass
    return 0


def _check(options: argparse.Namespace) -> int:
    from kaigo.base.audit.archive import bent
    from kaigo.base.audit.compare import compare, slipped
    from kaigo.base.audit.sealing import log, unsealed

    found = [{"leaf": one.number, "what": one.what} for one in compare(log())]
    found += [{"leaf": one.first, "what": "archive"} for one in bent(log())]
    leaves, waiting, added = log().size, unsealed(), slipped()
    if options.json:
        told = {"leaves": leaves, "unsealed": waiting, "differences": found, "slipped": added}
        print(json.dumps(told))
    else:
        for one in found:
            print(f"記録の{one['leaf']:,}番: {_WHAT[one['what']]}")
        for event in added:
            print(
                f"出来事{event}: 記録にないのに、記録済みの出来事より前のものとしてデータベースにあります(あとから差し込まれたおそれ)"
            )
        print(
            f"記録 {leaves:,}件、違い {len(found) + len(added):,}件、まだ記録に入っていない出来事 {waiting:,}件"
        )
    return 1 if found or added else 0


def _status(options: argparse.Namespace) -> int:
    from kaigo.base.audit.fresh import watch
    from kaigo.base.audit.sealing import log, unsealed

    found, leaves, waiting = watch(), log().size, unsealed()
    if options.json:
        at = found.at.isoformat() if found.at else None
        told = {
            "leaves": leaves,
            "unsealed": waiting,
            "witnessed": found.size,
            "at": at,
            "stale": found.stale,
        }
        print(json.dumps(told))
    else:
        when = f"{found.at.astimezone():%Y-%m-%d %H:%M:%S}" if found.at else "なし"
        old = "(古い)" if found.stale else ""
        print(f"記録 {leaves:,}件(ほかに {waiting:,}件)、立会済み {found.size:,}件、最後の立会 {when}{old}")
    return 1 if found.stale else 0
