"""様式どおりに書く。入らない値は切らずに断り、誰の何かを言う。"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from datetime import date

from kaigo.layouts.model import Field, Layout, get


class DoesNotFit(ValueError):
    """値が項目に入らない、または文字の符号にない。"""


def write_csv(
    name: str, insurer: str, made_on: date, sequence: int, mode: str, rows: Iterable[Mapping[str, str]]
) -> bytes:
    """H、D…、T の CSV。rows は項目の鍵 → 文字。"""
    layout = get(name, made_on)
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(["H", layout.name, layout.edition, insurer, f"{made_on:%Y%m%d}", sequence, mode])
    count = total = 0
    for row in rows:
        count += 1
        writer.writerow(["D", *(_plain(field, row.get(field.key, ""), count) for field in layout.fields)])
        if layout.total:
            total += int(row.get(layout.total) or 0)
    writer.writerow(["T", count, total])
    return out.getvalue().encode("utf-8")


def _plain(field: Field, value: str, count: int) -> str:
    if any(character in value for character in "\r\n\x00"):
        raise DoesNotFit(f"{count}件目: {field.name}に改行か NUL があります。除いてください")
    return value


def write_fixed(
    name: str,
    head: Mapping[str, str],
    rows: Iterable[Mapping[str, str]],
    substitute: Mapping[str, str] | None = None,
) -> bytes:
    """一つの塊 H、D…、T。rows の yen1〜yen3 を合計する。substitute: CP932 にない文字の置換え。"""
    layout = get(name)
    parts = [_record(layout, "1", dict(head) | {"record": "1"}, substitute, "ヘッダ")]
    count, totals = 0, [0, 0, 0]
    for row in rows:
        count += 1
        line = dict(head) | dict(row) | {"record": "2"}
        parts.append(_record(layout, "2", line, substitute, f"{count}件目"))
        totals = [total + int(row.get(f"yen{n}") or 0) for n, total in enumerate(totals, 1)]
    tail = (
        dict(head)
        | {"record": "3", "count": str(count)}
        | {f"total{n}": str(t) for n, t in enumerate(totals, 1)}
    )
    parts.append(_record(layout, "3", tail, substitute, "トレイラ"))
    return b"".join(parts)


def _record(layout: Layout, mark: str, row: Mapping[str, str], substitute, where: str) -> bytes:
    return b"".join(
        _fixed(field, str(row.get(field.key, "")), substitute or {}, where) for field in layout.record(mark)
    )


def _fixed(field: Field, value: str, substitute: Mapping[str, str], where: str) -> bytes:
    for character in set(value) & set(substitute):
        value = value.replace(character, substitute[character])
    try:
        data = value.encode("cp932")
    except UnicodeEncodeError as error:
        character = value[error.start]
        raise DoesNotFit(
            f"{where}: {field.name}の文字「{character}」(U+{ord(character):04X})は CP932 にありません。置換え表に加えてください"
        ) from error
    if len(data) > field.length:
        raise DoesNotFit(f"{where}: {field.name}が {field.length} バイトに入りません({len(data)} バイト)")
    if field.type == "amount":
        if not value.isdigit() and value:
            raise DoesNotFit(f"{where}: {field.name}は 0 以上の整数だけです({value})")
        return data.rjust(field.length, b"0")
    return data.ljust(field.length, b" ")
