"""固定長のファイルの塊: 先頭・データ・後尾の並び、件数と合計。間違いのうち、ファイルの初めに近いものを言う。"""

from __future__ import annotations

from typing import NamedTuple

import polars as pl

from kaigo.layouts.model import Blocks, Layout, Total
from kaigo.layouts.reading import RESEND, FileError
from kaigo.layouts.records import Records, offsets

ASKED, ANSWERED = "request", "result"
_ORDER = "ヘッダ・データ・トレイラの並びが違います"


class Span(NamedTuple):
    """塊: 先頭と後尾の位置(0 から)。間はすべてデータ。"""

    head: int
    tail: int

    @property
    def lines(self) -> int:
        return self.tail - self.head - 1


class Walk(NamedTuple):
    """確かめた塊。mode: 答えのある様式で、request(依頼)か result(結果)か。ほかの様式では changes。"""

    spans: tuple[Span, ...]
    mode: str


def walk(records: Records, layout: Layout, data: pl.Series, insurer: str | None) -> Walk | FileError:
    """並び、団体、件数と合計を確かめる。data はデータのレコード。"""
    assert layout.blocks
    blocks, marks = layout.blocks, records.marks()
    broken = _broken(marks, blocks)
    spans = _spans(marks[:broken], blocks)
    foreign = _foreign(records, layout, insurer)
    limit = min(place for place in (broken, foreign, len(marks)) if place is not None)
    modes = _check_tails(records, layout, data, [span for span in spans if span.tail < limit])
    if isinstance(modes, FileError):
        return modes
    if broken is not None and broken == limit:
        return FileError("block", _where(broken), _ORDER, RESEND)
    if foreign is not None:
        remedy = "ほかの団体のファイルです。受け入れず、送り手に知らせてください"
        return FileError("insurer", _where(foreign), "市町村コードが違います", remedy)
    if not marks.endswith((blocks.end or blocks.tail).encode()):
        what = "エンドレコード" if blocks.end and marks.endswith(blocks.tail.encode()) else "トレイラ"
        return FileError("trailer", "末尾", f"{what}がありません。ファイルが途中で切れています", RESEND)
    return _mode(spans, layout, modes)


def _where(place: int) -> str:
    return f"{place + 1:,}レコード目"


def _broken(marks: bytes, blocks: Blocks) -> int | None:
    """並びの違う最初のレコード。途中で切れているだけなら None。"""
    head, data, tail, end = (mark.encode() for mark in (blocks.head, blocks.data, blocks.tail, blocks.end))
    # 区分 → 次に来てよい区分。
    after = {head: data + tail, data: data + tail, tail: head + end} | ({end: b""} if end else {})
    following = {mark[0]: allowed for mark, allowed in after.items()}
    allowed = head
    for place, mark in enumerate(marks):
        if mark not in allowed:
            return place
        allowed = following[mark]
    return None


def _spans(marks: bytes, blocks: Blocks) -> list[Span]:
    heads, tails = _places(marks, blocks.head), _places(marks, blocks.tail)
    return [Span(head, tail) for head, tail in zip(heads, tails, strict=False)]


def _places(marks: bytes, mark: str) -> list[int]:
    found, place = [], marks.find(mark.encode())
    while place >= 0:
        found.append(place)
        place = marks.find(mark.encode(), place + 1)
    return found


def _foreign(records: Records, layout: Layout, insurer: str | None) -> int | None:
    """ほかの団体の最初のレコード。"""
    assert layout.blocks
    if not insurer or not layout.blocks.insurer:
        return None
    place = next(n for f, n in offsets(layout.record(layout.blocks.data)) if f.key == layout.blocks.insurer)
    wrong = []
    for number, byte in enumerate(insurer[:5].encode()):
        column = records.column(place + number)
        if column.count(byte) != len(column):
            wrong.append(next(n for n, found in enumerate(column) if found != byte))
    return min(wrong, default=None)


def _check_tails(
    records: Records, layout: Layout, data: pl.Series, spans: list[Span]
) -> list[str] | FileError:
    """後尾の言う件数と合計。間違いがなければ、塊ごとに 依頼・結果・空(どちらでもない)。"""
    assert layout.blocks
    blocks, tail = layout.blocks, layout.record(layout.blocks.tail)
    counted = _counted(data, layout)
    answers = counted[blocks.answer] if blocks.answer else None
    yen = {key: counted[key] for key in counted.columns if key != blocks.answer}
    modes, start = [], 0
    for span in spans:
        record = records.one(span.tail)
        told = {f.key: _number(record[n : n + (f.length or 0)]) for f, n in offsets(tail)}
        lines = {key: values.slice(start, span.lines) for key, values in yen.items()}
        given = answers.slice(start, span.lines) if answers is not None else None
        mode = _mode_of(given, told, blocks)
        modes.append(mode)
        start += span.lines
        for total in blocks.totals:
            if total.when and mode == ASKED:
                continue
            wrong = _wrong(total, told, span.lines, lines, given, layout)
            if wrong:
                return FileError(wrong[0], _where(span.tail), wrong[1], RESEND)
    return modes


