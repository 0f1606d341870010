"""Jobs of the people room."""

from __future__ import annotations

from typing import Any

from kaigo.base.jobs.registry import Daily, Progress, job
from kaigo.base.records.context import Context
from kaigo.personnel.people.take import take


@job("people.take", title="職員の一覧の取込", when=Daily(), purpose="staff")
def take_people(ctx: Context, progress: Progress) -> dict[str, Any]:
    """Posts as the staff list says them; grants and sessions of those who left end."""
    return take(ctx)
