"""Rule and twin are compared in every shadow run; a difference blocks the batch (N-16)."""

from __future__ import annotations

import pytest

from kaigo.base.records.refusal import Refused
from kaigo.insurance.premium.models import Batch
from kaigo.insurance.premium.tests.test_batch import approve, shadow, two  # noqa: F401
from kaigo.law import twin_values


def test_a_shadow_run_asks_the_twin_and_agrees(two):  # noqa: F811
    assert shadow().totals["twin"] == []


def test_a_batch_on_which_rule_and_twin_differ_cannot_be_approved(two, monkeypatch):  # noqa: F811
    """A twin that reads the table wrongly stands for a rule that does: whoever of the two is wrong, nothing is decided."""
    right = twin_values._amounts
    monkeypatch.setattr(twin_values, "_amounts", lambda told: {n: yen + 10 for n, yen in right(told).items()})
    made = shadow()
    assert {person for person, _, _ in made.totals["twin"]} == set(two)
    assert all(other == yen + 10 for _, yen, other in made.totals["twin"])
    with pytest.raises(Refused, match="双子"):
        approve(made)
    assert Batch.objects.get().state == "shadowed"
