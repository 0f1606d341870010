"""docs/asvs.yaml: every answer is whole, what is called met names a test that exists, what is open names its issue."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from checks.test_lists import exists

ROOT = Path(__file__).resolve().parents[1]
ROWS = yaml.safe_load((ROOT / "docs/asvs.yaml").read_text(encoding="utf-8"))


def test_the_ids_are_sorted():
    ids = [tuple(map(int, one.split("."))) for one in ROWS]
    assert ids == sorted(ids) and len(ids) > 110


@pytest.mark.parametrize("id", ROWS)
def test_every_answer_is_whole(id):
    row = ROWS[id]
    assert row["level"] in {1, 2, 3} and row["area"] and row["requirement"]
    if row["answer"] == "met":
        assert (ROOT / row["where"]).exists(), row["where"]
        test = row["test"]
        assert exists(test) if "::" in test else (ROOT / test).exists(), test
    else:
        assert row["answer"] in {"open", "not applicable"} and row["reason"]
        assert row["answer"] != "open" or isinstance(row["issue"], int)
