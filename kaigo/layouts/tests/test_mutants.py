"""Damaged files: no crash, never a part without saying so. 300 per layout, with KAIGO_LONG=1 10,000."""

from __future__ import annotations

import os
import random

import pytest

from kaigo.layouts.model import layouts
from kaigo.layouts.reader import read
from kaigo.layouts.tests.samples import INSURER, damaged, small

SEED = int(os.environ.get("KAIGO_SEED", "20260401"))
MUTANTS = 10_000 if os.environ.get("KAIGO_LONG") else 300


def whole(found) -> None:
    """Either nothing with a reason, or every line is accounted for."""
    if found.problems:
        assert len(found.rows) == 0 and not found.refused and not found.rejected
        assert all(p.rule and p.where and p.message and p.remedy for p in found.problems)
    else:
        assert found.header is not None
        refused = {error.line for error in found.refused}
        accepted = set(found.rows["line"].to_list())
        assert len(accepted) == len(found.rows)
        assert not refused & accepted
        assert len(refused) + len(accepted) == found.lines
        assert refused == set(found.rejected)
        # No database keeps NUL in a text, and refused lines are kept as well.
        assert not any("\x00" in text for texts in found.rejected.values() for text in texts)
        assert all(e.line > 0 and e.column > 0 and e.field and e.rule for e in found.refused)
        assert all(e.message and e.remedy and len(e.value) < 300 for e in found.refused)


@pytest.mark.parametrize("name", sorted(layouts()))
def test_damaged_files_are_read_whole_or_refused_with_a_reason(name):
    rng = random.Random(f"{SEED}:{name}")
    _, content = small(rng, name)
    outcomes = {"refused": 0, "lines": 0, "good": 0}
    for number in range(MUTANTS):
        mutant = damaged(rng, content)
        try:
            found = read(mutant, name, insurer=INSURER)
            whole(found)
        except Exception:
            print(f"seed {SEED}, layout {name}, mutant {number}: {mutant!r}")
            raise
        outcomes["refused" if found.problems else "lines" if found.refused else "good"] += 1
    print(f"seed {SEED}, layout {name}: {outcomes}")
    # The blows are of all sorts: a file that no mutant damages, or that none survives, is no test.
    assert outcomes["refused"] and outcomes["lines"] + outcomes["good"]
