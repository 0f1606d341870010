"""Valid rows and files of any layout, and files damaged in every way we could think of. All from a seed."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date, timedelta

from kaigo.layouts import barcode, slip
from kaigo.layouts.model import Field, Layout, get
from kaigo.layouts.writer import write_csv, write_fixed

INSURER = "131997"
MADE = date(2026, 4, 1)
_TEXT = ["髙橋　𠮷郎", "佐藤 花子", 'a"b', "コンマ,を含む", "バック\\スラッシュ", "{}", "NULL", "é", "‐"]
_KANA = ["タカハシ　ヨシロウ", "ヴァン・ダム", "サトウ　ハナコ", "O'BRIEN"]
_KANA_HALF = ["ﾐﾎﾝ ﾊﾅｺ", "ｻﾄｳ", "ﾀﾞ-ﾘﾝ"]
_BANK = ["ﾐﾎﾝ ﾊﾅｺ", "ｻﾄｳ", "ｶﾞﾂｺｳ", "A1"]


def value(rng: random.Random, field: Field) -> str:
    """A valid text of the field; optional ones are sometimes empty."""
    if not field.required and field.type != "amount" and rng.random() < 0.3:
        return ""
    day = date(1930, 1, 1) + timedelta(rng.randrange(36_000))
    makers: dict[str, Callable[[], str]] = {
        "digits": lambda: "".join(
            rng.choices("0123456789", k=field.length or rng.randint(1, field.max or 9))
        ),
        "code": lambda: (
            rng.choice(field.codes)[0] if field.codes else "".join(rng.choices("0123456789", k=field.length))
        ),
        "kana": lambda: rng.choice(_KANA),
        "kana_half": lambda: rng.choice(_KANA_HALF),
        "text": lambda: rng.choice(_TEXT)[: field.max or 99],
        "date": lambda: f"{day:%Y%m%d}",
        "date_or_blank": lambda: f"{day:%Y%m%d}",
        "birth": lambda: rng.choice([f"{day:%Y%m%d}", f"{day:%Y}0000", f"{day:%Y%m}00"]),
        "yen": lambda: str(
            rng.randint(-99 if field.least is None else field.least, 10 ** min(field.max or 9, 9) - 1)
        ),
        "int": lambda: str(rng.randint(0 if field.max else -9, 10 ** (field.max or 6) - 1)),
        "year": lambda: str(rng.randint(1990, 2030)),
        "amount": lambda: f"{rng.randrange(field.least or 0, 10**6):0{field.length}d}",
        "stages": lambda: "".join(rng.choices("-123456789ABCDEJ", k=12)),
        "bank": lambda: rng.choice(_BANK)[: field.length],
        "month_day": lambda: f"{day:%m%d}",
        "moment": lambda: f"{day:%Y%m%d}{rng.randrange(24):02d}{rng.randrange(60):02d}00",
        "slip": lambda: slip.number(a_slip(rng)),
        "barcode": lambda: a_barcode(rng),
    }
    return makers[field.type]()


def a_slip(rng: random.Random) -> slip.Slip:
    """Some slip."""
    return slip.Slip(
        rng.randint(2015, 2040), rng.choice(list(slip.KINDS)), rng.randint(1, 10**10 - 1), rng.randrange(100),
        rng.randrange(10),
    )  # fmt: skip


def a_barcode(rng: random.Random) -> str:
    """Some barcode; one in ten is payable for ever."""
    expires = None if rng.random() < 0.1 else date(2026, 4, 1) + timedelta(rng.randrange(900))
    yen = rng.randint(1, 300_000)
    return barcode.of_slip("912345", a_slip(rng), expires, yen, most=None)


def rows(rng: random.Random, layout: Layout, count: int) -> list[dict[str, str]]:
    """Valid rows with different keys; of fixed records only what CP932 has. Of one that brings answers: all answered."""
    given = head(layout)
    found = []
    for number in range(count):
        row = {field.key: value(rng, field) for field in layout.columns()}
        for field in layout.columns():
            if field.within:
                of, start, length = field.within
                row[field.key] = str(int(row[of][start : start + length]))
        if layout.blocks:
            row |= {key: given[key] for key in layout.blocks.carry}
            if layout.name == "pension.special_collection":
                plain = {"name": "見本　花子", "address": "見本区豊玉北１－１"}
                row |= plain | {"record": "2", "municipality": INSURER[:5], "made_on": f"{MADE:%Y%m%d}"}
            if layout.blocks.answer:
                row[layout.blocks.answer] = rng.choice(layout.field(layout.blocks.answer).codes)[0]
        elif layout.key and layout.field(layout.key[0]).type == "digits":
            first = layout.field(layout.key[0])
            row[layout.key[0]] = f"{number:0{first.length or first.max}d}"
        found.append(row)
    return found


def head(layout: Layout, insurer: str = INSURER) -> dict[str, str]:
    """The head of a block of fixed records, the same for every file of a layout."""
    if not layout.blocks:
        return {}
    rng = random.Random(layout.name)
    made = {
        field.key: value(rng, field._replace(required=True))
        for field in layout.record(layout.blocks.head)
        if field.type not in ("mark", "blank")
    }
    ours = {
        "municipality": insurer[:5],
        "payer": "001",
        "notice": "00",
        "scheme": "0",
        "made_on": f"{MADE:%Y%m%d}",
    }
    return made | {key: text for key, text in ours.items() if key in made}


def file(
    layout: Layout,
    found: list[dict[str, str]],
    sequence: int = 1,
    mode: str = "changes",
    insurer: str = INSURER,
) -> bytes:
    """The file of these rows."""
    if layout.form == "csv":
        return write_csv(layout.name, insurer, MADE, sequence, mode, found)
    return write_fixed(layout.name, head(layout, insurer), found)


def damaged(rng: random.Random, content: bytes) -> bytes:
    """One to three blows to a file: half of the files anywhere, half only inside their data lines."""
    anywhere = rng.random() < 0.5
    for _ in range(rng.randint(1, 3)):
        content = rng.choice(_BLOWS)(rng, content) if anywhere else _inside(rng, content)
    return content


def _inside(rng: random.Random, content: bytes) -> bytes:
    """Other content of a data line, so that head, count and trailer stay right."""
    if b"\r\n" not in content:
        length = _length(content)
        place = rng.randrange(length + 22, max(length + 23, len(content) - length))
        return content[:place] + rng.choice([b" ", b"0", b"9", b"A", b"\x82", b"\x00"]) + content[place + 1 :]
    lines = content.split(b"\r\n")
    place = rng.randrange(1, max(2, len(lines) - 2))
    lines[place] = rng.choice((_other_cell, _swap_cells))(rng, lines[place])
    return b"\r\n".join(lines)


def _length(content: bytes) -> int:
    """The bytes of a record: those of banks begin with 121 or 191."""
    return 120 if content[:3] in (b"121", b"191") else 500


def _at(rng: random.Random, content: bytes) -> int:
    return rng.randrange(len(content) + 1)


def _overwrite(rng, content):
    place = _at(rng, content)
    return content[:place] + bytes([rng.randrange(256)]) + content[place + 1 :]


def _insert(rng, content):
    place = _at(rng, content)
    return content[:place] + rng.choice(_PIECES) + content[place:]


def _cut_out(rng, content):
    place = _at(rng, content)
    return content[:place] + content[place + rng.randint(1, 40) :]


def _cut_off(rng, content):
    return content[: _at(rng, content)]


def _swap_lines(rng, content):
    lines = content.split(b"\r\n")
    a, b = rng.randrange(len(lines)), rng.randrange(len(lines))
    lines[a], lines[b] = lines[b], lines[a]
    return b"\r\n".join(lines)


def _double_line(rng, content):
    lines = content.split(b"\r\n")
    place = rng.randrange(len(lines))
    return b"\r\n".join([*lines[:place], lines[place], *lines[place:]])


def _drop_line(rng, content):
    lines = content.split(b"\r\n")
    del lines[rng.randrange(len(lines))]
    return b"\r\n".join(lines)


def _other_cell(rng, content):
    cells = content.split(b",")
    cells[rng.randrange(len(cells))] = rng.choice(_PIECES)
    return b",".join(cells)


def _swap_cells(rng, content):
    cells = content.split(b",")
    a, b = rng.randrange(len(cells)), rng.randrange(len(cells))
    cells[a], cells[b] = cells[b], cells[a]
    return b",".join(cells)


def _other_end(rng, content):
    return content.replace(b"\r\n", rng.choice([b"\n", b"\r", b"\r\n\r\n", b""]))


def _recode(rng, content):
    return content.decode("utf-8", "replace").encode(rng.choice(["cp932", "utf-16", "utf-8-sig"]), "replace")


def _shuffle_records(rng, content):
    length = _length(content)
    records = [content[n : n + length] for n in range(0, len(content), length)]
    rng.shuffle(records)
    return b"".join(records)


_PIECES = [
    b"", b"\x00", b"\r\n", b"\n", b"\r", b",", b'"', b'""', b"\x01", b"\x1a", b"\xff", b"\x82", "𠮷".encode(), "０".encode(),
    b"-1", b"99999999999999999999", b"9" * 5000, b"20260231", b"00000000", b"2026W101", b"H", b"T", b"D,", b" ", b"\t",
    b"\xef\xbb\xbf", "\u2028".encode(), b"\\N", b"NaN", b"1e9", b"'; DROP TABLE feeds_line; --", b"=1+1",
]  # fmt: skip
_BLOWS = [
    _overwrite, _insert, _cut_out, _cut_off, _swap_lines, _double_line, _drop_line, _other_cell, _swap_cells,
    _other_end, _recode, _shuffle_records,
]  # fmt: skip


def small(rng: random.Random, name: str, count: int = 4) -> tuple[Layout, bytes]:
    """A small valid file of a layout."""
    layout = get(name)
    return layout, file(layout, rows(rng, layout, count))
