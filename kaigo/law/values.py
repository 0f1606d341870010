"""日付のある値。国の値は values/national、保険者の値は values/insurers/<団体コード|standard>。

値の一つは {name, from, to, value, source, confidence, checked_on} で、期間は半開 [from, to)、to: null は続いている
こと。知らない鍵、重なり、隙間、登録のない名前は誤り。その日に値がないことは誤り(NoValue)であり、0 ではない。
分からない値は value: null と missing に「何が、どの業務を止めるか」を書く。分からないと書いた期間は、同じ持ち主の値が入れば退く:
新しい計画期は、値のファイルを一つ足すだけでよい。

保険者が自分の値を持ったことのある名前は、その値が終わった後を、ほかの持ち主の値で代えない(値が分からない、と答える)。
その後をほかの持ち主(元にした保険者または national)の値によるなら、value: null と follows にその持ち主を書く。
"""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple, TypeVar

import yaml

from kaigo.law import plain_yaml

T = TypeVar("T")
ROOT = Path(__file__).resolve().parent.joinpath("values")
CONFIDENCE = ("sourced", "derived", "recalled", "fictional", "missing")
_KEYS = {"name", "from", "to", "value", "source", "confidence", "checked_on", "note", "missing", "follows"}


_HEAD = {"code", "name", "insurer_number", "based_on", "confidence", "source"}


class ValuesError(ValueError):
    """値のファイルの誤り。どのファイルの何行目かを言う。"""


class NoValue(LookupError):
    """その日に値がない。既定値で代えない。"""


class ValueMissing(LookupError):
    """値が分からないと値のファイルが言っている。what と、止まる業務 blocks。"""

    def __init__(self, what: str, blocks: str) -> None:
        super().__init__(f"{what}({blocks} が止まります)")
        self.what, self.blocks = what, blocks


class Entry(NamedTuple):
    """値一つと、その期間・出所・確からしさ。follows: この期間は、そこに書いた持ち主の値による。"""

    name: str
    start: date
    end: date | None
    value: Any
    source: str
    confidence: str
    missing: tuple[tuple[str, str], ...]
    file: str
    line: int
    follows: str = ""


_CHECKERS: dict[str, Callable[[Any], Any]] = {}


def value(name: str) -> Callable[[Callable[[Any], Any]], Callable[[Any], Any]]:
    """値の名前に、生の値を調べて型のある値を返す関数を登録する。"""

    def register(check: Callable[[Any], Any]) -> Callable[[Any], Any]:
        if name in _CHECKERS:
            raise ValuesError(f"値 {name} は二度登録された")
        _CHECKERS[name] = check
        return check

    return register


class Values:
    """ある保険者のある日の値。規則に渡す。"""

    __slots__ = ("_book", "_found", "_views", "insurer", "on")

    def __init__(self, book: Book, insurer: str, on: date) -> None:
        self._book, self.insurer, self.on = book, insurer, on
        self._found: dict[str, Any] = {}
        self._views: dict[Any, Any] = {}

    @property
    def digest(self) -> str:
        """値のファイル全体の sha256。"""
        return self._book.digest

    def entry(self, name: str) -> Entry:
        """名前の、この日の項目。なければ NoValue。"""
        return self._book.entry(self.insurer, name, self.on)

    def get(self, name: str) -> Any:
        """型のある値。なければ NoValue、分からなければ ValueMissing。"""
        if name not in self._found:
            found = self.entry(name)
            if found.missing and found.value is None:
                raise ValueMissing(*found.missing[0])
            self._found[name] = found.value
        return self._found[name]

    def at(self, on: date) -> Values:
        """同じ保険者の別の日の値。"""
        return self._book.values(self.insurer, on)

    def view(self, make: Callable[[Values], T]) -> T:
        """値から一度だけ作るもの(表の索引など)。同じ関数なら二度目は作らない。"""
        if make not in self._views:
            self._views[make] = make(self)
        return self._views[make]


