"""段階の数(9・15・19)を問わないことと、賦課の速さを量る関数。"""

from __future__ import annotations

import gc
import random
import shutil
import time
from datetime import date
from pathlib import Path

import pytest

from kaigo.law import premium, values
from kaigo.law.premium_facts import PersonTax, StageFacts

DAY = date(2026, 4, 1)


def measure(people: int = 20_000, seed: int = 1) -> float:
    """一人の賦課(理由つき)にかかるマイクロ秒。時間は試験で断定しない。"""
    from kaigo.law.tests.test_cases import random_facts

    source = random.Random(seed)
    rows = values.load().values("131997", DAY)
    facts = [random_facts(source) for _ in range(people)]
    gc.collect()
    gc.freeze()
    gc.disable()
    try:
        begin = time.perf_counter_ns()
        for each in facts:
            premium.assess(each, rows)
        return (time.perf_counter_ns() - begin) / people / 1000
    finally:
        gc.enable()
        gc.unfreeze()


@pytest.mark.parametrize("count", [9, 15, 19])
def test_a_table_may_have_any_number_of_stages(tmp_path, count):
    root = tmp_path / "values"
    shutil.copytree(values.ROOT, root)
    folder = Path(root, "insurers", "999999")
    folder.mkdir()
    folder.joinpath("insurer.yaml").write_text('code: "999999"\nname: 作りもの\nbased_on: standard\n')
    bounds = [1_000_000 * number for number in range(1, count - 5)]
    taxed = [{"stage": 6 + place, "below": below} for place, below in enumerate([*bounds, None])]
    body = {
        "low": [
            {"stage": 1, "upto": "threshold"},
            {"stage": 2, "upto": 1_200_000},
            {"stage": 3, "upto": None},
        ],
        "middle": [{"stage": 4, "upto": "threshold"}, {"stage": 5, "upto": None}],
        "taxed": taxed,
        "base_stage": 5,
        "count": count,
    }
    text = str(body).replace("None", "null").replace("'", '"')
    folder.joinpath("premium.yaml").write_text(
        "- name: premium.stages\n  from: 2015-04-01\n  to: null\n  source: 作りもの\n"
        f"  confidence: fictional\n  checked_on: 2026-11-24\n  value: {text}\n"
    )
    rows = values.load(root).values("999999", DAY)

    def stage(income: int) -> int:
        return premium.stage(StageFacts(2026, PersonTax("taxed", income)), rows).value

    assert stage(0) == 6
    assert stage(bounds[-1] - 1) == count - 1
    assert stage(bounds[-1]) == count
    for number, below in enumerate(bounds, 6):
        assert (stage(below - 1), stage(below)) == (number, number + 1)
