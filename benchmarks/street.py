"""Files → facts → qualification → assessment → plans and entries, at full size."""

from __future__ import annotations

import random
from concurrent.futures import ProcessPoolExecutor
from datetime import date, timedelta
from multiprocessing import get_context

from benchmarks import ward
from benchmarks.measure import clocked, peak_memory_mb, raw_copy, report

OPENING, TAXED, ASSESSED = date(2026, 4, 1), date(2026, 6, 1), date(2026, 7, 1)
FACTS = ("residents_particulars", "residents_residence", "residents_membership", "residents_taxation")
ASSESSMENTS = ("premium_assessment", "premium_finding")
PLANS = ("collection_plan", "collection_finding", "collection_instalment", "ledger_entry")


def run() -> list[dict]:
    """The whole street once; the database stays for the other steps."""
    entries = ward.files()
    ward.fresh()
    from kaigo.base.jobs.run import run as job

    def jobs(day: date, *names: str) -> None:
        for name in names:
            job(ward.context(day), name)

    rows = []
    first = [e for e in entries if date.fromisoformat(e["date"]) <= OPENING]
    with ward.clock() as seconds:
        _two_at_a_time(first)
        jobs(OPENING, "registers.take", "residents.take")
    rows.append(
        report(
            "first_load",
            seconds,
            120,
            raw=raw_copy(list(FACTS), runs=1),
            raw_name="COPY of the facts",
            seed=ward.SEED,
        )
    )
    with ward.clock() as seconds:
        jobs(OPENING, "qualification.daily")
    rows.append(report("qualification_first", seconds, 60, seed=ward.SEED, peak_mb=peak_memory_mb()))
    jobs(OPENING, "premium.take_february", "premium.provisional", "collection.plan")
    for entry in entries:
        wanted = entry["layout"] in ("ward.tax", "pension.special_collection") and entry not in first
        if wanted and date.fromisoformat(entry["date"]) <= TAXED + timedelta(days=20):
            _take(entry, TAXED)
    jobs(TAXED, "registers.take", "residents.take", "qualification.daily")
    jobs(ASSESSED, "collection.match_targets")
    ward.settle()
    rows += _main(jobs)
    ward.settle()
    rows.append(_daily_full(first, jobs))
    return rows


def _take(entry: dict, day: date) -> None:
    from django.conf import settings

    from kaigo.base.feeds.decide import receive
    from kaigo.base.records.context import acting

    ctx = ward.context(day, purpose="intake")
    with acting(ctx):
        receive(ctx, settings.INSURER, entry["file"].split("/")[-1], ward.content(entry), entry["layout"])


def _two_at_a_time(entries: list[dict]) -> None:
    """Two senders deliver at once, each to a server process of its own; the files of one layout come in their order."""
    layouts: dict[str, list[dict]] = {}
    for entry in entries:
        layouts.setdefault(entry["layout"], []).append(entry)
    size = {
        name: sum((ward.FILES / e["file"]).stat().st_size for e in files) for name, files in layouts.items()
    }
    largest_first = [layouts[name] for name in sorted(size, key=size.get, reverse=True)]
    with ProcessPoolExecutor(2, get_context("spawn"), initializer=ward.ready) as pool:
        for done in [pool.submit(_lane, files) for files in largest_first]:
            done.result()


def _lane(files: list[dict]) -> None:
    for entry in files:
        _take(entry, OPENING)


def _main(jobs) -> list[dict]:
    from kaigo.base.records.context import acting
    from kaigo.insurance.collection import decide as collection
    from kaigo.insurance.premium import decide as premium
    from kaigo.insurance.premium.batch import approve
    from kaigo.insurance.premium.models import Batch

    with ward.clock() as shadow:
        jobs(ASSESSED, "premium.shadow_main")
    head = ward.context(ASSESSED, "account:2", "premium")
    with acting(head):
        approve(head, Batch.objects.get(sort="main", state="shadowed"))
    with (
        ward.clock() as seconds,
        clocked(premium, "save") as saving_premium,
        clocked(collection, "save") as saving_collection,
    ):
        jobs(ASSESSED, "premium.main", "collection.plan")
    peak = peak_memory_mb()
    return [
        report("shadow_main", shadow, 60, seed=ward.SEED),
        report("main_assessment", seconds, 60, seed=ward.SEED, peak_mb=peak),
        _share("saving_premium", saving_premium, ASSESSMENTS),
        _share("saving_collection", saving_collection, PLANS),
    ]


def _share(name: str, seconds: list[float], tables: tuple[str, ...]) -> dict:
    """How near a saving step comes to COPY of the rows that it saved: those of the last transaction of its first table."""
    mine = f"tx = (SELECT tx FROM {tables[0]} ORDER BY id DESC LIMIT 1)"
    raw = raw_copy(list(tables), dict.fromkeys(tables, mine))
    return report(
        name, seconds, 0.6, unit="share", value=raw / sum(seconds), smaller_is_better=False, raw=raw,
        raw_name="COPY of the rows saved", seed=ward.SEED,
    )  # fmt: skip


def _daily_full(first: list[dict], jobs) -> dict:
    """Tomorrow's full resident file: the same lines, one in two hundred with another telephone number."""
    entry = next(e for e in first if e["layout"] == "ward.resident")
    lines = ward.content(entry).decode("utf-8").split("\r\n")
    head = lines[0].split(",")
    from kaigo.base.feeds.models import Delivery

    last = (
        Delivery.objects.filter(layout="ward.resident", outcomes__state="accepted")
        .order_by("-sequence")
        .first()
    )
    head[4], head[5] = f"{ASSESSED:%Y%m%d}", str(last.sequence + 1)
    source = random.Random(ward.SEED)
    from kaigo.layouts.model import get

    place = [field.key for field in get("ward.resident").fields].index("phone") + 1
    for number in range(1, len(lines) - 2):
        if source.randrange(200) == 0 and '"' not in lines[number]:
            parts = lines[number].split(",")
            parts[place] = f"03-{source.randrange(10**8):08d}"
            lines[number] = ",".join(parts)
    lines[0] = ",".join(head)
    changed = ward.FILES / "resident-full-again.csv"
    changed.write_bytes("\r\n".join(lines).encode("utf-8"))
    again = {"file": changed.name, "layout": "ward.resident"}
    jobs(ASSESSED, "registers.take")
    with ward.clock() as seconds:
        _take(again, ASSESSED)
        jobs(ASSESSED, "residents.take")
    return report("daily_full", seconds, 20, seed=ward.SEED)
