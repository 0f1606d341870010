"""Jobs of the room: business date in, one call."""

from __future__ import annotations

from kaigo.base.jobs.registry import Daily, Progress, job
from kaigo.base.records.context import Context
from kaigo.insurance.receipts.take import take


@job("receipts.take", title="収納の消込", when=Daily(), purpose="collection")
def take_receipts(ctx: Context, progress: Progress) -> dict:
    """New lines of banks, stores, welfare office and pension payers → receipts and entries."""
    return take(ctx, progress)
