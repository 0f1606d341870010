"""April of a small ward through feeds, registers, residents and qualification, from files alone."""

from __future__ import annotations

import json
from datetime import date

from world.cli import main

UNTIL = "2026-04-23"


def test_a_month_of_files_arrives_as_the_manifest_says(street, tmp_path):
    assert main(["make", "--residents", "1000", "--seed", "7", "--fiscal-year", "2026", str(tmp_path)]) == 0
    manifest = json.loads((tmp_path / "manifest.json").read_text(encoding="utf-8"))
    files = [entry for entry in manifest["files"] if entry["date"] <= UNTIL]
    opening = [entry for entry in files if entry["date"] == "2026-04-01" and entry["mode"] == "full"]
    told = _receive(tmp_path, [entry for entry in files if entry in opening])
    assert _take(date(2026, 4, 1)) == manifest["expected"]["opening"]["insured"]
    for day in sorted({entry["date"] for entry in files}):
        told += _receive(tmp_path, [e for e in files if e["date"] == day and e not in opening])
        _take(date.fromisoformat(day))
    assert {state for _, state in told} == {"accepted", "repeated", "waiting", "refused"}
    expected = {entry["file"]: entry["expected"] for entry in files}
    assert [(name, state) for name, state in told if expected[name] != state] == []
    assert _refused_lines() == sum(entry.get("refused_lines", 0) for entry in files) == 3


def _receive(path, entries) -> list[tuple[str, str]]:
    from django.conf import settings

    from kaigo.base.feeds.decide import receive
    from kaigo.base.records.context import Context, acting

    told = []
    for entry in entries:
        ctx = Context("account:1", "intake", date.fromisoformat(entry["date"]))
        with acting(ctx):
            content = (path / entry["file"]).read_bytes()
            outcome = receive(ctx, settings.INSURER, entry["file"], content, entry["layout"])
        told.append((entry["file"], str(outcome.state)))
    return told


def _take(on: date) -> int:
    """The jobs of a day; how many are insured then."""
    from kaigo.base.jobs.run import run
    from kaigo.base.records.context import Context
    from kaigo.insurance.qualification import read as qualification

    for name in ("registers.take", "residents.take", "qualification.daily"):
        run(Context("account:1", "operations", on), name)
    return qualification.counts(Context("account:1", "inquiry", on))["insured"]


def _refused_lines() -> int:
    """Lines that nobody could use, each counted once however many faults it has."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT count(DISTINCT (delivery_id, number)) FROM feeds_refused_line")
        return cursor.fetchone()[0]
