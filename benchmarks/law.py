"""The law alone: stage, amount, instalments with reasons for everybody, and the twin over the same facts."""

from __future__ import annotations

import time
from datetime import date

from benchmarks import ward
from benchmarks.measure import report

ASSESSED = date(2026, 7, 1)


def run() -> list[dict]:
    ward.open_ward()
    from django.conf import settings

    from kaigo.base.records.context import acting
    from kaigo.insurance.premium.decide import quiet_collector, values_for
    from kaigo.insurance.premium.gather import gather
    from kaigo.law import twin
    from kaigo.law.instalment_facts import PlanFacts
    from kaigo.law.instalments import plan
    from kaigo.law.premium import assess
    from kaigo.law.reasons import Unclear, pack

    values = values_for(settings.INSURER, ward.YEAR)
    rows = []
    ctx = ward.context(ASSESSED)
    with acting(ctx), quiet_collector():
        facts = [person.facts for person in gather(ctx, ward.YEAR)]
        seconds = []
        for _ in range(3):
            begun = time.process_time()
            for one in facts:
                found = assess(one, values)
                if isinstance(found, Unclear):
                    continue
                pack(found.reasons)
                instalments = plan(PlanFacts(ward.YEAR, found.value.annual_yen, ASSESSED), values)
                pack(instalments.reasons)
            seconds.append(time.process_time() - begun)
        rows.append(report("law_everybody", seconds, 8, seed=ward.SEED, people=len(facts)))
        frame = twin.frame_of(facts)
        seconds = []
        for _ in range(5):
            begun = time.perf_counter()
            twin.assess_frame(frame, values, ward.YEAR)
            seconds.append(time.perf_counter() - begun)
    rows.append(report("twin_everybody", seconds, 0.1, seed=ward.SEED, people=len(facts)))
    return rows
