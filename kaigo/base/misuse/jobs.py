"""Jobs of the room."""

from __future__ import annotations

from typing import Any

from kaigo.base.jobs.registry import Daily, Progress, job
from kaigo.base.misuse import finding
from kaigo.base.misuse.relations import compute
from kaigo.base.records.context import Context


@job(finding.DAILY, title="閲覧の解析: すべての規則", when=Daily(), purpose="audit")
def daily(ctx: Context, progress: Progress) -> dict[str, Any]:
    """Who is near to whom, then all rules over the days of which the log has something new."""
    return {**compute(ctx), **finding.daily(ctx)}


@job(finding.WATCH, title="閲覧の解析: 急ぐ規則", purpose="audit")
def watch(ctx: Context, progress: Progress) -> dict[str, Any]:
    """The critical rules, every few minutes (kaigo misuse watch)."""
    return finding.watch(ctx)
