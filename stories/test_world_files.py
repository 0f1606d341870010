"""The world's files and the house's reader agree: what the manifest calls good reads without a refused line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kaigo.layouts.reader import read
from world.cli import main


@pytest.fixture(scope="module")
def world(tmp_path_factory) -> tuple[Path, dict]:
    path = tmp_path_factory.mktemp("ward")
    assert main(["make", "--residents", "3000", "--seed", "11", "--fiscal-year", "2026", str(path)]) == 0
    return path, json.loads((path / "manifest.json").read_text(encoding="utf-8"))


def test_every_file_reads_as_the_manifest_says(world):
    path, manifest = world
    for entry in manifest["files"]:
        found = read((path / entry["file"]).read_bytes(), entry["layout"], insurer=manifest["insurer"])
        if entry["expected"] == "refused":
            assert [problem.rule for problem in found.problems] == [entry["rule"]], entry["file"]
            continue
        assert not found.problems, (entry["file"], found.problems)
        refused = {error.line for error in found.refused}
        assert len(refused) == entry.get("refused_lines", 0), (entry["file"], found.refused[:3])
        assert len(found.rows) + len(refused) == entry["lines"]
        assert found.header.made_on.isoformat() <= entry["date"]
        if entry["layout"] != "pension.special_collection":
            assert (found.header.sequence, found.header.mode) == (entry["sequence"], entry["mode"])


def test_the_bad_set_is_refused_for_the_reason_in_its_name(world):
    path, manifest = world
    for entry in manifest["bad"]:
        found = read((path / entry["file"]).read_bytes(), entry["layout"], insurer=manifest["insurer"])
        assert entry["rule"] in [problem.rule for problem in found.problems], entry["file"]
        assert found.rows.is_empty()
