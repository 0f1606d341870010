"""Whether planted misuse is found (security.md E-13): 300 operators, 30 days, a million accesses, 200 misuses.

The recall says that the rules see what C-9 describes. `covered` beside it, without a reach, says how much they still see
of people who cover it up, way by way (kaigo/base/misuse/tests/covered.py).
"""

from __future__ import annotations

import os

from benchmarks.measure import report

SEED = 20260630


def run() -> list[dict]:
    """Three figures of one seeded log: recall, questions per 10,000 accesses, seconds of the engine on this machine."""
    import django

    django.setup()
    from kaigo.base.misuse.tests.covered import found_although_covered
    from kaigo.base.misuse.tests.log import Log
    from kaigo.base.misuse.tests.measure import measure

    seed = int(os.environ.get("KAIGO_SEED", SEED))
    log = Log(seed)
    found = [measure(log) for _ in range(3)]
    seconds, one = [m.seconds for m in found], found[0]
    more = {"accesses": one.accesses, "planted": one.planted}
    covered = found_although_covered(log, seed)
    return [
        report("misuse_recall", seconds, 95, unit="%", value=one.recall * 100, smaller_is_better=False, seed=seed,
               covered=covered, **more),
        report("misuse_alerts", seconds, 20, unit="per 10,000 accesses", value=one.per_ten_thousand, seed=seed,
               of_ordinary_work=round(one.ordinary, 2), **more),
        report("misuse_seconds", seconds, 30, seed=seed, **more),
    ]  # fmt: skip
