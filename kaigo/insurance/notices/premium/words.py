"""From stored decisions to the words of a premium letter: titles, parts, reasons, what changed. No rule, no amount."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from typing import Any, NamedTuple

from kaigo.base.records.bulk import to_json
from kaigo.insurance.collection.read import LABELS, part_label
from kaigo.insurance.notices.premium.letters import (
    Before,
    ChangeNotice,
    Part,
    Person,
    PremiumNotice,
    Start,
)
from kaigo.law.dates import wareki
from kaigo.law.reasons import Reason
from kaigo.law.words import tell

_TITLES = {
    ("direct", False): "介護保険料納入通知書 兼 決定通知書",
    ("both", False): "介護保険料納入通知書 兼 決定通知書",
    ("deduction", False): "介護保険料決定通知書（特別徴収）",
    ("none", False): "介護保険料決定通知書",
    ("both", True): "介護保険料納入通知書 兼 決定通知書 兼 特別徴収開始通知書",
    ("deduction", True): "介護保険料決定通知書 兼 特別徴収開始通知書",
}
_CAUSES = {
    "way": "納め方が変わったため、これからの納め方をお知らせします。",
    "match": "年金の記録を確かめ、納め方を決め直しました。",
    "request": "年金からの差引きを始められなかったため、納め方を決め直しました。",
    "remission": "保険料の減免により、これから納める額を決め直しました。",
}


class Wanted(NamedTuple):
    """A person-year that needs a letter (relations.wanted_sql), with the stored reasons of both decisions."""

    person: int
    plan: int
    assessment: int
    annual: int
    refund: int
    instalments: str  # JSON as the database wrote it: equal texts are read once
    told: int | None  # the draft that went out last
    opening: str | None  # what the former system told (JSON), when nothing went out from here
    stage: int
    months: int
    interim: bool
    way: str
    request: str
    cause: str
    premium_reasons: str
    plan_reasons: str | None
    payer: str | None
    number: str | None
    letter: str
    remitted: int = 0  # what the instalments are less by than the premium


def notice(wanted: Wanted, person: Person, common: dict, dated: date) -> PremiumNotice:
    """The first letter of a year."""
    parts = to_parts(wanted.instalments)
    starting = wanted.request == "start"
    return PremiumNotice(
        _TITLES[wanted.way, starting and wanted.way in ("both", "deduction")],
        person,
        wanted.annual,
        wanted.refund,
        wanted.stage,
        parts,
        tuple(dict.fromkeys(part.way for part in parts)),
        reasons(wanted.premium_reasons, wanted.plan_reasons),
        following(parts, dated),
        start(wanted, common, parts) if starting else None,
        wanted.remitted,
    )


def change(wanted: Wanted, person: Person, common: dict, dated: date, told: dict[str, Any]) -> ChangeNotice:
    """A letter about what is different from the letter before (`told`: its data)."""
    parts = to_parts(wanted.instalments)
    before = Before(
        told["annual"], told["refund"], told["stage"], tuple(Part(*part) for part in told["parts"])
    )
    starting = wanted.request == "start" and not any(part.way == "deduction" for part in before.parts)
    stopping = wanted.request == "stop" and any(part.way == "deduction" for part in before.parts)
    title = "介護保険料変更通知書" + (
        " 兼 特別徴収中止通知書" if stopping else " 兼 特別徴収開始通知書" if starting else ""
    )
    return ChangeNotice(
        title, person, wanted.annual, wanted.refund, wanted.stage, parts, before,
        _what(wanted, before, stopping), _why(wanted, before), _notes(wanted, before, parts),
        reasons(wanted.premium_reasons, wanted.plan_reasons), following(parts, dated),
        start(wanted, common, parts) if starting else None, wanted.remitted,
    )  # fmt: skip


@lru_cache(maxsize=100_000)
def to_parts(instalments: str) -> tuple[Part, ...]:
    """Instalments of a plan (JSON) as they are printed. Many people pay the same amounts on the same days."""
    return tuple(
        Part(i["way"], i["number"], i["due_on"], i["yen"], *_printed(i["way"], i["number"], i["due_on"]))
        for i in json.loads(instalments)
    )


@lru_cache(maxsize=100_000)
def parts_json(instalments: str) -> str:
    """The same as they stand in the data of a letter."""
    return to_json(to_parts(instalments))


@lru_cache(maxsize=4096)
def _printed(way: str, number: int, due_on: str) -> tuple[str, str, str]:
    return part_label(way, number), wareki(date.fromisoformat(due_on)), LABELS[way]


def start(wanted: Wanted, common: dict, parts: Sequence[Part]) -> Start | None:
    """特別徴収の開始 (法136条). A payer without a known name is named by its code."""
    first = next((part for part in parts if part.way == "deduction"), None)
    if first is None:
        return None
    payer = wanted.payer or ""
    return Start(first.label, common["payers"].get(payer, f"年金保険者(コード{payer or '不明'})"))


def following(parts: Sequence[Part], dated: date) -> Part | None:
    """The next part to pay after the day of the letter."""
    day = dated.isoformat()
    return next((part for part in parts if part.due_on > day and part.yen), None)


def reasons(*packed: str | None) -> list:
    """Stored reasons (JSON) in words for the person: [[words, article, parts], …]. Other people have no words there."""
    return [node for each in packed if each for node in _plain(json.loads(each))]


def _plain(packed: list) -> list:
    return [
        [_sentence(identifier, tuple(args)), article, _plain(parts)]
        for identifier, article, args, parts in packed
    ]


@lru_cache(maxsize=200_000)
def _sentence(identifier: str, args: tuple) -> str:
    """The sentence of a reason. Most reasons say the same to many people."""
    return tell(Reason(identifier, "", args), "person").text


def _what(wanted: Wanted, before: Before, stopping: bool) -> tuple[str, ...]:
    lines = []
    if wanted.annual != before.annual:
        word = "増え" if wanted.annual > before.annual else "減り"
        lines.append(f"1年間の保険料が {abs(wanted.annual - before.annual):,}円{word}ました。")
    if wanted.stage != before.stage and wanted.stage:
        lines.append(f"所得段階が第{before.stage}段階から第{wanted.stage}段階になりました。")
    if wanted.months == 0:
        lines.append("保険料がかかる月がなくなりました。")
    if stopping:
        lines.append("年金からの差引き(特別徴収)をやめます。")
    if wanted.refund:
        lines.append(f"納めすぎになる額は {wanted.refund:,}円です。")
    return tuple(lines)


def _why(wanted: Wanted, before: Before) -> str:
    if wanted.cause in _CAUSES:
        return _CAUSES[wanted.cause]
    if wanted.annual == before.annual:
        return "保険料を決め直しましたが、1年間の額は変わりません。"
    if wanted.stage != before.stage and wanted.stage:
        return "保険料のもとになる所得や世帯などの資料が変わったため、保険料を決め直しました。"
    return "保険料がかかる月、または所得などの資料が変わったため、保険料を決め直しました。"


def _notes(wanted: Wanted, before: Before, parts: Sequence[Part]) -> tuple[str, ...]:
    """What to do about it, said only to those whom it concerns: nobody hears of slips who has none."""
    was = {(part.way, part.number): part.yen for part in before.parts}
    now = {(part.way, part.number): part.yen for part in parts}
    changed = {
        way for way, number in was.keys() | now.keys() if was.get((way, number)) != now.get((way, number))
    }
    notes = ["same"] if wanted.annual == before.annual else []
    if any(yen > was.get(key, 0) for key, yen in now.items() if key[0] == "slip"):
        notes.append("more")
    if any(key[0] == "slip" and yen != now.get(key) for key, yen in was.items()):
        notes.append("slips")
    notes += [
        note
        for way, note in (("debit", "debit"), ("deduction", "deducted"))
        if way in changed & {w for w, _ in now}
    ]
    if wanted.refund:
        notes.append("refund")
    return tuple(notes)