class Book:
    """一つの値のフォルダ全体。"""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.digest = _digest(root)
        self.insurers: dict[str, Mapping[str, Any]] = {}
        self._entries: dict[tuple[str, str], list[Entry]] = {}
        self._values: dict[tuple[str, date], Values] = {}
        self._load()

    def values(self, insurer: str, on: date) -> Values:
        """保険者(六桁または standard)のその日の値。"""
        if insurer not in self.insurers:
            raise NoValue(f"保険者 {insurer} の値のフォルダがありません")
        key = (insurer, on)
        if key not in self._values:
            self._values[key] = Values(self, insurer, on)
        return self._values[key]

    def entry(self, insurer: str, name: str, on: date) -> Entry:
        """保険者 → その元(based_on) → 国 の順に探した項目。自分の値が終わっていれば、次の持ち主を見ず、分からないと答える。

        自分の最初の値より前は、次の持ち主の値による(それまでは元の表によっていた)。
        """
        follows = ""
        for owner in self._owners(insurer):
            entries = self._entries.get((owner, name))
            if not entries or (follows and owner != follows):
                continue
            place = bisect_right(entries, on, key=lambda e: e.start) - 1
            if place < 0:
                continue
            found = entries[place]
            if found.end is not None and on >= found.end:
                if owner == "national":
                    break
                return self._ended(owner, found)
            if not found.follows:
                return found
            follows = found.follows
        raise NoValue(f"{insurer} の {on.isoformat()} に値 {name} がありません")

    def _ended(self, owner: str, last: Entry) -> Entry:
        """自分の最後の値の後: どの保険者の何の値が、いつ終わったか。"""
        assert last.end is not None
        until = (last.end - timedelta(days=1)).isoformat()
        what = f"{self.insurers[owner]['name']}({owner})の {last.name}(自分の値は {until} で終わっています)"
        blocks = last.missing[0][1] if last.missing else "この値を使う業務"
        return last._replace(
            start=last.end, end=None, value=None, confidence="missing", missing=((what, blocks),), source=""
        )

    def _owners(self, insurer: str) -> tuple[str, ...]:
        owners = [insurer]
        while self.insurers[owners[-1]].get("based_on"):
            owners.append(self.insurers[owners[-1]]["based_on"])
        return (*owners, "national")

    def entries(self) -> list[tuple[str, Entry]]:
        """すべての項目。(持ち主, 項目)。"""
        return [(owner, e) for (owner, _), es in sorted(self._entries.items()) for e in es]

    def raw(self, entry: Entry) -> Any:
        """項目のファイルに書いてあるままの値。"""
        return next(row["value"] for row, line in _rows(self.root.joinpath(entry.file)) if line == entry.line)

    def names(self, insurer: str) -> list[str]:
        """保険者に答えのあるはずの値の名前。"""
        return sorted({name for owner, name in self._entries if owner in self._owners(insurer)})

    def gaps(self) -> list[dict[str, Any]]:
        """本番の前に確かめるべき項目: recalled, derived, missing。保険者の番号も含む。"""
        heads = [
            {"owner": code, "name": "insurer_number", "from": None, "to": None, "confidence": head["confidence"],
             "missing": [], "source": head["source"], "file": f"insurers/{code}/insurer.yaml", "line": 1}
            for code, head in sorted(self.insurers.items())
            if head.get("confidence") in ("recalled", "derived", "missing")
        ]  # fmt: skip
        return heads + [
            {"owner": owner, "name": e.name, "from": e.start, "to": e.end, "confidence": e.confidence,
             "missing": [list(m) for m in e.missing], "source": e.source, "file": e.file, "line": e.line}
            for owner, e in self.entries()
            if e.confidence in ("recalled", "derived", "missing") or e.missing
        ]  # fmt: skip

    # -- 読込み --------------------------------------------------------------------------------------

    def _load(self) -> None:
        for path in sorted(self.root.joinpath("national").glob("*.yaml")):
            self._load_file("national", path)
        insurers = self.root.joinpath("insurers")
        for folder in sorted(p for p in insurers.glob("*") if p.is_dir()):
            head = folder.joinpath("insurer.yaml")
            self.insurers[folder.name] = _head(head)
            for path in sorted(folder.glob("*.yaml")):
                if path != head:
                    self._load_file(folder.name, path)
        for (owner, name), entries in self._entries.items():
            self._followed(owner, entries)
            entries[:] = _yielding(sorted(entries, key=lambda e: e.start))
            _no_gap(owner, name, entries)

    def _followed(self, owner: str, entries: list[Entry]) -> None:
        """follows には、元をたどって行き着く持ち主だけを書ける。"""
        for entry in entries:
            if entry.follows and (owner == "national" or entry.follows not in self._owners(owner)[1:]):
                raise ValuesError(
                    f"{entry.file}:{entry.line}: follows {entry.follows} はこの保険者の元ではありません"
                )

    def _load_file(self, owner: str, path: Path) -> None:
        for raw, line in _rows(path):
            entry = _entry(raw, str(path.relative_to(self.root)), line)
            self._entries.setdefault((owner, entry.name), []).append(entry)


@lru_cache(maxsize=8)
def load(root: Path | None = None) -> Book:
    """値のフォルダを読む。同じフォルダは一度だけ。"""
    from kaigo.law import catalogue  # noqa: F401  値の名前を登録する module をすべて読み込む

    return Book(root or ROOT)


