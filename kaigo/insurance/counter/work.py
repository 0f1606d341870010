"""A job's page: what it needs, what it did, start it."""

from __future__ import annotations

import subprocess
import sys
from datetime import timedelta

from django.db import transaction
from django.http import Http404, HttpRequest
from django.utils import timezone

from kaigo.base.audit.write import record
from kaigo.base.desk.pages import Pages
from kaigo.base.desk.views import Page, Refused, go
from kaigo.base.jobs.models import Run
from kaigo.base.jobs.registry import Daily, Job, Monthly, Yearly, jobs
from kaigo.base.jobs.run import missing
from kaigo.base.records.context import Context
from kaigo.base.staff.who import can, told

WORDS = {
    "waiting": ("neutral", "待機"),
    "running": ("neutral", "実行中"),
    "done": ("good", "済み"),
    "failed": ("bad", "失敗"),
    "refused": ("warn", "始められなかった"),
}
# A run that never ended (the machine went down) must not keep its job closed for ever.
_LOST = timedelta(hours=6)


class JobPage(Page):
    permission = "jobs.view"
    purpose = "operations"

    def get(self, ctx: Context, request: HttpRequest, name: str):
        work = _job(name)
        runs = Pages(Run.objects.filter(job=name).order_by("-id"), request)
        names = told([run.actor for run in runs])
        running = _running(name)
        before = Run.objects.filter(job=name, state="done", ended_at__isnull=False).order_by("-id").first()
        return "counter/job.html", {
            "title": work.title,
            "work": work,
            "when": _when(work),
            "needs": [jobs()[need] for need in work.needs],
            "followers": [other for other in jobs().values() if name in other.needs],
            "lacks": missing(ctx, work),
            "page": runs,
            "rows": [_row(run, names) for run in runs],
            "running": running,
            "progress": _progress(running, before),
            "last_took": _seconds(before),
            "may_run": can(request.staff, "jobs.run"),
        }


class StartJob(Page):
    permission = "jobs.run"
    purpose = "operations"

    def post(self, ctx: Context, request: HttpRequest, name: str):
        work = _job(name)
        lacks = missing(ctx, work)
        if lacks:
            raise Refused("\n".join(lacks))
        if _running(name):
            raise Refused(f"「{work.title}」は実行中です。終わってから始めてください。")
        record(ctx, "job.start", f"job:{name}", on=ctx.on.isoformat())
        # The work takes minutes and has transactions of its own: it runs beside this page, as from the command line.
        command = [sys.executable, "-m", "kaigo.site.cli", "run", name, "--on", ctx.on.isoformat()]
        command += ["--actor", ctx.actor]
        transaction.on_commit(lambda: _beside(command))
        return go(f"/jobs/{name}/")


def _beside(command: list[str]) -> None:
    subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def _job(name: str) -> Job:
    if name not in jobs():
        raise Http404
    return jobs()[name]


def _running(name: str) -> Run | None:
    return Run.objects.filter(
        job=name, state="running", started_at__gt=timezone.now() - _LOST
    ).order_by("-id").first()  # fmt: skip


def _when(work: Job) -> str:
    if isinstance(work.when, Yearly):
        return f"年に一度、{work.when.month}月{work.when.day}日から"
    if isinstance(work.when, Monthly):
        return f"毎月{work.when.day}日から"
    return "毎日" if isinstance(work.when, Daily) else "必要なとき"


def _seconds(run: Run | None) -> int | None:
    if run is None or run.ended_at is None or run.started_at is None:
        return None
    return max(1, round((run.ended_at - run.started_at).total_seconds()))


def _progress(running: Run | None, before: Run | None) -> dict | None:
    """How long it runs, and what the last one took: the remaining time is told from that, or not at all."""
    if running is None:
        return None
    elapsed = int((timezone.now() - running.started_at).total_seconds())
    took = _seconds(before)
    left = max(0, took - elapsed) if took else None
    return {"elapsed": elapsed, "took": took, "left": left, "shown": min(elapsed, took) if took else None}


def _row(run: Run, names: dict[str, str]) -> dict:
    tone, word = WORDS.get(run.state, ("neutral", run.state))
    return {
        "run": run,
        "tone": tone,
        "word": word,
        "who": names.get(run.actor, "自動" if run.actor.startswith("job:") else run.actor),
        "took": _seconds(run) if run.state == "done" else None,
        "result": [(key, value) for key, value in run.result.items() if isinstance(value, int | str)],
        "lines": run.message.splitlines(),
    }
