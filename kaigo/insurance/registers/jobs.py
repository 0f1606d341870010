"""Jobs of the registers room."""

from __future__ import annotations

from typing import Any

from kaigo.base.jobs.registry import Daily, Progress, job
from kaigo.base.records.context import Context
from kaigo.insurance.registers.take import take


@job("registers.take", title="施設台帳・保険者一覧の取込", when=Daily(), purpose="intake")
def take_registers(ctx: Context, progress: Progress) -> dict[str, Any]:
    """New lines of the facility file; municipalities when the list has changed."""
    progress.step(0, 1, "施設台帳")
    done = take(ctx)
    progress.step(1, 1, "")
    return done
