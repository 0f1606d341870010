"""理由の文。理由の id ごとに、職員への文と本人への文が一つずつ words/ja/*.yaml にある。"""

from __future__ import annotations

import re
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Literal, NamedTuple

from kaigo.law import plain_yaml
from kaigo.law.dates import fiscal_year_name, wareki
from kaigo.law.reasons import Reason

Audience = Literal["staff", "person"]
FOLDER = Path(__file__).resolve().parent.joinpath("words", "ja")
# {0} 引数、{0:group} 名前の表を引く、{0?あれば付ける語|なければ代わりの語}。
_PLACE = re.compile(r"\{(\d+)(?::(\w+))?(?:\?([^|}]*)\|([^}]*))?\}")


class Told(NamedTuple):
    """描かれた理由。"""

    id: str
    article: str
    text: str
    parts: tuple[Told, ...]


@lru_cache(maxsize=1)
def words() -> dict[str, dict]:
    """すべての文と名前の表。同じ id が二つあれば誤り。"""
    found: dict[str, dict] = {}
    for path in sorted(FOLDER.glob("*.yaml")):
        for key, entry in plain_yaml.load(path.read_text(encoding="utf-8")).items():
            if key in found:
                raise ValueError(f"{path.name}: 理由 {key} の文が二つある")
            found[key] = entry
    return found


def tell(reason: Reason, audience: Audience = "staff") -> Told:
    """理由の木を文の木に。文のない理由は誤り(KeyError)。"""
    entry = words()[reason.id]
    template = entry[audience]
    text = _PLACE.sub(lambda m: _place(reason.args[int(m.group(1))], m), template)
    return Told(reason.id, reason.article, text, tuple(tell(part, audience) for part in reason.parts))


def tell_all(reasons: tuple[Reason, ...], audience: Audience = "staff") -> tuple[Told, ...]:
    """理由の並びを文に。"""
    return tuple(tell(reason, audience) for reason in reasons)


def name_of(group: str, code: str) -> str:
    """符号の名前。groups に ない符号はそのまま。"""
    return words().get(f"group.{group}", {}).get(str(code), str(code))


def _place(arg, place: re.Match[str]) -> str:
    how, after, instead = place.group(2, 3, 4)
    if after is None:
        return _show(arg, how)
    return instead if arg is None else _show(arg, how) + after


def _show(arg, how: str | None) -> str:
    if how == "fy":
        return fiscal_year_name(int(arg))
    if how:
        return name_of(how, arg)
    if arg is None:
        return "上限なし"
    if isinstance(arg, bool):
        return "はい" if arg else "いいえ"
    if isinstance(arg, int):
        return f"{arg:,}"
    if isinstance(arg, date):
        return wareki(arg)
    try:
        return wareki(date.fromisoformat(arg)) if re.fullmatch(r"\d{4}-\d\d-\d\d", arg) else arg
    except ValueError:
        return arg
