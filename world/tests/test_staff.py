"""The staff list agrees with itself: nobody in two places at once, and a 1 April on which many move."""

from __future__ import annotations

import csv
import hashlib
from collections import defaultdict
from datetime import date

import pytest

from world.town.files import Folder
from world.town.staff import Staff


class Made:
    def __init__(self, path, seed: int) -> None:
        self.folder = Folder(path)
        self.expected = Staff(seed, 2026).write(self.folder)
        self.bytes = [(path / entry["file"]).read_bytes() for entry in self.folder.entries]

    def rows(self, place: int) -> list[list[str]]:
        return [row[1:] for row in csv.reader(self.bytes[place].decode().splitlines()) if row[0] == "D"]


@pytest.fixture(scope="module", params=[1, 7, 20260401])
def made(request, tmp_path_factory):
    return Made(tmp_path_factory.mktemp("staff"), request.param)


def test_the_same_seed_gives_the_same_list(made, tmp_path):
    again = Made(tmp_path, 7)
    other = Made(tmp_path, 8)
    assert Made(tmp_path, 7).bytes == again.bytes != other.bytes


def test_files_are_numbered_and_made_on_working_days(made):
    entries = made.folder.entries
    assert [entry["sequence"] for entry in entries] == list(range(1, len(entries) + 1))
    assert [entry["mode"] for entry in entries] == ["full", *["changes"] * (len(entries) - 2), "full"]
    assert all(date.fromisoformat(entry["date"]).weekday() < 5 for entry in entries)
    assert entries[-1]["date"] < made.expected["rotation"]
    for entry, content in zip(entries, made.bytes, strict=True):
        assert hashlib.sha256(content).hexdigest() == entry["sha256"]


def test_nobody_is_in_two_places_on_one_day(made):
    posts = defaultdict(list)
    for row in made.rows(-1):
        number, since, to = row[0], row[7], row[8] or "99991231"
        assert since <= to
        posts[number].append((since, to))
    for number, spans in posts.items():
        spans.sort()
        assert all(left[1] < right[0] for left, right in zip(spans, spans[1:], strict=False)), number


def test_many_move_and_some_leave_on_the_first_of_april(made):
    expected = made.expected
    assert expected["people"] >= 100 and len({row[0] for row in made.rows(0)}) >= 100
    assert len(expected["moved"]) >= 10 and len(expected["retired"]) >= 3 and len(expected["arrived"]) >= 5
    assert not set(expected["moved"]) & set(expected["retired"])
    begin = {row[0] for row in made.rows(-1) if row[7] == "20270401"}
    assert set(expected["moved"]) | set(expected["arrived"]) <= begin
    assert not set(expected["retired"]) & begin


def test_contractors_have_an_item_and_an_end_and_staff_have_none(made):
    for place in range(len(made.bytes)):
        for row in made.rows(place):
            assert bool(row[9]) is (row[4] == "3")
            assert row[8] or row[4] != "3"
