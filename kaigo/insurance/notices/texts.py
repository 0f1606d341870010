"""What the insurer says on every letter, as dated rows: issuer, seal, contact, how to pay, 教示.

Rows are looked for in texts/<insurer>, then texts/<prefecture>. A text that is not valid on the day is an error: no
letter goes out without its 教示, and none with that of another time.
"""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from kaigo.base.jobs.registry import NotReady
from kaigo.law import plain_yaml

ROOT = Path(__file__).parent / "texts"
_KEYS = {"name", "from", "to", "value", "source", "confidence", "checked_on"}
NEEDED = {
    "issuer": "発行者",
    "seal": "公印",
    "contact": "問合せ先",
    "numbering": "文書記号",
    "appeal": "教示",
    "how_to_pay": "納め方の案内",
    "change": "変更の案内",
    "certificate": "被保険者証の注意事項",
    "payers": "特別徴収義務者の名前",
    "inquiry": "所得照会票の文",
    "exchange": "住所地特例連絡票の文",
    "dunning": "督促・催告の文",
}


class TextsError(ValueError):
    """A file of texts is wrong: unknown key, gap in order, overlap."""


class Row(NamedTuple):
    """One text, valid [start, end); end None = open."""

    name: str
    start: date
    end: date | None
    value: Any


@lru_cache(maxsize=64)
def _rows(folder: Path) -> dict[str, tuple[Row, ...]]:
    found: dict[str, list[Row]] = {}
    for path in sorted(folder.glob("*.yaml")):
        for raw in plain_yaml.load(path.read_text(encoding="utf-8")):
            if set(raw) != _KEYS or raw["name"] not in NEEDED:
                raise TextsError(f"{path.name}: {raw.get('name')} の鍵が違います")
            found.setdefault(raw["name"], []).append(Row(raw["name"], raw["from"], raw["to"], raw["value"]))
    for name, rows in found.items():
        rows.sort(key=lambda row: row.start)
        for before, after in zip(rows, rows[1:], strict=False):
            if before.end is None or before.end > after.start:
                raise TextsError(f"{folder.name}: {name} の期間が重なっています")
    return {name: tuple(rows) for name, rows in found.items()}


def text(insurer: str, name: str, on: date, root: Path = ROOT) -> Any:
    """The text in force on the day. NotReady when there is none."""
    for folder in (root / insurer, root / insurer[:2]):
        for row in _rows(folder).get(name, ()):
            if row.start <= on and (row.end is None or on < row.end):
                return row.value
    raise NotReady([f"{on:%Y-%m-%d} に有効な{NEEDED[name]}の文がありません(通知を作れません)"])


def lacks(insurer: str, on: date, root: Path = ROOT) -> list[str]:
    """Texts that are missing on the day, Japanese; empty = letters can be drafted."""
    missing = []
    for name in NEEDED:
        try:
            text(insurer, name, on, root)
        except NotReady as lack:
            missing += lack.missing
    return missing
