"""`kaigo keys list | check | rotate KIND NAME | renew | destroy KIND NAME VERSION [--reason …]`: the keys of an installation.

KIND: wrap, mac, sign (keys of the store), data (NAME = table.column, of the system that KAIGO_SYSTEM names).
"""

from __future__ import annotations

import argparse
import json
import sys

from kaigo.site.commands.setup import bar, django_ready

ACTOR = "job:keys"
KINDS = ("wrap", "mac", "sign", "data")


def main(argv: list[str]) -> int:
    """0 done · 1 refused, or check found something · 2 usage · 3 the store of the keys does not answer."""
    options = _parser().parse_args(argv)
    django_ready()
    from kaigo.base.keys.store import StoreDown, store
    from kaigo.base.records.refusal import Refused

    health = store().health()
    print(f"{health.label}({health.place})", file=sys.stderr)
    try:
        return _DO[options.word](options, health)
    except Refused as refusal:
        print(refusal, file=sys.stderr)
        return 1
    except StoreDown as down:
        print(down, file=sys.stderr)
        return 3
    except ValueError as wrong:
        # What is no name of a key.
        print(wrong, file=sys.stderr)
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="kaigo keys", description="鍵の一覧・点検・更新・破棄")
    words = parser.add_subparsers(dest="word", required=True)
    made = {
        "list": words.add_parser("list", help="すべての鍵の版・目的・使用数・期限"),
        "check": words.add_parser("check", help="点検: 壊れた鍵、期限を過ぎた鍵、目的のない鍵"),
        "rotate": words.add_parser("rotate", help="新しい版にし、包んだ鍵を移す"),
        "renew": words.add_parser(
            "renew", help="古い版のものをすべて新しい版へ移す(途中で止めて、また始められる)"
        ),
        "destroy": words.add_parser("destroy", help="古い版を破棄する(戻せない)"),
    }
    for name in ("rotate", "destroy"):
        made[name].add_argument("kind", choices=KINDS)
        made[name].add_argument("name")
    made["destroy"].add_argument("version", type=int)
    made["destroy"].add_argument(
        "--reason", default="", help="使われていても破棄する理由(個人番号や氏名は書かない)"
    )
    for one in made.values():
        one.add_argument("--json", action="store_true")
    return parser


def _context():
    from kaigo.base.desk.day import business_date
    from kaigo.base.records.context import Context

    return Context(ACTOR, "operations", business_date())


def _list(options, health) -> int:
    from kaigo.base.keys import inventory

    found = inventory.lines()
    late = inventory.overdue(found, _context().on)
    if options.json:
        told = {
            "store": health.label, "place": health.place, "same_machine": health.same_machine, "problems": health.problems,
            "keys": [line.told() | {"overdue": line in late} for line in found],
        }  # fmt: skip
        print(json.dumps(told, ensure_ascii=False, default=str))
        return 0
    for line in found:
        state = (
            f"破棄 {line.destroyed}"
            if line.destroyed
            else f"{_used(line)}\t{line.due or '—'}{' 期限切れ' if line in late else ''}"
        )
        print(
            f"{line.kind}\t{line.name}\t第{line.version}版\t{line.purpose or '目的の記載なし'}\t{line.made}\t{state}"
        )
    return 0


def _used(line) -> str:
    return "数えていません" if line.used is None else f"{line.unit} {line.used:,}件"


def _check(options, health) -> int:
    from kaigo.base.keys import inventory

    wrong = inventory.check()
    late = inventory.overdue(inventory.lines(all_counts=False), _context().on)
    wrong += [
        f"{line.kind} {line.name}: 更新の期限 {line.due} を過ぎました(kaigo keys rotate {line.kind} {line.name})。"
        for line in late
    ]
    if options.json:
        print(json.dumps({"same_machine": health.same_machine, "wrong": wrong}, ensure_ascii=False))
    else:
        print("\n".join(wrong) if wrong else "鍵に問題はありません。")
    return 1 if wrong else 0


def _rotate(options, health) -> int:
    from kaigo.base.keyring import acts

    version = acts.rotate(_context(), options.kind, options.name)
    return _told(
        options,
        {"kind": options.kind, "name": options.name, "version": version},
        f"第{version}版にしました。",
    )


def _renew(options, health) -> int:
    from kaigo.base.keyring import acts

    with bar("新しい版へ移す") as show:
        done = acts.renew(_context(), show)
    return _told(
        options, done, f"包んだ鍵 {done['wrapped']:,}件、値 {done['sealed']:,}件を新しい版へ移しました。"
    )


def _destroy(options, health) -> int:
    from kaigo.base.keyring import acts

    acts.destroy(_context(), options.kind, options.name, options.version, options.reason)
    told = {"kind": options.kind, "name": options.name, "destroyed": options.version}
    return _told(
        options, told, f"第{options.version}版を破棄しました。控えを取った鍵がほかにないか確かめてください。"
    )


def _told(options, told: dict, words: str) -> int:
    print(json.dumps(told, ensure_ascii=False) if options.json else words)
    return 0


_DO = {"list": _list, "check": _check, "rotate": _rotate, "renew": _renew, "destroy": _destroy}
