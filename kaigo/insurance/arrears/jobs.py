"""Jobs of the room: business date in, one call."""

from __future__ import annotations

from kaigo.base.jobs.registry import Daily, Progress, job
from kaigo.base.records.context import Context
from kaigo.insurance.arrears import agreements, lapses


@job(
    "arrears.lapse", title="徴収権の時効の完成", when=Daily(), needs=("receipts.take",), purpose="collection"
)
def lapse(ctx: Context, progress: Progress) -> dict:
    """Terms whose right to collect is gone, and those of which it proved not to be. Payments are taken in before."""
    return lapses.find(ctx)


@job("arrears.agreements", title="分納の履行", when=Daily(), needs=("receipts.take",), purpose="collection")
def watch_agreements(ctx: Context, progress: Progress) -> dict:
    """Agreements that are fulfilled or broken by what the ledger holds."""
    return agreements.watch(ctx)
