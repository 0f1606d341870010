"""What a municipality could send, made small and by hand: slips, a debit request, files to a pension payer, a welfare list."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

from kaigo.layouts import slip as slips
from kaigo.layouts.writer import write_blocks, write_csv, write_fixed

INSURER, YEAR, COUNT = "131997", 2026, 240
HEAD = {
    "type_code": "91", "code_kind": "0", "consignor": "0000131997", "consignor_name": "ﾐﾎﾝｸ", "debit_on": "0731",
    "our_bank": "0001", "our_branch": "001",
}  # fmt: skip


def addressee(place: int) -> str:
    return f"{place:015}"


def reference(place: int, way: str = "10") -> str:
    """The number of the slip of a place: what kaigo.layouts.slip makes of it."""
    return slips.number(slips.Slip(YEAR, way, place, place % 8 + 1))


def slip_list(path: Path, places=range(1, COUNT + 1), way: str = "slip", yen: int = 8_000) -> Path:
    kind = {"slip": "10", "debit": "11"}[way]
    lines = [
        {
            "reference": reference(place, kind), "insured_number": f"{place:010}", "addressee": addressee(place),
            "fiscal_year": YEAR, "number": place % 8 + 1, "way": way, "due_on": "2026-07-31", "yen": yen + place,
        }
        for place in places
    ]  # fmt: skip
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return path


def debit_request(path: Path, places) -> Path:
    rows = [
        {
            "bank": "0009", "branch": "123", "account_kind": "1", "account": f"{place:07}", "holder": "ﾐﾎﾝ ﾊﾅｺ",
            "yen": str(8_000 + place), "new_code": "0", "customer_number": reference(place, "11"),
        }
        for place in places
    ]  # fmt: skip
    half = len(rows) // 2
    path.write_bytes(
        write_blocks("bank.debit", [(HEAD, rows[:half]), (HEAD | {"debit_on": "0831"}, rows[half:])])
    )
    return path


def pension_file(path: Path, notice: str, places, made_on: date) -> Path:
    head = {"municipality": INSURER[:5], "payer": "001", "notice": notice, "medium": "6", "scheme": "0"}
    head |= {"made_on": f"{made_on:%Y%m%d}"}
    rows = [
        head | {
            "basic_pension_number": f"{place:010}", "pension_code": "1150", "birth_date": "19500505", "sex": "2",
            "kana": "ﾐﾎﾝ ﾊﾅｺ", "kind": "00", "result": "00", "yen1": "9000", "yen2": "9100", "yen3": "9200",
        }
        for place in places
    ]  # fmt: skip
    path.write_bytes(write_fixed("pension.special_collection", head, rows))
    return path


def welfare_list(path: Path, places) -> Path:
    rows = [
        {
            "number": f"{place:012}", "addressee": addressee(place), "case_number": "1", "insured_number": f"{place:010}",
            "name": "見本 花子", "kana": "ミホン ハナコ", "birth": "19500505", "fiscal_year": str(YEAR),
            "instalment": "1", "yen": "2000", "due_on": "20260731",
        }
        for place in places
    ]  # fmt: skip
    path.write_bytes(write_csv("welfare.substitute_request", INSURER, date(2026, 7, 1), 1, "changes", rows))
    return path
