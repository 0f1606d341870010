"""Jobs of the room: business date in, one call. A list is made here, never executed: two people do that."""

from __future__ import annotations

from datetime import date, timedelta

from django.conf import settings

from kaigo.base.jobs.registry import Daily, Monthly, NotReady, Progress, job
from kaigo.base.records.context import Context
from kaigo.insurance.dunning import batch, late
from kaigo.insurance.dunning.batch import WAITING
from kaigo.insurance.dunning.judge import values_on
from kaigo.insurance.dunning.models import Batch
from kaigo.law.dates import business_day
from kaigo.law.values import ValueMissing

PURPOSE = "collection"
# The day of the month on which the list is made: payments of the last day of the month have come in from the banks by
# then, and the statutory days after the due date have not passed yet.
DAY = 10
# Days between the list and the letters: a second person looks, the letters are drafted, compared and printed.
TO_THE_POST = 7


def posted_on(on: date) -> date:
    """The day that the letters of a list of `on` carry."""
    return business_day(on + timedelta(days=TO_THE_POST))


def _ready(ctx: Context) -> list[str]:
    lacks = []
    if Batch.objects.filter(sort="demand", state__in=WAITING).exists():
        lacks.append("前の督促の一覧が承認か実行を待っています")
    values = values_on(settings.INSURER, posted_on(ctx.on))
    for name in ("dunning.within_days", "dunning.deadline", "dunning.fee"):
        try:
            values.get(name)
        except ValueMissing as lack:
            lacks.append(f"{lack.what}が値に入っていません({lack.blocks})")
    return lacks


@job(
    "dunning.shadow",
    title="督促の影の一覧",
    when=Monthly(DAY),
    needs=("receipts.take",),
    purpose=PURPOSE,
    ready=_ready,
)
def shadow(ctx: Context, progress: Progress) -> dict:
    """Who would be asked for what is open after its due date. Another person approves the list on its page."""
    lacks = _ready(ctx)
    if lacks:
        raise NotReady(lacks)
    made = batch.shadow(ctx, settings.INSURER, posted_on(ctx.on), progress=progress)
    return {"batch": made.id} | {key: made.totals[key] for key in ("terms", "people", "yen", "late")}


@job("dunning.late_charges", title="延滞金の決定", when=Daily(), needs=("receipts.take",), purpose=PURPOSE)
def late_charges(ctx: Context, progress: Progress) -> dict:
    """Late charges of the terms that were paid since, and back those whose payment was taken back."""
    return late.settle_all(ctx, settings.INSURER)
