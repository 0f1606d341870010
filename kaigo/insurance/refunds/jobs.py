"""Named work of the room."""

from __future__ import annotations

from kaigo.base.jobs.registry import Daily, Progress, job
from kaigo.base.records.context import Context
from kaigo.insurance.refunds import cases


@job(
    "refunds.find",
    title="過誤納の把握",
    when=Daily(),
    needs=("receipts.take",),
    purpose="collection",
)
def find(ctx: Context, progress: Progress) -> dict:
    """What the ledger says was paid too much → the work list, with what can soon no longer be claimed."""
    return cases.renew(ctx)
