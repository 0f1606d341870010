"""`kaigo feeds load FILE --layout L [--on DATE]`: one file in, with its outcome."""

from __future__ import annotations

import argparse
import json
import sys
from datetime import date
from pathlib import Path

from kaigo.site.commands.setup import django_ready

_WORDS = {
    "accepted": "受け入れました",
    "refused": "断りました",
    "waiting": "待っています",
    "repeated": "同じファイルです",
}
_SHOWN = 50


def main(argv: list[str]) -> int:
    """0 accepted without refused lines, or repeated · 1 refused, whole or in lines · 2 usage · 3 waiting for a missing file."""
    parser = argparse.ArgumentParser(prog="kaigo feeds")
    load = parser.add_subparsers(dest="word", required=True).add_parser("load")
    load.add_argument("file", type=Path)
    load.add_argument("--layout", required=True)
    load.add_argument("--on", type=date.fromisoformat)
    load.add_argument("--actor", default="job:feeds.load")
    load.add_argument("--json", action="store_true")
    options = parser.parse_args(argv)
    if not options.file.is_file():
        print(f"ファイル「{options.file}」がありません。", file=sys.stderr)
        return 2
    django_ready()
    return _load(options)


def _load(options) -> int:
    from django.conf import settings

    from kaigo.base.audit.write import record
    from kaigo.base.desk.day import business_date
    from kaigo.base.feeds import read
    from kaigo.base.feeds.decide import receive
    from kaigo.base.records.context import Context, acting
    from kaigo.base.records.refusal import Refused

    ctx = Context(options.actor, "intake", options.on or business_date())
    try:
        with acting(ctx):
            outcome = receive(
                ctx, settings.INSURER, options.file.name, options.file.read_bytes(), options.layout
            )
            record(ctx, "feeds.load", f"delivery:{outcome.delivery_id}", state=outcome.state)
    except Refused as refusal:
        print(refusal, file=sys.stderr)
        return 2
    view = read.delivery(ctx, outcome.delivery_id)
    refused = read.repairs(ctx, delivery=view.id, state="open", limit=_SHOWN)
    if options.json:
        print(json.dumps(_told(view, refused), ensure_ascii=False))
    else:
        _say(view, refused)
    return {"accepted": int(view.refused_lines > 0), "repeated": 0, "refused": 1, "waiting": 3}[view.state]


def _told(view, refused) -> dict:
    return {
        "delivery": view.id,
        "layout": view.layout,
        "state": view.state,
        "sequence": view.sequence,
        "lines": view.lines,
        "new_lines": view.new_lines,
        "same_lines": view.same_lines,
        "refused_lines": view.refused_lines,
        "problems": view.problems,
        "refused": [{"repair": r.id, "line": r.number, "errors": list(r.errors)} for r in refused],
    }


def _say(view, refused) -> None:
    number = f" 連番 {view.sequence}" if view.sequence else ""
    print(f"{view.title}{number}: {_WORDS[view.state]}。")
    for problem in view.problems:
        print(f"  {problem['where']}: {problem['message']}。{problem['remedy']}。")
    if view.state == "accepted":
        print(
            f"  {view.lines:,} 行のうち 新しいか変わった行 {view.new_lines:,}、"
            f"同じ行 {view.same_lines:,}、断った行 {view.refused_lines:,}"
        )
    for row in refused:
        for error in row.errors:
            print(
                f"  {row.number:,}行目 {error['field']}「{error['value']}」: {error['message']}。{error['remedy']}。"
            )
    if len(refused) < view.open_repairs:
        print(f"  ほかに {view.open_repairs - len(refused):,} 行。画面の一覧で直せます。")
