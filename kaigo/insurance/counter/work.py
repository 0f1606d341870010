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
from kaigo.base.jobs.registry import Daily, Job, Monthly, Yearly, jobs, period
from kaigo.base.jobs.run import missing
from kaigo.base.records.context import Context
from kaigo.base.staff.who import told

WORDS = {
    "waiting": ("neutral", "待機"),
    "running": ("neutral", "実行中"),
    "done": ("good", "済み"),
    "failed": ("bad", "失敗"),
    "refused": ("warn", "始められなかった"),
}
# What jobs count → how it is called. A figure without a name here is not shown: the run's row keeps it.
FIGURES = {
    "people": ("人", "人"), "looked_at": ("見た人", "人"), "acquired": ("取得", "人"), "lost": ("喪失", "人"),
    "changed": ("変わった", "件"), "cancelled": ("取消", "件"), "holds": ("確かめ待ち", "件"), "unclear": ("決められない", "件"),
    "taken": ("取り込み", "件"), "refused": ("使えない行", "件"), "plans": ("期別", "件"), "instalments": ("期の数", "件"),
    "entries": ("調定の行", "件"), "booked_yen": ("調定額", "円"), "yen": ("額", "円"), "saved": ("決定", "件"),
    "decisions": ("決定", "件"), "issued": ("交付", "件"), "drafts": ("下書き", "通"), "withdrawn": ("取り下げ", "通"),
    "records": ("記録", "件"), "attributes": ("属性で一致", "件"), "number": ("番号で一致", "件"),
    "unmatched": ("一致しない", "件"), "note": ("", ""),
}  # fmt: skip
# A run that never ended (the machine went down) must not keep its job closed for ever.
_LOST = timedelta(hours=6)


class JobPage(Page):
    permission = "jobs.view"
    purpose = "operations"

    def get(self, ctx: Context, request: HttpRequest, job: str):
        work = _job(job)
        runs = Pages(Run.objects.filter(job=job).order_by("-id"), request)
        names = told([run.actor for run in runs])
        running = _running(job)
        before = Run.objects.filter(job=job, state="done", ended_at__isnull=False).order_by("-id").first()
        return "counter/job.html", {
            "title": work.title,
            "work": work,
            "when": _when(work),
            "needs": [jobs()[need] for need in work.needs],
            "followers": [other for other in jobs().values() if job in other.needs],
            "lacks": missing(ctx, work),
            "done": _done(ctx, work),
            "page": runs,
            "rows": [_row(run, names) for run in runs],
            "running": running,
            "progress": _progress(running, before),
            "last_took": _seconds(before),
            "may_run": request.staff.may("jobs.run"),
        }


class StartJob(Page):
    permission = "jobs.run"
    purpose = "operations"

    def post(self, ctx: Context, request: HttpRequest, job: str):
        work = _job(job)
        lacks = missing(ctx, work)
        if lacks:
            raise Refused("\n".join(lacks))
        if _running(job):
            raise Refused(f"「{work.title}」は実行中です。終わってから始めてください。")
        record(ctx, "job.start", f"job:{job}", on=ctx.on.isoformat())
        # The work takes minutes and has transactions of its own: it runs beside this page, as from the command line.
        command = [sys.executable, "-m", "kaigo.site.cli", "run", job, "--on", ctx.on.isoformat()]
        command += ["--actor", ctx.actor]
        transaction.on_commit(lambda: _beside(command))
        return go(f"/jobs/{job}/")


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


def _done(ctx: Context, work: Job) -> Run | None:
    """The run that did the period of the business date."""
    begin, end = period(work.when, ctx.on)
    return Run.objects.filter(job=work.name, state="done", on__gte=begin, on__lt=end).order_by("-id").first()


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
        "result": _result(run.result),
        "lines": run.message.splitlines(),
    }


def _result(result: dict) -> list[str]:
    """The figures in the order of FIGURES, with their names and units."""
    found = []
    for key, (name, unit) in FIGURES.items():
        value = result.get(key)
        if isinstance(value, bool):
            continue
        if isinstance(value, int):
            found.append(f"{name} {value:,}{unit}".strip())
        elif isinstance(value, str) and key == "note":
            found.append(value)
    return found
