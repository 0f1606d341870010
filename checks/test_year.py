"""`kaigo year open`: a new fiscal year, without writing anywhere unasked."""

from __future__ import annotations

import json
import shutil

import pytest

from kaigo.law import values
from kaigo.law.tests.test_opening import CASES, TENTH
from kaigo.site.commands import year


@pytest.fixture
def folder(tmp_path):
    root = tmp_path / "values"
    shutil.copytree(values.ROOT, root)
    return root


def state(root):
    return {path: path.read_bytes() for path in root.rglob("*.yaml")}


def test_opening_a_year_writes_nothing_and_says_what_is_missing(folder, capsys):
    before = state(folder)
    assert year.main(["open", "2027", "--insurer", "131997", "--values", str(folder)]) == 3
    out, err = capsys.readouterr()
    assert state(folder) == before
    assert out.startswith("# 令和9年度の値") and "足りない: premium.stages" in err
    assert year.main(["open", "2027", "--insurer", "131997", "--values", str(folder), "--json"]) == 3
    told = json.loads(capsys.readouterr().out)
    assert {"name": "premium.base", "missing": "第10期の基準額", "blocks": "premium.main_assessment"} in told[
        "missing"
    ]


def test_write_puts_one_file_and_never_overwrites(folder, capsys):
    asked = ["open", "2027", "--insurer", "151009", "--values", str(folder)]
    before = state(folder)
    assert year.main([*asked, "--write"]) == 3
    new = set(state(folder)) - set(before)
    assert [path.name for path in new] == ["2027.yaml"]
    assert year.main([*asked, "--write"]) == 1
    assert "もうあります" in capsys.readouterr().err


def test_a_new_period_needs_one_values_file_and_one_cases_file(folder, tmp_path, capsys):
    from kaigo.law import cli

    folder.joinpath("insurers", "131997", "2027.yaml").write_text(TENTH, encoding="utf-8")
    cases = tmp_path / "tenth.yaml"
    cases.write_text(CASES, encoding="utf-8")
    assert year.main(["open", "2027", "--insurer", "131997", "--values", str(folder)]) == 0
    assert cli.main(["check", "--values", str(folder), str(cases)]) == 0
    capsys.readouterr()


def test_an_unknown_insurer_is_a_usage_error(capsys):
    assert year.main(["open", "2027", "--insurer", "999998"]) == 2
    assert "999998" in capsys.readouterr().err
