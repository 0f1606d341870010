"""All files of a world in the order of their delivery, and the manifest that says what to expect of them."""

from __future__ import annotations

import gc
import json
from pathlib import Path

from world.town import days, former, mishaps, neighbours
from world.town.cast import Cast
from world.town.chance import generator
from world.town.circumstances import Circumstances
from world.town.events import Events
from world.town.expected import counts
from world.town.files import Folder, resident_line, tax_line
from world.town.offices import Offices
from world.town.pension import file00
from world.town.script import Script
from world.town.staff import Staff
from world.town.ward import Ward
from world.town.year import Year

# Small files in the order in which the ward's offices send them.
SMALL = (
    "ward.facility", "ward.nonresident", "ward.relationship", "ward.welfare", "ward.old_age_pension", "ward.medical",
    "ward.facility_stay", "ward.address_exception", "ward.mailing_address", "ward.bank_account", "ward.borderline",
)  # fmt: skip


def make(path: Path, residents: int, seed: int, fiscal_year: int) -> dict:
    """Write the world into a folder (made if need be, its old world removed) and return the manifest."""
    # A million small records live until the end: looking for garbage among them again and again is in vain.
    collecting = gc.isenabled()
    gc.disable()
    try:
        return _made(path, residents, seed, fiscal_year)
    finally:
        if collecting:
            gc.enable()


def _made(path: Path, residents: int, seed: int, fiscal_year: int) -> dict:
    path.mkdir(parents=True, exist_ok=True)
    for old in (*path.glob("*_ward.*.csv"), *path.glob("*_migrate.*.csv"), *path.glob("*.dat")):
        old.unlink()
    ward = Ward(residents, seed, fiscal_year)
    office = Circumstances(ward)
    office.everybody()
    cast = Cast(ward, office)
    cast.settle()
    folder = Folder(path)
    handed_over, planted = opening(ward, folder)
    year = Year(ward, office, folder)
    year.expected["opening"] = counts(ward, ward.opening)
    offices = Offices(year)
    events = Events(year, offices)
    events.fill()
    offices.fill()
    Script(cast, year, events, offices).fill()
    year.at(days.day(fiscal_year, 5, 20), pension_notice, ward, folder)
    neighbours.fill(year, days.day(fiscal_year, 7, 3))
    mishaps.bad_lines(year)
    year.play()
    mishaps.disturb(folder)
    # The staff list goes to another system: its files stand apart.
    office_folder = Folder(path)
    staffed = Staff(seed, fiscal_year).write(office_folder)
    manifest = {
        "ward": "見本区(架空)",
        "insurer": "131997",
        "residents": residents,
        "seed": seed,
        "fiscal_year": fiscal_year,
        "files": folder.entries,
        "staff_files": office_folder.entries,
        "staff": staffed,
        "bad": mishaps.bad_set(folder),
        "former": handed_over,
        "planted": planted,
        "expected": year.expected,
        "samples": ward.samples,
    }
    (path / "manifest.json").write_text(json.dumps(manifest, ensure_ascii=False, indent=1), encoding="utf-8")
    return manifest


def opening(ward: Ward, folder: Folder) -> tuple[list[dict], list[dict]]:
    """1 April: everything known, in full; beside it what the former system hands over, and its planted differences."""
    on, before = ward.opening, ward.fiscal_year - 1
    folder.write("ward.resident", on, "full", ((resident_line(p), 0) for p in ward.known()))
    people = (*ward.known(), *ward.guests)
    folder.write("ward.tax", on, "full", (tax_line(p, before) for p in people if before in p.tax))
    for layout in SMALL:
        lines = ward.small.get(layout, {})
        folder.write(layout, on, "full", ((",".join(values), 0) for _, values in sorted(lines.items())))
    people = former.everybody(ward)
    folder.write("migrate.february", on, "full", former.february(ward, people))
    return former.write(ward, folder.path, people)


def pension_notice(made: int, ward: Ward, folder: Folder) -> None:
    """The service's list, captured in April, arrives in May; a few on it have died or left since."""
    rng = generator(ward.seed, "pension")
    born, captured = days.day(ward.fiscal_year - 65, 4, 2), ward.opening
    people = [p for p in (*ward.residents(), *ward.guests) if p.birth <= born]
    people += [p for p in ward.gone if p.birth <= born and p.event_on > captured - 40]
    people = [p for p in people if p.became_on <= captured]
    people.sort(key=lambda person: person.pension.number if person.pension else "")
    data, count, total = file00(rng, made, people)
    folder.keep(
        f"{days.iso(made)}_pension.special_collection_00.dat", "pension.special_collection", made, data, count,
        {"count": count, "total": total},
    )  # fmt: skip
