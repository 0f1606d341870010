"""Named work of the room."""

from __future__ import annotations

from datetime import date

from django.conf import settings

from kaigo.base.jobs.models import Run
from kaigo.base.jobs.registry import Daily, Progress, job
from kaigo.base.records.context import Context
from kaigo.base.records.watermarks import reading
from kaigo.insurance.qualification import opening
from kaigo.insurance.qualification.changes import Since, people
from kaigo.insurance.qualification.decide import decide_all, decide_persons

NAME = "qualification.daily"


@job(NAME, title="資格の取得・喪失", when=Daily(), needs=("residents.take",), purpose="qualification")
def daily(ctx: Context, progress: Progress) -> dict:
    """Those whose facts changed since the last run and those whose day has come; everybody once a month."""
    last = _last(ctx)
    with reading(NAME, "residents") as span:
        whole = last is None or span.after == 0 or (last.year, last.month) != (ctx.on.year, ctx.on.month)
        if whole:
            done = decide_all(ctx, settings.INSURER, progress)
        else:
            wanted = people(ctx, Since(last, span.after, span.upto))
            done = decide_persons(ctx, settings.INSURER, wanted)
    return done._asdict() | {"whole": whole}


@job(
    "qualification.opening",
    title="移行: 被保険者番号と資格の引継ぎ",
    purpose="qualification",
    ready=opening.ready,
)
def take_opening(ctx: Context, progress: Progress) -> dict:
    """New lines of the former system. Twice the same changes nothing."""
    return opening.take(ctx)


def _last(ctx: Context) -> date | None:
    """The business date of the last run that was done."""
    run = Run.objects.filter(job=NAME, state="done", on__lte=ctx.on).order_by("on", "id").last()
    return run.on if run else None
