"""Jobs of the residents room."""

from __future__ import annotations

from typing import Any

from kaigo.base.jobs.registry import Daily, Progress, job
from kaigo.base.records.context import Context
from kaigo.insurance.residents.take import take


@job(
    "residents.take",
    title="住民・税・福祉の取込",
    when=Daily(),
    needs=("registers.take",),
    purpose="intake",
)
def take_residents(ctx: Context, progress: Progress) -> dict[str, Any]:
    """New lines of the ward's files become what we believe of people."""
    return take(ctx, progress)
