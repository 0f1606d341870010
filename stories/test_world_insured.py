"""The world's own count of insured people against the law room's, person by person, from nothing but the files."""

from __future__ import annotations

import json
from collections import defaultdict
from datetime import date
from pathlib import Path

import pytest

from kaigo.law.qualification import Exception_, Exclusion, LifeFacts, Stay, periods
from kaigo.law.reasons import Unclear
from kaigo.law.values import load
from kaigo.layouts.reader import read
from world.cli import main

NEEDED = (
    "ward.resident",
    "ward.facility",
    "ward.facility_stay",
    "ward.address_exception",
    "ward.nonresident",
)
REASON = {"2": "moved_out", "3": "died", "4": "ex_officio"}


@pytest.fixture(scope="module")
def world(tmp_path_factory) -> tuple[Path, dict]:
    path = tmp_path_factory.mktemp("ward")
    assert main(["make", "--residents", "3000", "--seed", "5", "--fiscal-year", "2026", str(path)]) == 0
    return path, json.loads((path / "manifest.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    "name, on", [("opening", date(2026, 4, 1)), ("july", date(2026, 7, 1)), ("year_end", date(2027, 3, 31))]
)
def test_the_law_room_counts_as_the_world_does(world, name, on):
    path, manifest = world
    insured, unclear = _insured(*_facts(path, manifest, on, name == "opening"), on)
    assert len(insured) == manifest["expected"][name]["insured"]
    assert unclear == set(manifest["samples"]["生年月日に不詳のある人"])


def _facts(path: Path, manifest: dict, on: date, only_full: bool):
    """The lines in force by their keys, as told by the files delivered until a day."""
    files = [e for e in manifest["files"] if e["layout"] in NEEDED and e["date"] <= on.isoformat()]
    files = [
        e
        for e in files
        if e["expected"] in ("accepted", "waiting") and (e["mode"] == "full" or not only_full)
    ]
    lines: dict[str, dict] = {layout: {} for layout in NEEDED}
    for entry in files:
        for row in read((path / entry["file"]).read_bytes(), entry["layout"]).rows.iter_rows(named=True):
            key = {
                "ward.resident": lambda r: (r["addressee"], int(r["history"])),
                "ward.facility": lambda r: r["number"],
                "ward.facility_stay": lambda r: (r["addressee"], r["from"]),
                "ward.address_exception": lambda r: (r["addressee"], r["exception"], r["from"]),
                "ward.nonresident": lambda r: r["addressee"],
            }[entry["layout"]](row)
            if row.get("correction") == "2":
                del lines[entry["layout"]][key]
            else:
                lines[entry["layout"]][key] = row
    return lines["ward.resident"], lines["ward.facility"], lines


def _insured(residents, facilities, lines, on: date) -> tuple[set[str], set[str]]:
    people: dict[str, list[dict]] = defaultdict(list)
    for (addressee, _), row in sorted(residents.items()):
        people[addressee].append(row)
    guests = {number: row for number, row in lines["ward.nonresident"].items() if number not in people}
    homes = {row["address"] for row in facilities.values() if row["exception_target"] == "1"}
    values = load().values("131997", on)
    exclusions, exceptions = defaultdict(list), defaultdict(list)
    for (addressee, _), row in lines["ward.facility_stay"].items():
        kind = facilities[row["facility"]]["exclusion_kind"]
        if kind:
            exclusions[addressee].append(
                Exclusion(kind, _day(row["from"]), _day(row["to"]), row["grant_kind"])
            )
    for (addressee, kind, _), row in lines["ward.address_exception"].items():
        exceptions[addressee].append(_exception(kind, row, guests.get(addressee)))
    insured, unclear = set(), set()
    for addressee in (*people, *guests):
        history = people.get(addressee, [])
        birth = (history[-1] if history else guests[addressee])["birth"]
        born = None if birth.endswith("00") else _day(birth)
        found = periods(
            LifeFacts(
                born, _stays(history, homes), tuple(exclusions[addressee]), tuple(exceptions[addressee])
            ),
            values,
        )
        if isinstance(found, Unclear):
            unclear.add(addressee)
        elif any(p.acquired_on <= on and (p.lost_on is None or p.lost_on > on) for p in found.value.periods):
            insured.add(addressee)
    return insured, unclear


def _stays(history: list[dict], homes: set[str]) -> tuple[Stay, ...]:
    stays: list[Stay] = []
    open_stay: Stay | None = None
    for row in history:
        if open_stay is None:
            open_stay = Stay(_day(row["became_resident_on"]), "moved_in")
        if row["state"] == "1":
            open_stay = open_stay._replace(planned_on=_day(row["move_planned_on"]))
            continue
        reason = "moved_abroad" if row["to_code"] == "999999" else REASON[row["state"]]
        stays.append(
            open_stay._replace(
                end=_day(row["event_on"]), end_reason=reason, taken_on=_day(row["taken_on"]), planned_on=None,
                to_facility=row["state"] == "2" and row["to_address"] in homes,
            )
        )  # fmt: skip
        open_stay = None
    return (*stays, open_stay) if open_stay else tuple(stays)


def _exception(kind: str, row: dict, guest: dict | None) -> Exception_:
    start, end = _day(row["from"]), _day(row["to"])
    if kind == "2":
        return Exception_("other", start, end)
    if guest and guest["state"] == "3":
        return Exception_("own", start, _day(guest["state_on"]), "died")
    return Exception_("own", start, end, "own_exception_ended" if end else None)


def _day(text: str) -> date | None:
    return date(int(text[:4]), int(text[4:6]), int(text[6:])) if text else None
