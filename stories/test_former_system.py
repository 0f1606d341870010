"""A ward moves over from its former system: files in, opening decisions, the comparison, and the months afterwards."""

from __future__ import annotations

import json
from datetime import date

import pytest
from django.db import connection

from kaigo.base.jobs.run import run
from kaigo.base.records.context import Context
from kaigo.site.commands import migrate
from world.cli import main as world

PLANTED = {"stage", "yen", "balance"}


@pytest.fixture
def ward(street, tmp_path, monkeypatch):
    """Two thousand residents; the command runs in this process and its database."""
    monkeypatch.setattr(migrate, "django_ready", lambda: None)
    assert world(["make", "--residents", "2000", "--seed", "7", "--fiscal-year", "2026", str(tmp_path)]) == 0
    return tmp_path, json.loads((tmp_path / "manifest.json").read_text(encoding="utf-8"))


def command(capsys, *words: str) -> tuple[int, dict]:
    capsys.readouterr()
    code = migrate.main([*words, "--json"])
    return code, json.loads(capsys.readouterr().out)


def ask(query: str):
    with connection.cursor() as cursor:
        cursor.execute(query)
        return cursor.fetchone()


def test_a_ward_moves_over(ward, capsys):
    path, manifest = ward
    code, told = command(capsys, str(path))
    assert (code, told["refused"]) == (0, 0)
    expected = {entry["layout"]: entry["totals"] for entry in manifest["former"]}
    assert told["jobs"]["qualification.opening"]["numbers"] == expected["migrate.person"]["count"]
    assert told["jobs"]["premium.opening"]["yen"] == expected["migrate.assessment"]["total"]
    assert ask("SELECT count(*) FROM collection_plan")[0] == expected["migrate.assessment"]["count"]

    code, found = command(capsys, "compare", "--on", "2026-04-01")
    for line in found["files"]:
        assert not line["differs"], line
        assert (line["lines"], line["yen"]) == tuple(expected[line["layout"]].values())
    planted = {(one["addressee"], one["what"]) for one in manifest["planted"]}
    assert {what for _, what in planted} == PLANTED
    numbers = dict(_addressees())
    assert {(numbers[d["person"]], d["what"]) for d in found["differences"]} == planted
    assert code == 1 and len(found["differences"]) == 3

    # The same again changes nothing, and the months afterwards touch nobody whose facts have not changed.
    before = _decisions()
    code, told = command(capsys, str(path))
    assert code == 0 and {one["state"] for one in told["files"]} == {"repeated"}
    assert _decisions() == before
    for name in ("qualification.daily", "premium.provisional", "premium.monthly", "collection.plan"):
        run(Context("account:1", "operations", date(2026, 4, 1)), name)
    assert ask("SELECT count(*) FROM premium_assessment WHERE fiscal_year = 2025 AND sort <> 'opening'") == (
        0,
    )
    assert ask("SELECT count(*) FROM qualification_decision WHERE supersedes_id IS NOT NULL") == (0,)
    assert ask("SELECT count(*) FROM qualification_task WHERE sort = 'mismatch'") == (0,)
    assert ask("SELECT count(*) FROM collection_plan WHERE fiscal_year = 2025 AND cause <> 'opening'") == (0,)


def test_without_files_or_with_a_lost_one_nothing_begins(ward, capsys, tmp_path_factory):
    path, manifest = ward
    assert migrate.main([str(path / "nowhere")]) == 2
    assert migrate.main([str(tmp_path_factory.mktemp("empty"))]) == 3
    (path / manifest["former"][0]["file"]).unlink()
    assert migrate.main([str(path)]) == 3
    assert migrate.main(["compare", "--on", "2026-04-01"]) == 3
    assert _decisions() == (0, 0, 0, 0)
    assert "まだありません" in capsys.readouterr().err


def _addressees():
    with connection.cursor() as cursor:
        cursor.execute("SELECT person_id, number FROM residents_addressee_number")
        return cursor.fetchall()


def _decisions() -> tuple:
    tables = ("qualification_decision", "premium_assessment", "collection_plan", "ledger_entry")
    return tuple(ask(f"SELECT count(*) FROM {table}")[0] for table in tables)
