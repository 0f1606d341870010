"""Writes the ward's files: sequence per layout, checksum, what the receiver should say. Our own small writer."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

from world.town import days
from world.town.places import WARD_CODE
from world.town.records import Person

EDITION = "2026"
_BLOCK = 4096


class Folder:
    """The folder of a world: files in the order in which they are delivered."""

    def __init__(self, path: Path, sequences: dict[str, int] | None = None) -> None:
        """sequences: of a folder that is written on, the last number of each layout."""
        self.path = path
        self.entries: list[dict] = []
        self._sequence: dict[str, int] = dict(sequences or {})

    def write(
        self, layout: str, on: int, mode: str, lines: Iterable[tuple[str, int]], expected: str = "accepted"
    ) -> dict:
        """A CSV of (line without the mark, its part of the total). Returns its entry of the manifest."""
        number = self._sequence[layout] = self._sequence.get(layout, 0) + 1
        name = f"{days.iso(on)}_{layout}_{number:04}.csv"
        entry = {"file": name, "layout": layout, "date": days.iso(on), "sequence": number, "mode": mode}
        digest = hashlib.sha256()
        count = total = 0
        with (self.path / name).open("wb") as out:

            def put(text: str) -> None:
                data = text.encode("utf-8")
                digest.update(data)
                out.write(data)

            put(f"H,{layout},{EDITION},{WARD_CODE},{days.text(on)},{number},{mode}\r\n")
            block: list[str] = []
            for line, part in lines:
                block.append(line)
                count += 1
                total += part
                if len(block) == _BLOCK:
                    put("D," + "\r\nD,".join(block) + "\r\n")
                    block.clear()
            if block:
                put("D," + "\r\nD,".join(block) + "\r\n")
            put(f"T,{count},{total}\r\n")
        return self._entered(entry, digest.hexdigest(), count, {"count": count, "total": total}, expected)

    def keep(self, name: str, layout: str, on: int, data: bytes, lines: int, totals: dict, **more) -> dict:
        """A file whose bytes are ready: the pension service's, a copy, a broken one."""
        (self.path / name).write_bytes(data)
        entry = {"file": name, "layout": layout, "date": days.iso(on)} | more
        expected = entry.pop("expected", "accepted")
        return self._entered(entry, hashlib.sha256(data).hexdigest(), lines, totals, expected)

    def _entered(self, entry: dict, digest: str, lines: int, totals: dict, expected: str) -> dict:
        entry |= {"sha256": digest, "lines": lines, "totals": totals, "expected": expected}
        self.entries.append(entry)
        return entry

    def sequences(self) -> dict[str, int]:
        """The last number that a file of each layout carries."""
        return dict(self._sequence)

    def next_sequence(self, layout: str) -> int:
        """The number that the next file of a layout will carry."""
        return self._sequence.get(layout, 0) + 1


def resident_line(person: Person, correction: str = "0") -> str:
    """A line of ward.resident."""
    home, extra, text = person.home, person.extra, days.TEXT
    alias, origin, leaving, kind, born = ",", ",", ",,,", "1,,", text[person.birth]
    protection = ",,"
    if extra:
        get = extra.get
        alias = f"{get('alias', '')},{get('alias_kana', '')}"
        born = get("birth_text") or born
        if "nationality" in extra:
            kind = f"2,{extra['nationality']},{text[get('stay_until', 0)]}"
        origin = f"{get('from_code', '')},{get('from_address', '')}"
        leaving = f"{get('to_code', '')},{get('to_address', '')},{text[get('move_planned_on', 0)]},{text[get('taken_on', 0)]}"
        protection = f"{get('protection', '')},{text[get('protection_until', 0)]},{get('hold', '')}"
    return (
        f"{person.number},{person.history},{correction},{person.event},{text[person.event_on]},"
        f"{text[person.notified_on]},{home.number},{person.relation},{person.name},{person.kana},{alias},{born},"
        f"{'1' if person.male else '2'},{kind},{person.state},{text[person.became_on]},{text[person.became_told]},"
        f"{person.became_reason},{text[person.settled_on]},{text[person.joined_on]},{home.postal},{home.town_code},"
        f"{home.address},{home.building},{home.phone},{origin},{leaving},{text[person.removed_on]},"
        f"{text[person.removed_told]},{person.removed_reason},{protection}"
    )


def tax_line(person: Person, fiscal_year: int, correction: str = "0") -> tuple[str, int]:
    """(a line of ward.tax, its part of the total)."""
    levied = person.tax[fiscal_year]
    tax = levied.tax
    return (
        f"{person.number},{fiscal_year},{levied.history},{correction},{tax.status},{tax.per_capita},{tax.income_tax},"
        f"{tax.total},{tax.pension_revenue},{tax.pension_income},{tax.salary_revenue},{tax.salary_income},"
        f"{tax.adjustment},{tax.long_special},{tax.short_special},{tax.deemed},{tax.declared},"
        f"{days.text(levied.corrected_on)},{levied.reason}"
    ), tax.total
