"""`kaigo law rules | describe | why | check | gaps`."""

from __future__ import annotations

import argparse
import json
import sys
from datetime import date
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

import yaml

from kaigo.law import cases, plain_yaml
from kaigo.law.codec import FactsError, decode, encode, schema
from kaigo.law.digest import law_version
from kaigo.law.reasons import Finding, Reason, Unclear, unclear
from kaigo.law.rule import Rule, rules
from kaigo.law.values import NoValue, ValueMissing, ValuesError, load
from kaigo.law.words import tell

OK, DIFFERENCE, USAGE, UNCLEAR = 0, 1, 2, 3


def main(argv: list[str]) -> int:
    """0 合う・1 違いがある・2 使い方の誤り・3 分からない、または値がない。"""
    options = _parser().parse_args(argv)
    try:
        return options.run(options)
    except (FactsError, cases.CaseError, ValuesError, OSError, yaml.YAMLError, UnicodeError) as error:
        print(f"読めません: {error}", file=sys.stderr)
        return USAGE


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="kaigo law")
    words = parser.add_subparsers(dest="word", required=True)

    def word(name: str, run, **more) -> argparse.ArgumentParser:
        sub = words.add_parser(name, **more)
        sub.add_argument("--json", action="store_true")
        sub.add_argument("--values", type=Path)
        sub.set_defaults(run=run)
        return sub

    word("rules", _rules, help="規則の一覧")
    word("describe", _describe, help="事実と答えの形").add_argument("rule")
    why = word("why", _why, help="答えと理由")
    why.add_argument("rule")
    why.add_argument("facts", type=Path)
    why.add_argument("--on")
    why.add_argument("--insurer")
    word("check", _check, help="実例を確かめる").add_argument("files", type=Path, nargs="*")
    word("gaps", _gaps, help="本番の前に確かめる値")
    return parser


def _print(data: Any) -> None:
    print(json.dumps(data, ensure_ascii=False, indent=1, default=str))


def _rule(name: str) -> Rule | None:
    found = rules().get(name)
    if found is None:
        print(f"規則 {name} はありません。kaigo law rules で一覧を見られます。", file=sys.stderr)
    return found


def _rules(options) -> int:
    rows = [
        {"id": r.id, "article": r.article, "about": (r.judge.__doc__ or "").split("\n")[0]}
        for r in rules().values()
    ]
    if options.json:
        _print(rows)
    else:
        for row in rows:
            print(f"{row['id']:36} {row['article']}\n    {row['about']}")
    return OK


def _describe(options) -> int:
    chosen = _rule(options.rule)
    if chosen is None:
        return USAGE
    result = get_type_hints(chosen.judge).get("return")
    _print(
        {
            "rule": chosen.id,
            "article": chosen.article,
            "about": chosen.judge.__doc__ or "",
            "facts": schema(chosen.facts),
            "result": schema(_value_type(result)),
        }
    )
    return OK


def _value_type(result: Any) -> Any:
    """Finding[T] または Finding[T] | Unclear → T。"""
    options = (result,) if get_origin(result) is Finding else get_args(result)
    return next(get_args(option)[0] for option in options if get_origin(option) is Finding)


def _why(options) -> int:
    chosen = _rule(options.rule)
    if chosen is None:
        return USAGE
    raw = plain_yaml.load(options.facts.read_text(encoding="utf-8"))
    head, body = _parts(raw, chosen.facts)
    on = decode(date, options.on or head.get("on"), "on")
    insurer = str(options.insurer or head.get("insurer") or "standard")
    facts = decode(chosen.facts, body)
    try:
        values = load(options.values).values(insurer, on)
        found = chosen.judge(facts, values)
    except ValueMissing as error:
        found = unclear(error.what, error.blocks)
    except NoValue as error:
        found = unclear("values", str(error))
    except (OverflowError, ValueError) as error:
        raise FactsError(f"facts: 数えられない日付か数があります({error})") from error
    if isinstance(found, Unclear):
        return _tell_unclear(options, found)
    told = {
        "rule": chosen.id,
        "on": on,
        "law_version": law_version(values.digest),
        "value": encode(found.value),
        "reasons": [_reason(reason) for reason in found.reasons],
    }
    if options.json:
        _print(told)
    else:
        mark = "(仮の扱い)" if found.interim else ""
        print(f"{chosen.id} ({on}) = {json.dumps(told['value'], ensure_ascii=False)}{mark}")
        for reason in told["reasons"]:
            _tree(reason, 0)
    return OK


def _parts(raw: Any, kind: Any) -> tuple[dict, dict]:
    """{on, insurer?, facts} か、事実だけの組({on, insurer} は並べて書くか、--on と --insurer で渡す)。"""
    if not isinstance(raw, dict):
        raise FactsError("{on, insurer?, facts} の形か、事実の組で書いてください")
    if "facts" in raw:
        return raw, raw["facts"]
    apart = {"on", "insurer"} - set(kind._fields)
    head = {key: item for key, item in raw.items() if key in apart}
    return head, {key: item for key, item in raw.items() if key not in head}


def _tell_unclear(options, found: Unclear) -> int:
    missing = [{"missing": what, "why": why} for what, why in found.missing]
    if options.json:
        _print({"unclear": missing})
    else:
        for row in missing:
            print(f"分かりません: {row['missing']} — {row['why']}")
    return UNCLEAR


def _reason(reason: Reason) -> dict:
    staff, person = tell(reason, "staff"), tell(reason, "person")
    return {
        "id": reason.id,
        "article": reason.article,
        "staff": staff.text,
        "person": person.text,
        "args": encode(reason.args),
        "parts": [_reason(part) for part in reason.parts],
    }


def _tree(reason: dict, depth: int) -> None:
    print(f"{'  ' * depth}・{reason['staff']}〔{reason['article']}〕")
    for part in reason["parts"]:
        _tree(part, depth + 1)


def _check(options) -> int:
    passed, failed = cases.check(options.files, load(options.values))
    if options.json:
        _print({"passed": passed, "failed": [failure._asdict() for failure in failed]})
    else:
        for failure in failed:
            print(
                f"{failure.file}:{failure.line} {failure.case}\n  期待 {failure.expected}\n  結果 {failure.got}"
            )
        print(f"合った {passed}、合わない {len(failed)}")
    return DIFFERENCE if failed else OK


def _gaps(options) -> int:
    gaps = load(options.values).gaps()
    if options.json:
        _print(gaps)
    else:
        for gap in gaps:
            what = "、".join(f"{what}(止まる: {blocks})" for what, blocks in gap["missing"]) or gap["source"]
            print(
                f"{gap['confidence']:9} {gap['owner']:9} {gap['name']:28} {gap['from'] or ''}〜{gap['to'] or ''} {what}"
            )
    return OK
