"""Running a job: preconditions first, then the work, then the result; each state saved where people can see it."""

from __future__ import annotations

import time
from dataclasses import dataclass

from django.db import connection, connections, transaction
from django.utils import timezone

from kaigo.base.audit.seen import watching
from kaigo.base.audit.write import record
from kaigo.base.jobs.models import Run
from kaigo.base.jobs.registry import Job, NotReady, Progress, jobs, period
from kaigo.base.records.context import Context, acting

NOTE = "run:"


@dataclass
class Live(Progress):
    """Progress that other people see while the job's own transaction is still open.

    Written on a connection of its own, at most every few seconds: each change of a Work row is kept for ever.
    """

    run: int = 0
    every: float = 3.0
    last: float = 0.0

    def step(self, done: int, total: int, what: str = "") -> None:
        super().step(done, total, what)
        now = time.monotonic()
        if now - self.last < self.every:
            return
        self.last = now
        beside = connections.create_connection(connection.alias)
        # A test or a shadow run works on a copy: the same database as the job itself.
        beside.settings_dict = connection.settings_dict
        try:
            with beside.cursor() as cursor:
                cursor.execute(
                    "UPDATE jobs_run SET done = %s, total = %s, message = %s WHERE id = %s AND state = 'running'",
                    [done, total, what, self.run],
                )
        finally:
            beside.close()


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
    """Run one job. Raises NotReady (recorded as refused) or the job's own error (recorded as failed),
    which then knows its run (`number_of`)."""
    work = jobs()[name]
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
    progress = Live(progress.show if progress else Progress().show, run=state.id)
    try:
        with acting(ctx), watching() as people:
            result = work.run(ctx, progress)
            record(ctx, "job.run", f"run:{state.id}", people=people, count=len(people))
            _end(state, "done", result, "")
    except Exception as error:
        # Who started it by hand is told the number, never the words: they may name a person.
        error.add_note(f"{NOTE}{state.id}")
        with transaction.atomic():
            _end(state, "failed", {}, type(error).__name__)
        raise
    return state


def number_of(error: BaseException | None) -> int | None:
    """The number of the run that this error ended; None when it came before the run was noted."""
    while error is not None:
        for note in getattr(error, "__notes__", ()):
            if note.startswith(NOTE):
                return int(note.removeprefix(NOTE))
        error = error.__cause__ or error.__context__
    return None


def _end(state: Run, how: str, result: dict, message: str) -> None:
    state.state, state.result, state.message, state.ended_at = how, result, message, timezone.now()
    state.save(update_fields=["state", "result", "message", "ended_at"])
