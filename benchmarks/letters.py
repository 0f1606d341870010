"""Drafting and printing: pages a second over two processes, from the drafts of the main assessment."""

from __future__ import annotations

import resource
import time
from datetime import UTC, date, datetime

from benchmarks import ward
from benchmarks.measure import report

DATED = date(2026, 7, 10)
LETTERS = 10_000


def run() -> list[dict]:
    ward.open_ward()
    from kaigo.base.jobs.run import run as job
    from kaigo.base.paper.press import Press
    from kaigo.insurance.notices.models import Draft
    from kaigo.insurance.notices.premium.letters import NOTICE

    rows = []
    if not Draft.objects.filter(letter="premium_notice").exists():
        with ward.clock() as seconds:
            job(ward.context(DATED), "notices.draft_premium")
        rows.append(report("drafting", seconds, 60, seed=ward.SEED, drafts=Draft.objects.count()))
    data = list(
        Draft.objects.filter(letter="premium_notice", held="").values_list("data", flat=True)[:LETTERS]
    )
    begun = time.perf_counter()
    pages = sum(sum(part.pages) for part in Press().run(NOTICE, data, datetime(2026, 7, 10, tzinfo=UTC)))
    seconds = time.perf_counter() - begun
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
    rows.append(
        report("pages_per_second", [], 450, unit="pages/s", value=pages / seconds, smaller_is_better=False,
               seed=ward.SEED, pages=pages, peak_worker_mb=peak)
    )  # fmt: skip
    return rows
