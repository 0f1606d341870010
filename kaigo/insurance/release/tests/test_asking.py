"""The gate holds 督促状 and 催告書 together with the ledger, and misses nobody."""

from __future__ import annotations

import pytest

from kaigo.insurance.collection.tests.builders import YEAR
from kaigo.insurance.dunning.tests.builders import DATED, demanded, pay
from kaigo.insurance.notices.dunning.letters import DEMAND
from kaigo.insurance.notices.tests.test_dunning import ctx, debtor, make
from kaigo.insurance.release import gate

pytestmark = pytest.mark.django_db


def test_the_gate_compares_with_the_ledger_and_misses_nobody():
    who, _ = debtor(), debtor()
    demanded()
    report = gate.compare_letters(ctx(), DEMAND, YEAR)
    assert [d["what"] for d in report.differences] == ["missing", "missing"]
    make()
    report = gate.compare_letters(ctx(), DEMAND, YEAR)
    assert (report.difference_count, report.compared) == (0, 2)
    assert report.totals["entries_yen"] == report.totals["letters_yen"] > 0
    pay(who, 1, 100, day=DATED)
    report = gate.compare_letters(ctx(), DEMAND, YEAR)
    assert [(d["person"], d["what"]) for d in report.differences] == [(who, "amount")]
