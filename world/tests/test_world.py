"""The world agrees with itself: same bytes from the same seed, one head per household, no gap in any sequence."""

from __future__ import annotations

import csv
import hashlib
import json
from collections import Counter, defaultdict
from datetime import date
from pathlib import Path

import pytest

from world.cli import main
from world.town.names import half_width
from world.town.places import check_digit

RESIDENTS, SEED, YEAR = 2_000, 7, 2026
ADDRESSEE, HISTORY, CORRECTION, EVENT, EVENT_ON, HOUSEHOLD, RELATION, BIRTH, STATE = (
    0,
    1,
    2,
    3,
    4,
    6,
    7,
    12,
    17,
)


class Made:
    def __init__(self, path: Path) -> None:
        assert (
            main(
                [
                    "make",
                    "--residents",
                    str(RESIDENTS),
                    "--seed",
                    str(SEED),
                    "--fiscal-year",
                    str(YEAR),
                    str(path),
                ]
            )
            == 0
        )
        self.path = path
        self.manifest = json.loads((path / "manifest.json").read_text(encoding="utf-8"))

    def entries(self, layout: str) -> list[dict]:
        """The files of a layout that are to be accepted, by sequence."""
        found = [
            e
            for e in self.manifest["files"]
            if e["layout"] == layout and e["expected"] in ("accepted", "waiting")
        ]
        return sorted(found, key=lambda e: e.get("sequence", 0))

    def lines(self, entry: dict) -> list[list[str]]:
        with (self.path / entry["file"]).open(encoding="utf-8", newline="") as file:
            return [row[1:] for row in csv.reader(file) if row[0] == "D"]


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Made:
    return Made(tmp_path_factory.mktemp("world"))


@pytest.fixture(scope="module")
def register(made) -> list[tuple[dict, list[list[str]]]]:
    return [(entry, made.lines(entry)) for entry in made.entries("ward.resident")]


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(made, tmp_path):
    again = Made(tmp_path / "again")
    assert again.manifest == made.manifest
    for entry in made.manifest["files"]:
        assert hashlib.sha256((again.path / entry["file"]).read_bytes()).hexdigest() == entry["sha256"]
    main(
        [
            "make",
            "--residents",
            str(RESIDENTS),
            "--seed",
            "8",
            "--fiscal-year",
            str(YEAR),
            str(tmp_path / "other"),
        ]
    )
    other = json.loads((tmp_path / "other" / "manifest.json").read_text(encoding="utf-8"))
    assert other["files"][0]["sha256"] != made.manifest["files"][0]["sha256"]


def test_manifest_agrees_with_the_files(made):
    for entry in made.manifest["files"]:
        assert hashlib.sha256((made.path / entry["file"]).read_bytes()).hexdigest() == entry["sha256"]
        if entry["layout"] != "pension.special_collection":
            lines = made.lines(entry)
            assert len(lines) == entry["lines"] == entry["totals"]["count"], entry["file"]
            column = {"ward.tax": 7, "migrate.february": 2}.get(entry["layout"])
            if column and entry["expected"] != "refused":
                assert sum(int(line[column]) for line in lines) == entry["totals"]["total"]
    days = [entry["date"] for entry in made.manifest["files"]]
    assert days == sorted(days)


def test_sequences_have_no_gap_and_files_come_on_weekdays_only(made):
    for layout in {entry["layout"] for entry in made.manifest["files"]} - {"pension.special_collection"}:
        numbers = [entry["sequence"] for entry in made.entries(layout)]
        assert numbers == list(range(1, len(numbers) + 1)), layout
    assert all(date.fromisoformat(e["date"]).weekday() < 5 for e in made.manifest["files"])


def test_every_household_has_one_head_after_every_file(register):
    people: dict[str, list[list[str]]] = defaultdict(list)
    newest: dict[str, list[str]] = {}
    heads: Counter = Counter()
    members: Counter = Counter()

    def count(line: list[str] | None, sign: int) -> None:
        if line and line[STATE] == "1":
            members[line[HOUSEHOLD]] += sign
            heads[line[HOUSEHOLD]] += sign * (line[RELATION] == "世帯主")

    for entry, lines in register:
        touched = set()
        for line in lines:
            records = people[line[ADDRESSEE]]
            if line[CORRECTION] == "0":
                records.append(line)
            else:
                assert records[-1][HISTORY] == line[HISTORY], "a correction names the newest history"
                records.pop()
                if line[CORRECTION] == "1":
                    records.append(line)
            before, after = newest.get(line[ADDRESSEE]), records[-1] if records else None
            count(before, -1)
            count(after, 1)
            touched |= {found[HOUSEHOLD] for found in (before, after) if found}
            newest[line[ADDRESSEE]] = after
        for home in touched:
            assert heads[home] == (1 if members[home] else 0), (entry["file"], home)


def test_histories_rise_by_one_and_days_do_not_go_back(register):
    last: dict[str, list[str]] = {}
    spent: dict[str, int] = {}
    for entry, lines in register[1:]:
        for line in lines:
            before = last.get(line[ADDRESSEE])
            number = int(line[HISTORY])
            if line[CORRECTION] == "0" and before:
                assert number == max(spent[line[ADDRESSEE]], int(before[HISTORY])) + 1, (
                    entry["file"],
                    line[ADDRESSEE],
                )
                if before[CORRECTION] == "0":
                    assert line[EVENT_ON] >= before[EVENT_ON]
            spent[line[ADDRESSEE]] = max(spent.get(line[ADDRESSEE], 0), number)
            last[line[ADDRESSEE]] = line
            assert line[EVENT_ON] <= entry["date"].replace("-", ""), "nothing is told before it happened"


