"""Damaged files into the database: nothing half in. 60 a run, with KAIGO_LONG=1 1,000."""

from __future__ import annotations

import os
import random

import pytest
from django.db import transaction

from kaigo.base.feeds.decide import receive
from kaigo.base.feeds.models import Delivery, Line, Outcome, RefusedLine, Repair
from kaigo.base.files import store
from kaigo.layouts.model import layouts
from kaigo.layouts.tests.samples import INSURER, damaged, small

pytestmark = pytest.mark.django_db
SEED = int(os.environ.get("KAIGO_SEED", "20260401"))
MUTANTS = 1_000 if os.environ.get("KAIGO_LONG") else 60


def test_damaged_files_are_in_whole_or_not_at_all(ctx):
    rng = random.Random(SEED)
    names = sorted(layouts())
    states = dict.fromkeys(("accepted", "refused", "waiting"), 0)
    for number in range(MUTANTS):
        name = names[number % len(names)]
        _, content = small(rng, name)
        mutant = damaged(rng, content)
        try:
            # Each mutant meets a database without the others.
            with transaction.atomic():
                outcome = receive(ctx, INSURER, f"{number}.csv", mutant, name)
                states[outcome.state] += 1
                consistent(outcome, mutant)
                transaction.set_rollback(True)
        except BaseException:
            print(f"seed {SEED}, mutant {number} of {name}: {mutant!r}")
            raise
    print(f"seed {SEED}: {states}")
    assert states["accepted"] and states["refused"]
    assert not Delivery.objects.exists()


def consistent(outcome: Outcome, content: bytes) -> None:
    """The counts are those of the rows; a file that is not in has left no line."""
    delivery = Delivery.objects.get()
    assert store.get(delivery.digest) == content
    lines, refused, open_repairs = Line.objects.count(), RefusedLine.objects.count(), Repair.objects.count()
    if outcome.state == "accepted":
        assert (lines, refused) == (outcome.new_lines, outcome.refused_lines)
        assert lines + refused == delivery.lines
        assert open_repairs == refused
    else:
        assert (lines, refused, open_repairs) == (0, 0, 0)
        assert outcome.problems


def test_an_error_while_saving_leaves_nothing(ctx, monkeypatch):
    _, content = small(random.Random(SEED), "ward.tax")

    def fail(*given):
        raise RuntimeError("disk full")

    monkeypatch.setattr("kaigo.base.feeds.accept.save_refused", fail)
    with pytest.raises(RuntimeError), transaction.atomic():
        receive(ctx, INSURER, "tax.csv", content, "ward.tax")
    assert (Delivery.objects.count(), Line.objects.count()) == (0, 0)
    monkeypatch.undo()
    assert receive(ctx, INSURER, "tax.csv", content, "ward.tax").state == "accepted"
