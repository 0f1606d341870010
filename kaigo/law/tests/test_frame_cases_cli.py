"""条文室の枠: 実例、命令、語、決まった形。"""

from __future__ import annotations

import ast
import json
from pathlib import Path

from kaigo.law import cli
from kaigo.law.words import words

LAW = Path(cli.__file__).resolve().parent


def test_a_wrong_case_is_reported_with_its_line(tmp_path, capsys):
    path = tmp_path / "wrong.yaml"
    path.write_text(
        "\n- case: 違う\n  rule: dates.age\n  on: 2026-04-01\n"
        "  facts: {birth_date: 1961-04-02, on: 2026-04-01}\n  expect: 64\n  source: なし\n",
        encoding="utf-8",
    )
    assert cli.main(["check", "--json", str(path)]) == cli.DIFFERENCE
    assert json.loads(capsys.readouterr().out) == {
        "passed": 0,
        "failed": [{"case": "違う", "file": str(path), "line": 2, "expected": 64, "got": 65}],
    }


def test_why_tells_the_value_and_the_reasons(tmp_path, capsys):
    path = tmp_path / "facts.yaml"
    path.write_text("on: 2026-04-01\nfacts: {birth_date: 1960-02-29, age: 65}\n", encoding="utf-8")
    assert cli.main(["why", "dates.attained_on", str(path), "--json"]) == cli.OK
    told = json.loads(capsys.readouterr().out)
    assert told["value"] == "2025-02-28"
    assert set(told["reasons"][0]) == {"id", "article", "staff", "person", "args", "parts"}
    assert "昭和35年2月29日" in told["reasons"][0]["staff"]


def test_an_unknown_field_is_refused_and_named(tmp_path, capsys):
    path = tmp_path / "facts.yaml"
    path.write_text("on: 2026-04-01\nfacts: {birthday: 1960-02-29, age: 65}\n", encoding="utf-8")
    assert cli.main(["why", "dates.attained_on", str(path)]) == cli.USAGE
    assert "birthday" in capsys.readouterr().err


def test_missing_facts_end_with_unclear(tmp_path, capsys):
    path = tmp_path / "facts.yaml"
    path.write_text("on: 2026-04-01\nfacts: {reason: age_65}\n", encoding="utf-8")
    assert cli.main(["why", "qualification.acquisition", str(path), "--json"]) == cli.UNCLEAR
    assert json.loads(capsys.readouterr().out)["unclear"][0]["missing"] == "birth_date"


def test_every_literal_reason_id_has_words():
    used = {}
    for path in LAW.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Reason" and node.args:
                first = node.args[0]
                if isinstance(first, ast.Constant):
                    used[first.value] = path.name
    lacking = {key: name for key, name in used.items() if key not in words()}
    assert used and not lacking
