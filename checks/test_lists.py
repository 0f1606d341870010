"""Checks about the lists: sorted, one row per line, every named test exists and is not skipped."""

from __future__ import annotations

import ast
import csv
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]
SORTED_BY = {"features": "row", "incidents": "id", "retention": "key", "glossary": "key"}


def rows(name):
    with (ROOT / "docs" / f"{name}.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def place(value: str):
    """Numbers first in their order, then names."""
    head, _, tail = value.partition("-")
    return (0, int(value), "") if value.isdigit() else (1, int(tail) if tail.isdigit() else 0, head + tail)


@pytest.mark.parametrize("name", sorted(SORTED_BY))
def test_rows_are_sorted_and_unique(name):
    keys = [row[SORTED_BY[name]] for row in rows(name)]
    assert keys == sorted(keys, key=place if name == "features" else None)
    assert len(keys) == len(set(keys))


def exists(reference: str) -> bool:
    """A pytest id `path::test_name`, or a worked case `path.yaml::id`."""
    path, _, name = reference.partition("::")
    file = ROOT / path
    if not file.exists() or not name:
        return False
    if file.suffix == ".yaml":
        return any(
            str(case.get("id", case["case"])).split(" ")[0] == name
            for case in yaml.safe_load(file.read_text())
        )
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.FunctionDef) and node.name == name.split("[")[0]:
            return not any("skip" in ast.dump(d) or "xfail" in ast.dump(d) for d in node.decorator_list)
    return False


@pytest.mark.parametrize("name", ["features", "incidents"])
def test_named_tests_exist(name):
    wrong = [
        f"{row[SORTED_BY[name]]}: {reference}"
        for row in rows(name)
        for reference in row["test"].split()
        if not exists(reference)
    ]
    assert not wrong


def test_features_with_a_test_say_where():
    assert not [row["row"] for row in rows("features") if bool(row["test"]) != bool(row["where"])]


def test_there_are_fifty_incidents():
    assert len(rows("incidents")) == 50
