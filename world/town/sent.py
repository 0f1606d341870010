"""What the municipality sent out, read as those read it who got it: slips, requests to banks, pension payers, welfare office.

Days are ordinals, amounts yen. Every reader takes the bytes of one file; WrongFile says what is not as agreed.
"""

from __future__ import annotations

import csv
import io
import json
from datetime import date
from typing import NamedTuple

DEBIT, PENSION = 120, 500
# 通知内容コード → in which months its three amounts are taken (14 = February of the next year).
MONTHS = {"01": (10, 12, 14), "31": (10, 12, 14), "61": (4, 6, 8)}
STOP = "41"


class WrongFile(ValueError):
    """A file that nobody outside can use."""


class Slip(NamedTuple):
    """A slip in somebody's hands. way: slip (mail), debit or substitute (his bank or the welfare office has the request).

    insured_number and addressee are "" when the slip names nobody.
    """

    reference: str
    insured_number: str
    addressee: str
    fiscal_year: int
    number: int
    way: str
    due_on: int
    yen: int


class Debit(NamedTuple):
    """A block of a debit request: whose account is debited on which day of the year (MMDD)."""

    head: bytes
    debit_on: str
    lines: tuple[bytes, ...]


class Deduction(NamedTuple):
    """A record to a pension payer: what to take in which month, or to stop. record: the 500 bytes, to be sent back."""

    number: str
    payer: str
    notice: str
    amounts: tuple[int, int, int]
    record: bytes


class Wanted(NamedTuple):
    """A line to the welfare office."""

    addressee: str
    insured_number: str
    fiscal_year: int
    number: int
    yen: int
    due_on: int


def slips(content: bytes) -> list[Slip]:
    """JSON lines: reference, insured_number (null = nobody), addressee (may be absent), fiscal_year, number, way, due_on
    (ISO), yen."""
    found = []
    for place, line in enumerate(content.decode("utf-8").splitlines(), 1):
        if not line.strip():
            continue
        try:
            told = json.loads(line)
            due = date.fromisoformat(told["due_on"]).toordinal()
            slip = Slip(
                told["reference"], told["insured_number"] or "", told.get("addressee") or "", int(told["fiscal_year"]),
                int(told["number"]), told["way"], due, int(told["yen"]),
            )  # fmt: skip
        except (ValueError, KeyError, TypeError) as wrong:
            raise WrongFile(f"納付書の一覧の{place}行目を読めません: {wrong}") from wrong
        if slip.yen <= 0 or not slip.reference.isdigit():
            raise WrongFile(f"納付書の一覧の{place}行目: 額か番号が違います")
        found.append(slip)
    return found


def debits(content: bytes) -> list[Debit]:
    """Blocks of a request of 120-byte records (預金口座振替依頼)."""
    records = _records(content, DEBIT)
    found: list[Debit] = []
    lines: list[bytes] = []
    head = b""
    for record in records:
        if record[:1] == b"1":
            if record[1:3] != b"91":
                raise WrongFile("種別コードが 91(預金口座振替)ではありません")
            lines, head = [], record
        elif record[:1] == b"2":
            lines.append(record)
        elif record[:1] == b"8":
            found.append(Debit(head, head[54:58].decode("ascii"), tuple(lines)))
    if not found or records[-1][:1] != b"9":
        raise WrongFile("口座振替の依頼が途中で切れています")
    return found


def deductions(content: bytes) -> list[Deduction]:
    """Records of the files 01, 31, 41, 61 to the pension payers."""
    found = []
    for record in _records(content, PENSION):
        if record[:1] != b"2":
            continue
        payer, notice = record[6:9].decode("ascii"), record[9:11].decode("ascii")
        if notice not in MONTHS and notice != STOP:
            raise WrongFile(f"通知内容コード {notice} は年金の支払者に送るものではありません")
        amounts = (int(record[394:405]), int(record[405:416]), int(record[416:427]))
        found.append(Deduction(record[21:31].decode("ascii").strip(), payer, notice, amounts, record))
    return found


def wanted(content: bytes) -> list[Wanted]:
    """Lines of the request to the welfare office."""
    lines = list(csv.reader(io.StringIO(content.decode("utf-8"), newline="")))
    if not lines or lines[0][0] != "H" or lines[-1][0] != "T":
        raise WrongFile("代理納付の依頼の先頭か末尾がありません")
    return [
        Wanted(v[2], v[4], int(v[8]), int(v[9]), int(v[10]), date.fromisoformat(v[11]).toordinal())
        for v in lines[1:-1]
    ]


def _records(content: bytes, length: int) -> list[bytes]:
    """Records of one length, with or without line ends."""
    for end in (b"", b"\r\n", b"\n", b"\r"):
        step = length + len(end)
        places = range(0, len(content), step)
        if (
            content
            and len(content) % step == 0
            and all(content[p + length : p + step] == end for p in places)
        ):
            return [content[p : p + length] for p in places]
    raise WrongFile(f"{length}バイトのレコードに分けられません")