def test_the_opening_file_has_everybody_once_with_a_plausible_birth(register):
    _, lines = register[0]
    assert len({line[ADDRESSEE] for line in lines}) == len(lines)
    assert all("19150101" <= line[BIRTH] <= "20260331" for line in lines)
    assert all(line[BIRTH][4:] == "0000" or line[BIRTH] <= line[EVENT_ON] for line in lines)
    states = Counter(line[STATE] for line in lines)
    assert 0.95 < states["1"] / len(lines) < 0.98
    assert states["2"] and states["3"]


def test_pension_file_names_people_of_the_register(made, register):
    (entry,) = made.entries("pension.special_collection")
    data = (made.path / entry["file"]).read_bytes()
    assert len(data) % 500 == 0
    records = [data[place : place + 500] for place in range(0, len(data), 500)]
    assert records[0][:1] == b"1" and records[0][1:6] == b"13199"
    assert int(records[-1][21:30]) == len(records) - 2 == entry["lines"]
    assert int(records[-1][30:41]) == entry["totals"]["total"] == sum(int(r[394:405]) for r in records[1:-1])
    births = {(line[BIRTH], line[13]) for line in register[0][1]}
    births |= {(line[6], line[7]) for line in made.lines(made.entries("ward.nonresident")[0])}
    known = [(r[38:46].decode(), r[46:47].decode()) in births for r in records[1:-1]]
    assert all(known)
    numbers = {r[21:31].decode() for r in records[1:-1]}
    assert len(numbers) == len(records) - 2
    february = made.lines(made.entries("migrate.february")[0])
    deducted = [line[3] for line in february if line[3]]
    assert sum(number in numbers for number in deducted) > 0.97 * len(deducted)


def test_february_amounts_are_possible(made):
    lines = made.lines(made.entries("migrate.february")[0])
    assert len(lines) > 0.6 * made.manifest["expected"]["opening"]["insured"]
    assert all(0 < int(line[2]) < 100_000 and int(line[2]) % 10 == 0 for line in lines)


def test_tax_of_the_year_is_unknown_before_june_then_known_of_every_insured(made, register):
    tax = made.entries("ward.tax")
    early = [line for entry in tax if entry["date"] < f"{YEAR}-06-01" for line in made.lines(entry)]
    assert {line[1] for line in early} == {str(YEAR - 1)}
    told = {line[0] for entry in tax for line in made.lines(entry) if line[1] == str(YEAR)}
    older = [line[0] for line in register[0][1] if line[STATE] == "1" and line[BIRTH] < f"{YEAR - 15}0101"]
    assert set(older) <= told
    deemed = [line for entry in tax for line in made.lines(entry) if line[1] == "2026" and line[4] == "2"]
    assert all(line[15] in ("0", "1") for line in deemed if 551_000 <= int(line[10]) < 1_900_000)
    assert {line[15] for line in deemed} == {"", "0", "1"}


def test_the_world_has_everything_that_goes_wrong(made):
    assert Counter(e["expected"] for e in made.manifest["files"]).keys() == {
        "accepted",
        "repeated",
        "waiting",
        "refused",
    }
    assert sum(entry.get("refused_lines", 0) for entry in made.manifest["files"]) == 3
    assert len(made.manifest["bad"]) >= 8
    assert all((made.path / entry["file"]).exists() for entry in made.manifest["bad"])


def test_every_sample_is_somebody(made, register):
    known = {line[ADDRESSEE] for _, lines in register for line in lines}
    known |= {line[0] for entry in made.entries("ward.nonresident") for line in made.lines(entry)}
    assert len(made.manifest["samples"]) >= 30
    for name, numbers in made.manifest["samples"].items():
        assert numbers and set(numbers) <= known, name


def test_what_the_former_system_hands_over_agrees_with_itself(made):
    files = {entry["layout"]: made.lines(entry) for entry in made.manifest["former"]}
    total = {"migrate.assessment": 5, "migrate.instalment": 5, "migrate.year_total": 2}
    for entry in made.manifest["former"]:
        assert hashlib.sha256((made.path / entry["file"]).read_bytes()).hexdigest() == entry["sha256"]
        lines = files[entry["layout"]]
        assert len(lines) == entry["lines"] == entry["totals"]["count"] > 0
        if place := total.get(entry["layout"]):
            assert sum(int(line[place]) for line in lines) == entry["totals"]["total"]
    numbers = {line[1] for line in files["migrate.person"]}
    assert len(numbers) == len(files["migrate.person"]) <= len(files["migrate.qualification"])
    assert {line[0] for line in files["migrate.assessment"]} <= {line[0] for line in files["migrate.person"]}
    levied: Counter = Counter()
    received: Counter = Counter()
    for line in files["migrate.instalment"]:
        levied[line[0]] += int(line[5])
        received[line[0]] += int(line[6])
    assert {line[0]: int(line[5]) for line in files["migrate.assessment"]} == dict(levied)
    last = [line for line in files["migrate.year_total"] if line[1] == str(YEAR - 1)]
    assert {line[0]: int(line[2]) for line in last} == dict(levied)
    other = {line[0] for line in last if int(line[3]) != received[line[0]]}
    planted = {one["what"]: one["addressee"] for one in made.manifest["planted"]}
    assert set(planted) == {"stage", "yen", "balance"} and other == {planted["balance"]}


def test_wrong_words_are_refused(tmp_path, capsys):
    assert main(["make", "--residents", "10", str(tmp_path)]) == 2
    assert main(["bake"]) == 2
    capsys.readouterr()


def test_small_things():
    assert check_digit("13120") == "131202" and check_digit("13199") == "131997"
    assert half_width("ギョウザ　パーティー", 25) == "ｷﾞﾖｳｻﾞ ﾊﾟｰﾃｲｰ"
