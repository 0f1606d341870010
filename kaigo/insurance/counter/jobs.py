"""Named work of the room."""

from __future__ import annotations

from kaigo.base.jobs.registry import Progress, job
from kaigo.base.records.context import Context
from kaigo.insurance.counter import former


@job(former.COMPARE, title="移行: 前のシステムとの比較", purpose="operations", ready=former.ready)
def compare_former(ctx: Context, progress: Progress) -> dict:
    """Files, stages, yen and balances of the former system against ours. Decides nothing."""
    return former.compare(ctx, progress)
