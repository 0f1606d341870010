"""Running a job: preconditions first, then the work, then the result; each state saved where people can see it."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from kaigo.base.audit.write import record
from kaigo.base.jobs.models import Run
from kaigo.base.jobs.registry import Job, NotReady, Progress, jobs, period
from kaigo.base.records.context import Context, acting


def missing(ctx: Context, work: Job) -> list[str]:
    """What keeps the job from starting on ctx.on, in Japanese; empty = ready."""
    lacks = []
    for need in work.needs:
        needed = jobs()[need]
        begin, end = period(needed.when, ctx.on)
        if not Run.objects.filter(job=need, state="done", on__gte=begin, on__lt=end).exists():
            lacks.append(f"「{needed.title}」がまだ終わっていません")
    if work.ready:
        lacks += work.ready(ctx)
    return lacks


def run(ctx: Context, name: str, progress: Progress | None = None) -> Run:
    """Run one job. Raises NotReady (recorded as refused) or the job's own error (recorded as failed)."""
    work = jobs()[name]
    progress = progress or Progress()
    lacks = missing(ctx, work)
    state = Run.objects.create(
        job=name,
        on=ctx.on,
        actor=ctx.actor,
        state="refused" if lacks else "running",
        started_at=timezone.now(),
        message="\n".join(lacks),
    )
    if lacks:
        raise NotReady(lacks)
    try:
        with acting(ctx):
            result = work.run(ctx, progress)
            record(ctx, f"job.{name}", f"run:{state.id}")
            _end(state, "done", result, "")
    except Exception as error:
        with transaction.atomic():
            _end(state, "failed", {}, type(error).__name__)
        raise
    return state


def _end(state: Run, how: str, result: dict, message: str) -> None:
    state.state, state.result, state.message, state.ended_at = how, result, message, timezone.now()
    state.save(update_fields=["state", "result", "message", "ended_at"])
