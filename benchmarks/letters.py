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
    from kaigo.base.paper import qr
    from kaigo.base.paper.press import Press
    from kaigo.insurance.notices import read as notices
    from kaigo.insurance.notices.models import Draft

    rows = []
    if not Draft.objects.filter(letter="premium_notice").exists():
        with ward.clock() as seconds:
            job(ward.context(DATED), "notices.draft_premium")
        rows.append(report("drafting", seconds, 60, seed=ward.SEED, drafts=Draft.objects.count()))
    waiting = Draft.objects.filter(letter="premium_notice", state="draft", held="").order_by("id")
    words = notices.contents(list(waiting.values_list("id", flat=True)[:LETTERS]))
    common = notices.kept(next(iter(words.values()))[1])
    template, fixed = notices.TEMPLATES["premium_notice"]

    def letters():
        """As release hands them to the press: number, sheet and QR code are made on the way."""
        for place, (data, _) in enumerate(words.values(), 1):
            sheet = qr.sheet_id("BENCH", place)
            yield data | {"document_number": f"第{place}号", "sheet": sheet}

    begun = time.perf_counter()
    printed = Press().run(template, letters(), datetime(2026, 7, 10, tzinfo=UTC), common, fixed)
    pages = peak = 0
    mine_before, cpu = time.process_time(), 0.0
    for part in printed:  # a worker prints one part: what it used is what the part used
        pages, peak, cpu = pages + sum(part.pages), max(peak, part.peak_kb // 1024), cpu + part.cpu
    seconds = time.perf_counter() - begun
    cpu += time.process_time() - mine_before
    mine = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    rows.append(
        report("pages_per_second", [], 450, unit="pages/s", value=pages / seconds, smaller_is_better=False,
               seed=ward.SEED, pages=pages, per_cpu_second=round(pages / cpu),
               peak_worker_mb=peak, peak_main_mb=mine)
    )  # fmt: skip
    return rows