def _head(path: Path) -> Mapping[str, Any]:
    """保険者の名前と番号。"""
    if not path.exists():
        raise ValuesError(f"{path}: 保険者の名前と番号のファイルがありません")
    head = plain_yaml.load(path.read_text(encoding="utf-8"))
    unknown = set(head) - _HEAD
    if unknown or {"code", "name"} - set(head) or head["code"] != path.parent.name:
        raise ValuesError(f"{path}: 書けるのは {' '.join(sorted(_HEAD))}、code はフォルダの名前です")
    return _frozen(head)


def _rows(path: Path) -> list[tuple[dict, int]]:
    node = plain_yaml.compose(path.read_text(encoding="utf-8"))
    if node is None:
        return []
    if not isinstance(node, yaml.SequenceNode):
        raise ValuesError(f"{path}: 項目の並びではありません")
    data = plain_yaml.load(path.read_text(encoding="utf-8"))
    return [(row, item.start_mark.line + 1) for row, item in zip(data, node.value, strict=True)]


def _entry(raw: dict, file: str, line: int) -> Entry:
    where = f"{file}:{line}"
    unknown = set(raw) - _KEYS
    if unknown:
        raise ValuesError(f"{where}: 知らない鍵 {', '.join(sorted(unknown))}")
    lacking = {"name", "from", "to", "value", "source", "confidence", "checked_on"} - set(raw)
    if lacking:
        raise ValuesError(f"{where}: {', '.join(sorted(lacking))} がありません")
    if raw["confidence"] not in CONFIDENCE:
        raise ValuesError(f"{where}: confidence は {' '.join(CONFIDENCE)} のどれか")
    missing = tuple((m["what"], m["blocks"]) for m in raw.get("missing") or ())
    follows = raw.get("follows") or ""
    if follows and (raw["value"] is not None or missing):
        raise ValuesError(f"{where}: follows を書いた項目に value と missing は書けません")
    if raw["value"] is None and not (missing or follows):
        raise ValuesError(f"{where}: 値のない項目には missing か follows を書く")
    if raw["name"] not in _CHECKERS:
        raise ValuesError(f"{where}: 値 {raw['name']} を使う規則がありません")
    if raw["to"] is not None and raw["to"] <= raw["from"]:
        raise ValuesError(f"{where}: 期間が空です")
    try:
        checked = None if raw["value"] is None else _CHECKERS[raw["name"]](_frozen(raw["value"]))
    except (KeyError, TypeError, ValueError) as error:
        raise ValuesError(f"{where}: {raw['name']}: {error}") from error
    return Entry(
        raw["name"], raw["from"], raw["to"], checked, raw["source"], raw["confidence"], missing, file, line,
        follows,
    )  # fmt: skip


def _yielding(entries: list[Entry]) -> list[Entry]:
    """分からないと書いた項目から、値のある(または、どの値によるか書いた)項目の期間を除く。"""
    known = [entry for entry in entries if not entry.missing or entry.value is not None]
    found = list(known)
    for entry in entries:
        if entry.missing and entry.value is None:
            pieces = [entry]
            for other in known:
                pieces = [left for piece in pieces for left in _without(piece, other)]
            found += pieces
    return sorted(found, key=lambda e: e.start)


def _without(piece: Entry, other: Entry) -> list[Entry]:
    apart = (other.end is not None and other.end <= piece.start) or (
        piece.end is not None and piece.end <= other.start
    )
    if apart:
        return [piece]
    left = [piece._replace(end=other.start)] if piece.start < other.start else []
    if other.end is not None and (piece.end is None or other.end < piece.end):
        left.append(piece._replace(start=other.end))
    return left


def _no_gap(owner: str, name: str, entries: list[Entry]) -> None:
    for before, after in zip(entries, entries[1:], strict=False):
        if before.end is None or before.end > after.start:
            raise ValuesError(f"{after.file}:{after.line}: {owner} の {name} が重なっています")
        if before.end < after.start:
            raise ValuesError(f"{after.file}:{after.line}: {owner} の {name} に隙間があります")


def _frozen(raw: Any) -> Any:
    if isinstance(raw, dict):
        return MappingProxyType({key: _frozen(item) for key, item in raw.items()})
    if isinstance(raw, list):
        return tuple(_frozen(item) for item in raw)
    return raw


def _digest(root: Path) -> str:
    total = hashlib.sha256()
    for path in sorted(root.rglob("*.yaml")):
        total.update(str(path.relative_to(root)).encode())
        total.update(path.read_bytes())
    return total.hexdigest()
