"""Codes of the ward's files in words, for screens."""

from __future__ import annotations

from functools import cache

from kaigo.insurance.residents.people import _STATES as STATES
from kaigo.layouts.model import get


@cache
def codes(layout: str, field: str) -> dict[str, str]:
    """code → name of a field of a layout."""
    return dict(get(layout).field(field).codes)


def event(code: str) -> str:
    """異動事由."""
    return codes("ward.resident", "event").get(code, "")


_RELATIONSHIPS = {
    "02": "世帯主", "11": "夫", "12": "妻", "20": "子", "51": "父", "52": "母", "71": "兄", "74": "弟", "81": "姉", "84": "妹",
    "96": "縁故者", "98": "使用人", "99": "同居人",
}  # fmt: skip


def relationship(code: str) -> str:
    """続柄: two digits a step (20 20 = 子の子); what has no word stays as the file has it."""
    steps = [code[place : place + 2] for place in range(0, len(code), 2)]
    if not all(step in _RELATIONSHIPS for step in steps):
        return code
    return "の".join(_RELATIONSHIPS[step] for step in steps)


def source(text: str) -> str:
    """出所 of a fact: the line of a file, a case of the section, or as it stands."""
    kind, _, rest = text.partition(":")
    if kind == "feed":
        delivery, _, line = rest.partition(":")
        return f"ファイル{delivery} {line}行目"
    if kind == "reply":
        municipality, _, day = rest.partition(":")
        return f"{municipality} の回答({day})"
    if kind == "inquiry":
        return f"所得照会 {rest}"
    return (
        f"受付 {rest}"
        if kind == "case" and not rest.startswith("account:")
        else "窓口"
        if kind == "case"
        else text
    )


__all__ = ["STATES", "codes", "event", "relationship", "source"]
