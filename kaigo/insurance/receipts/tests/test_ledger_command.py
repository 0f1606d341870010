"""`kaigo ledger`: what is exported is the ledger, and a difference ends with 1."""

from __future__ import annotations

import io
import json
import sys
from types import SimpleNamespace

import pytest

from kaigo.insurance.collection.tests.builders import YEAR
from kaigo.insurance.collection.tests.test_plan import JULY, continuing
from kaigo.insurance.ledger.models import LedgerEntry
from kaigo.site.commands import ledger

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _inside(monkeypatch):
    # The test has Django and its database already.
    monkeypatch.setattr(ledger, "django_ready", lambda: None)


def exported(monkeypatch, *argv):
    held = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", SimpleNamespace(buffer=held))
    assert ledger.main(["export", "--json-lines", *argv]) == 0
    return [json.loads(line) for line in held.getvalue().splitlines()]


def test_the_export_holds_every_entry_with_whole_yen_and_iso_days(monkeypatch):
    who = continuing(yen=53_700, feb=13_750)
    lines = exported(monkeypatch)
    assert len(lines) == LedgerEntry.objects.count()
    assert sum(line["yen"] for line in lines) == 53_700
    assert {line["person"] for line in lines} == {who}
    assert {line["on"] for line in lines} == {"2026-04-01", "2026-07-01"}
    assert exported(monkeypatch, "--year", "2020") == []
    repeated = exported(monkeypatch, "--repeated")
    assert {line["source"] for line in repeated} == {"plan"}
    assert [sorted(line) for line in repeated[:1]] == [sorted(set(lines[0]) - {"id", "booked_at"})]


def test_the_check_ends_with_one_when_a_person_differs(capsys):
    who = continuing()
    assert ledger.main(["check"]) == 0
    assert "2026年度 調定額 60,000円 相違 0人" in capsys.readouterr().out
    LedgerEntry.objects.create(
        person_id=who, fiscal_year=YEAR, accounting_year=YEAR, sort="adjust", way="deduction", number=4, yen=7, reason="x", source="x",
        key="x", business_date=JULY, actor="account:1",
    )  # fmt: skip
    assert ledger.main(["check", "--year", str(YEAR), "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert [(d["person"], d["what"]) for d in told["differences"]] == [(who, "levied")]


def test_usage_is_told():
    with pytest.raises(SystemExit) as ended:
        ledger.main(["export"])
    assert ended.value.code == 2
