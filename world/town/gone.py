"""Who died or left the ward, and when, from the files of its register: they are the world's own."""

from __future__ import annotations

import csv
import json
from datetime import date
from pathlib import Path
from typing import NamedTuple

from world.town.names import half_width

# Columns of a line of ward.resident without its mark.
_NUMBER, _EVENT_ON, _KANA, _ALIAS_KANA, _BIRTH, _SEX, _STATE = 0, 4, 9, 11, 12, 13, 17
# Of ward.nonresident: those whom the ward insures although they live elsewhere.
_GUEST_KANA, _GUEST_BIRTH, _GUEST_SEX, _GUEST_STATE, _GUEST_STATE_ON = 5, 6, 7, 12, 13
LEFT, DEAD = "2", "3"


class Gone(NamedTuple):
    """state: 2 left, 3 dead; on: the day (ordinal)."""

    state: str
    on: int


class People(NamedTuple):
    """gone: addressee → Gone. pensioners: (birth, sex, kana) as the pension service writes them → addressee.
    deducted: 基礎年金番号 → (addressee, yen of February) as the former system handed it over."""

    gone: dict[str, Gone]
    pensioners: dict[tuple[str, str, str], str]
    deducted: dict[str, tuple[str, int]]


def people(folder: Path | None) -> People:
    """Of a world that `make` has written; of none, nobody is known to be gone."""
    if folder is None:
        return People({}, {}, {})
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    gone: dict[str, Gone] = {}
    pensioners: dict[tuple[str, str, str], str] = {}
    deducted: dict[str, tuple[str, int]] = {}
    for entry in manifest["files"]:
        if entry["expected"] not in ("accepted", "waiting"):
            continue
        if entry["layout"] == "ward.resident":
            for values in _lines(folder / entry["file"]):
                _resident(values, gone, pensioners)
        elif entry["layout"] == "ward.nonresident":
            for values in _lines(folder / entry["file"]):
                _guest(values, gone, pensioners)
        elif entry["layout"] == "migrate.february":
            deducted |= {v[3]: (v[0], int(v[2])) for v in _lines(folder / entry["file"]) if v[3]}
    return People(gone, pensioners, deducted)


def _resident(values: list[str], gone: dict[str, Gone], pensioners: dict[tuple[str, str, str], str]) -> None:
    """The newest line of a person counts: who is back is not gone."""
    number, state = values[_NUMBER], values[_STATE]
    if state in (LEFT, DEAD):
        gone[number] = Gone(state, date.fromisoformat(values[_EVENT_ON]).toordinal())
    else:
        gone.pop(number, None)
    for kana in (values[_KANA], values[_ALIAS_KANA]):
        if kana:
            pensioners[values[_BIRTH], values[_SEX], half_width(kana, 25)] = number


def _guest(values: list[str], gone: dict[str, Gone], pensioners: dict[tuple[str, str, str], str]) -> None:
    """Somebody known to the ward who lives elsewhere: his death is told here."""
    if values[_GUEST_STATE] == DEAD and values[_GUEST_STATE_ON]:
        gone[values[_NUMBER]] = Gone(DEAD, date.fromisoformat(values[_GUEST_STATE_ON]).toordinal())
    key = values[_GUEST_BIRTH], values[_GUEST_SEX], half_width(values[_GUEST_KANA], 25)
    pensioners.setdefault(key, values[_NUMBER])


def _lines(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        return [values[1:] for values in csv.reader(lines) if values[0] == "D"]


def pensioner(record: bytes) -> tuple[str, str, str]:
    """Birth, sex and kana of a record of the pension service."""
    return (
        record[38:46].decode("ascii"),
        record[46:47].decode("ascii"),
        record[47:72].decode("cp932").rstrip(" "),
    )


def alive(found: Gone | None, on: int) -> bool:
    """Whether somebody lives on a day."""
    return found is None or found.state != DEAD or on < found.on


def here(found: Gone | None, on: int) -> bool:
    """Whether somebody lives, and in the ward, on a day."""
    return found is None or on < found.on


def pension_records(folder: Path) -> tuple[int, list[bytes]]:
    """(fiscal year, records of the pension service's file 00) of a world."""
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    records: list[bytes] = []
    for entry in manifest["files"]:
        if entry["layout"] == "pension.special_collection":
            content = (folder / entry["file"]).read_bytes()
            found = (content[place : place + 500] for place in range(0, len(content), 500))
            records += [record for record in found if record[:1] == b"2"]
    return manifest["fiscal_year"], records
