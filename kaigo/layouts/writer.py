"""様式どおりに書く。入らない値は切らずに断り、誰の何かを言う。"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from datetime import date

from kaigo.layouts import bank_text
from kaigo.layouts.model import LINE_ENDS, Blocks, Field, Layout, NotObtained, get
from kaigo.layouts.month_day import is_month_day


class DoesNotFit(ValueError):
    """値が項目に入らない、または文字の符号にない。"""


def write_csv(
    name: str, insurer: str, made_on: date, sequence: int, mode: str, rows: Iterable[Mapping[str, str]]
) -> bytes:
    """H、D…、T の CSV。rows は項目の鍵 → 文字。"""
    layout = _layout(name, made_on)
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
    line_end: str = "",
) -> bytes:
    """一つの塊のファイル。write_blocks を見よ。"""
    return write_blocks(name, [(head, rows)], substitute, line_end)


def write_blocks(
    name: str,
    blocks: Iterable[tuple[Mapping[str, str], Iterable[Mapping[str, str]]]],
    substitute: Mapping[str, str] | None = None,
    line_end: str = "",
) -> bytes:
    """(先頭の項目, 行)の塊を並べた固定長のファイル。件数と合計は行から数える。

    substitute: CP932 にない文字の置換え。line_end: none・cr・crlf・lf のうち様式が許すもの(空なら様式の最初のもの)。
    答えのある様式では、答えがどの行にもなければ依頼(答えの件数と合計は 0)、どの行にもあれば結果。混ざれば DoesNotFit。
    """
    layout = _layout(name)
    shape = layout.blocks
    if shape is None:
        raise DoesNotFit(f"{layout.title}は固定長の様式ではありません。write_csv で書いてください")
    if (line_end or shape.line_ends[0]) not in shape.line_ends:
        raise DoesNotFit(
            f"{layout.title}の行末に {line_end} は使えません({'・'.join(shape.line_ends)} のどれか)"
        )
    end = LINE_ENDS[line_end or shape.line_ends[0]]
    parts: list[bytes] = []
    for head, rows in blocks:
        parts += _block(layout, shape, head, rows, substitute or {})
    if shape.end:
        parts.append(_record(layout, shape.end, {}, {}, "エンド"))
    return b"".join(part + end for part in parts)


def _layout(name: str, on: date | None = None) -> Layout:
    try:
        return get(name, on)
    except NotObtained as lacking:
        raise DoesNotFit(str(lacking)) from lacking


def _block(
    layout: Layout,
    shape: Blocks,
    head: Mapping[str, str],
    rows: Iterable[Mapping[str, str]],
    substitute: Mapping[str, str],
) -> list[bytes]:
    parts = [_record(layout, shape.head, dict(head) | {"record": shape.head}, substitute, "ヘッダ")]
    tally = _Tally(shape)
    for number, row in enumerate(rows, 1):
        line = dict(head) | dict(row) | {"record": shape.data}
        parts.append(_record(layout, shape.data, line, substitute, f"{number}件目"))
        tally.add(row, number)
    tail = dict(head) | {"record": shape.tail} | tally.told()
    parts.append(_record(layout, shape.tail, tail, substitute, "トレイラ"))
    return parts


class _Tally:
    """後尾の件数と合計。"""

    def __init__(self, shape: Blocks) -> None:
        self._shape = shape
        self._found = {key: 0 for t in shape.totals for key in (t.count, *(total for total, _ in t.sums))}
        self._answered: bool | None = None

    def add(self, row: Mapping[str, str], number: int) -> None:
        answer = row.get(self._shape.answer, "")
        if self._answered not in (None, bool(answer)):
            raise DoesNotFit(
                f"{number}件目: 結果のある行とない行が混ざっています。依頼と結果を分けてください"
            )
        self._answered = bool(answer)
        for total in self._shape.totals:
            if total.when and answer not in total.when:
                continue
            self._found[total.count] += 1
            for key, of in total.sums:
                self._found[key] += int(row.get(of) or 0)

    def told(self) -> dict[str, str]:
        return {key: str(number) for key, number in self._found.items()}


def _record(
    layout: Layout, mark: str, row: Mapping[str, str], substitute: Mapping[str, str], where: str
) -> bytes:
    parts = []
    for field in layout.record(mark):
        value = mark if field.type == "mark" else str(row.get(field.key, ""))
        try:
            parts.append(written(field, value, substitute))
        except DoesNotFit as problem:
            raise DoesNotFit(f"{where}: {problem}") from problem
    return b"".join(parts)


def written(field: Field, value: str, substitute: Mapping[str, str] | None = None) -> bytes:
    """固定長の項目に書かれるバイト。入らない値は DoesNotFit: 何が、どの規則で、どうするか。

    必須で符号が一つしかない項目(種別コードなど)は、値がなければその符号を書く。
    """
    if not value and field.required and len(field.codes) == 1:
        value = field.codes[0][0]
    for character in set(value) & set(substitute or {}):
        value = value.replace(character, (substitute or {})[character])
    if field.type == "bank":
        value = _bank(field, value)
    problem = _wrong(field, value)
    if problem:
        raise DoesNotFit(f"{field.name}{problem}")
    length = field.length or 0
    if not value and field.omitted:
        return field.omitted.encode() * length
    data = _encoded(field, value)
    if len(data) > length:
        remedy = "短い正しい書き方を確かめてください"
        raise DoesNotFit(f"{field.name}が {length} バイトに入りません({len(data)} バイト)。{remedy}")
    return data.rjust(length, b"0") if field.type == "amount" else data.ljust(length, b" ")


def _encoded(field: Field, value: str) -> bytes:
    try:
        return value.encode("cp932")
    except UnicodeEncodeError as error:
        character = value[error.start]
        raise DoesNotFit(
            f"{field.name}の文字「{character}」(U+{ord(character):04X})は CP932 にありません。置換え表に加えてください"
        ) from error


def _bank(field: Field, value: str) -> str:
    """銀行の文字にして、長ければ、様式が許すときだけ先頭を残す。"""
    text = bank_text.narrow(value)
    why = bank_text.refused(text, field.signs)
    if why:
        raise DoesNotFit(f"{field.name}の{why}。通帳のカナの書き方を確かめて直してください")
    length = field.length or 0
    if len(text) <= length or not field.cut:
        return text
    head = bank_text.head_of(text, length)
    if head is None:
        raise DoesNotFit(
            f"{field.name}「{text}」は、先頭の {length} 字で切ると濁点が落ちて別の字になります。銀行に書き方を確かめてください"
        )
    return head


def _wrong(field: Field, value: str) -> str:
    """項目の型に合わないことば。銀行の様式の型だけを見る(ほかの固定長の型は、読むときに検査する)。"""
    if not value:
        return "がありません。入れてください" if field.required else ""
    length = field.length or 0
    if field.type == "digits" and not (value.isascii() and value.isdigit() and len(value) == length):
        return f"が {length} 桁の数字ではありません({value})。先頭の 0 も含めて {length} 桁にしてください"
    if field.type == "code" and field.codes and value not in dict(field.codes):
        told = "、".join(f"{code}({label})" for code, label in field.codes)
        return f"の符号にない値です({value})。次のどれかにしてください: {told}"
    if field.type == "month_day" and not is_month_day(value):
        return f"が実在する月日ではありません({value})。4桁(例 0427)にしてください"
    if field.type == "amount":
        if not (value.isascii() and value.isdigit()):
            return f"は 0 以上の整数だけです({value})"
        if field.least is not None and int(value) < field.least:
            return f"が {field.least} 円以上ではありません({value})。その行を除いてください"
        if field.most is not None and int(value) > field.most:
            return f"が {field.most:,} 円を超えています({value})。額を確かめてください"
    return ""