def _mode_of(given: pl.Series | None, told: dict[str, int | None], blocks: Blocks) -> str:
    """答えがすべて 0 で、答えの件数と合計もすべて 0 なら依頼。データのない塊はどちらでもない。"""
    if given is None or given.is_empty():
        return ""
    keys = [key for t in blocks.totals if t.when for key in (t.count, *(total for total, _ in t.sums))]
    empty = all(not told[key] for key in keys) and given.is_in(["0", ""]).all()
    return ASKED if empty else ANSWERED


def _wrong(
    total: Total,
    told: dict[str, int | None],
    size: int,
    lines: dict[str, pl.Series],
    given: pl.Series | None,
    layout: Layout,
) -> tuple[str, str] | None:
    """(規則, 何が)。数字でない金額のある塊の合計は確かめられない(そのレコードが断られる)。"""
    assert layout.blocks
    chosen = None
    if total.when and given is not None:
        every = {code for t in layout.blocks.totals for code in t.when}
        if not given.is_in(list(every)).all():
            return None
        chosen = given.is_in(list(total.when))
        size = int(chosen.sum())
    if told[total.count] != size:
        return "count", _words(layout, total.count, told, size)
    for key, of in total.sums:
        values = lines[of] if chosen is None else lines[of].filter(chosen)
        found = int(values.sum())
        if values.null_count() == 0 and told[key] != found:
            return "total", _words(layout, key, told, found)
    return None


def _words(layout: Layout, key: str, told: dict[str, int | None], found: int) -> str:
    assert layout.blocks
    name = next(f.name for f in layout.record(layout.blocks.tail) if f.key == key)
    says = told[key]
    says_words = "数字でない" if says is None else f"{says:,}"
    return f"トレイラの{name}が合いません(トレイラ {says_words}、実際 {found:,})"


def _number(part: bytes) -> int | None:
    return int(part) if part.isdigit() else None


def _counted(data: pl.Series, layout: Layout) -> pl.DataFrame:
    """合計する金額(数字だけでない値は null)と、答え。"""
    assert layout.blocks
    blocks = layout.blocks
    fields = {f.key: (n, f.length) for f, n in offsets(layout.record(blocks.data))}
    yen = list(dict.fromkeys(key for t in blocks.totals for _, key in t.sums))
    wanted = [*yen, *([blocks.answer] if blocks.answer else [])]
    parts = pl.DataFrame({"record": data}).select(
        pl.col("record").bin.slice(*fields[key]).alias(key) for key in wanted
    )
    try:
        texts = parts.select(pl.all().cast(pl.String))
    except pl.exceptions.ComputeError:
        texts = pl.DataFrame({key: [_ascii(value) for value in parts[key]] for key in wanted})
    digits = {key: pl.col(key).str.contains(rf"^[0-9]{{{fields[key][1]}}}$") for key in yen}
    numbers = [pl.when(digits[key]).then(pl.col(key)).cast(pl.Int64) for key in yen]
    return texts.select(*numbers, *(pl.col(key).str.strip_chars(" ") for key in wanted if key not in yen))


def _ascii(value: bytes) -> str:
    return value.decode("ascii", "replace")


def _mode(spans: list[Span], layout: Layout, modes: list[str]) -> Walk | FileError:
    assert layout.blocks
    if not layout.blocks.answer:
        return Walk(tuple(spans), "changes")
    found = set(modes) - {""}
    if len(found) > 1:
        message = "結果の入った塊と、入っていない(依頼の)塊が混ざっています"
        return FileError("answer", _where(spans[modes.index(ASKED)].tail), message, RESEND)
    mode = found.pop() if found else ANSWERED
    if layout.only and mode == ASKED:
        message = "結果がまだ入っていない、依頼のファイルです(振替済も振替不能も 0 件)"
        return FileError("answer", "ファイル", message, "銀行から届いた結果のファイルを選んでください")
    return Walk(tuple(spans), mode)
