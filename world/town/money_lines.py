"""How banks, stores, Pay-easy, the welfare office and pension payers tell of money: their lines and records."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from world.town import days
from world.town.places import WARD_CODE
from world.town.sent import Debit, Slip

BANK, STORE, PAYEASY = "bank.slip_receipts", "agency.store_receipts", "bank.payeasy_receipts"
WELFARE, DEBIT, PENSION = "welfare.substitute_receipts", "bank.debit_result", "pension.special_collection"
PRELIMINARY, FINAL, CANCELLED = "01", "02", "03"
# 収納機関番号 and 請求書発行企業コード of 見本区 (fictional).
PAYEE, COMPANY = "13199", "912345"
_RESULT, _YEN = 111, slice(80, 90)
_TAKEN = "22"


class Line(NamedTuple):
    """A line without the mark of a CSV file, and its part of the file's total."""

    text: str
    yen: int


def bank_slip(number: int, read_as: str, yen: int, paid: int, told: int) -> Line:
    """済通: the reader's running number, the slip number as it was read."""
    text = f"{number:012},{read_as:0>20},{PAYEE},{yen},{days.text(paid)},0001,{number % 900 + 100},{days.text(told)}"
    return Line(text, yen)


def store(slip: Slip, kind: str, paid_at: str, shop: int, booked: int, settled: int) -> Line:
    """A shop tells of the whole slip: preliminary, final or cancelled. booked, settled: 0 while not known."""
    text = f"{barcode(slip)},{kind},{paid_at},{shop % 3 + 1:07},{shop:07},{slip.yen},{days.text(booked)},{days.text(settled)}"
    return Line(text, slip.yen)


def payeasy(reference: str, number: int, yen: int, paid_at: str, settled: int) -> Line:
    """消込 of the Pay-easy centre."""
    text = f"{reference:0>20},{PAYEE},{number % 1_000_000:06},{number},{yen},{paid_at},{number % 40 + 1:04},{days.text(settled)}"
    return Line(text, yen)


def welfare(number: int, addressee: str, insured: str, term: tuple[int, int], outcome: str, why: str, yen: int, paid: int) -> Line:  # fmt: skip
    """What the welfare office paid, or why not. term: fiscal year and number."""
    text = f"{number:012},{addressee},{insured},{term[0]},{term[1]},{outcome},{why},{yen},{days.text(paid)}"
    return Line(text, yen)


def barcode(slip: Slip) -> str:
    """The 44 digits of GS1-128 as the slip carries them: 91, company, 21 free, reissue, due day, stamp, yen, check.

    The number fills the free digits from the left; its last but one digit says how often it was issued again.
    """
    due = days.text(slip.due_on)[2:]
    body = f"91{COMPANY}{slip.reference:0<21}{slip.reference[-2]}{due}0{slip.yen:06}"
    total = sum(int(digit) * (1 if place % 2 else 3) for place, digit in enumerate(reversed(body)))
    return body + str(-total % 10)


def misread(number: str, place: int) -> str:
    """One digit taken for its neighbour."""
    place %= len(number)
    return number[:place] + str((int(number[place]) + 1) % 10) + number[place + 1 :]


def answered(block: Debit, codes: Iterable[str]) -> bytes:
    """A bank's answer: a block of the request with a code in each record, and the sums of what was done and not."""
    lines = [
        line[:_RESULT] + code.encode() + line[_RESULT + 1 :]
        for line, code in zip(block.lines, codes, strict=True)
    ]
    done = [int(line[_YEN]) for line in lines if line[_RESULT : _RESULT + 1] == b"0"]
    failed = [int(line[_YEN]) for line in lines if line[_RESULT : _RESULT + 1] != b"0"]
    sums = f"{len(lines):06}{sum(done) + sum(failed):012}{len(done):06}{sum(done):012}{len(failed):06}{sum(failed):012}"
    tail = f"8{sums}".encode().ljust(120)
    return b"".join((block.head, *lines, tail, b"9".ljust(120)))


def taken(payer: str, made: int, records: Iterable[tuple[bytes, int]]) -> tuple[bytes, int, int]:
    """(bytes, records, yen) of a payer's file 22: each record as the municipality sent it, with what was taken."""
    head = f"{WARD_CODE[:5]}{payer}{_TAKEN}"
    date = days.text(made)
    lines, total = [], 0
    for record, yen in records:
        lines.append(b"2" + head.encode() + record[11:13] + date.encode() + record[21:394] + f"{yen:011}{0:011}{0:011}".encode() + record[427:])  # fmt: skip
        total += yen
    first = f"1{head}60{date}".encode().ljust(500)
    last = f"3{head} 0{date}{len(lines):09}{total:011}{0:011}{0:011}".encode().ljust(500)
    return b"".join((first, *lines, last)), len(lines), total
