"""A line of a file as people read and type it: fields by their Japanese names, codes with their words, days in 和暦."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from kaigo.base.feeds.read import LineView, RepairView
from kaigo.law.dates import parse_date, wareki
from kaigo.layouts.model import Field, Layout, get, layouts
from kaigo.layouts.reader import day_of

_PLAIN = {"digits", "code", "int", "year", "yen", "date", "date_or_blank", "birth", "amount"}
_DAYS = {"date", "date_or_blank", "birth"}


class Box(NamedTuple):
    """One field of the form. wrong: what is wrong with it, "" = nothing; choices: (code, label, chosen)."""

    id: str
    name: str
    text: str
    hint: str
    wrong: str
    echo: str
    choices: tuple[tuple[str, str, bool], ...]


class Change(NamedTuple):
    """A line of a file that changed something: its key in words, and (field, before, after) of what is different."""

    number: int
    key: str
    new: bool
    fields: tuple[tuple[str, str, str], ...]


def layout_of(name: str, edition: str) -> Layout:
    """The edition a line came with."""
    return next((e for e in layouts()[name] if e.edition == edition), get(name))


def boxes(name: str, edition: str, texts: Sequence[str], wrong: Mapping[str, str]) -> list[Box]:
    """The fields of a line; a line with too many or too few items is filled in from the left."""
    columns = layout_of(name, edition).columns()
    padded = [*texts, *[""] * len(columns)]
    return [
        Box(
            f"field-{field.key}",
            field.name,
            text,
            _hint(field),
            wrong.get(field.name, ""),
            _echo(field, text),
            _choices(field, text),
        )
        for field, text in zip(columns, padded, strict=False)
    ]


def cleaned(name: str, edition: str, given: Mapping[str, str]) -> list[str]:
    """What was typed, as the layout writes it: half-width figures, days in any usual spelling as eight figures."""
    return [
        _clean(field, given.get(f"field-{field.key}", "")) for field in layout_of(name, edition).columns()
    ]


def comparison(name: str, line: LineView) -> Change:
    """What is different from the line before; of a new key all that is filled in."""
    layout = get(name)
    columns = layout.columns()
    before = line.before or [""] * len(columns)
    fields = tuple(
        (field.name, shown(field, old), shown(field, new))
        for field, old, new in zip(columns, before, line.values, strict=False)
        if old != new and field.key not in layout.key
    )
    return Change(line.number, _key(layout, line.values), line.before is None, fields)


def key_words(view: RepairView) -> str:
    """The key of a refused line in words; "" when its items cannot be told apart."""
    layout = layout_of(view.layout, view.edition)
    return _key(layout, view.refused_values) if len(view.refused_values) == len(layout.columns()) else ""


def shown(field: Field, text: str) -> str:
    """A value for reading."""
    label = dict(field.codes).get(text)
    return f"{text} {label}" if label else _echo(field, text) or text


def _key(layout: Layout, values: Sequence[str]) -> str:
    columns = layout.columns()
    return "、".join(
        f"{field.name} {shown(field, value)}"
        for field, value in zip(columns, values, strict=False)
        if field.key in layout.key
    )


def _hint(field: Field) -> str:
    words = ["必須"] if field.required else []
    if field.type in _DAYS:
        words.append("令和8年4月1日、R8.4.1、20260401 のように")
    elif field.length and field.type in ("digits", "amount"):
        words.append(f"{field.length}桁の数字")
    elif field.max:
        words.append(f"{field.max}文字まで")
    return "。".join(words)


def _echo(field: Field, text: str) -> str:
    day = day_of(text) if field.type in _DAYS else None
    return wareki(day) if day else ""


def _choices(field: Field, text: str) -> tuple[tuple[str, str, bool], ...]:
    if not field.codes:
        return ()
    known = [("", "(空)"), *((code, f"{code} {label}") for code, label in field.codes)]
    if text not in dict(known):
        known.append((text, f"{text}(符号にない値)"))
    return tuple((code, label, code == text) for code, label in known)


def _clean(field: Field, text: str) -> str:
    if field.type not in _PLAIN:
        return text.strip()
    plain = unicodedata.normalize("NFKC", text).strip()
    if field.type in ("yen", "int", "year"):
        return plain.replace(",", "")
    if field.type in _DAYS and plain and not plain.isdigit():
        try:
            return f"{parse_date(plain):%Y%m%d}"
        except ValueError:
            return plain
    return plain
