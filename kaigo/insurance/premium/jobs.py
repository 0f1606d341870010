"""Named work of the room, with what must be there before it may start (N-12)."""

from __future__ import annotations

from django.conf import settings
from django.db import connection

from kaigo.base.jobs.models import Run
from kaigo.base.jobs.registry import Daily, Monthly, NotReady, Progress, Yearly, job
from kaigo.base.records.context import Context
from kaigo.base.records.watermarks import reading
from kaigo.insurance.premium import batch, february, monthly, opening, stale
from kaigo.insurance.premium.decide import values_for
from kaigo.insurance.premium.models import Batch
from kaigo.insurance.premium.provisional import decide_provisional
from kaigo.insurance.residents import read as residents
from kaigo.law.dates import fiscal_year
from kaigo.law.premium_table import batch_blockers

PURPOSE = "premium"


def qualified(ctx: Context) -> list[str]:
    """Qualifications must have been decided after the residents were taken last."""
    last = {
        name: Run.objects.filter(job=name, state="done", on__lte=ctx.on).order_by("id").last()
        for name in ("residents.take", "qualification.daily")
    }
    taken, decided = last["residents.take"], last["qualification.daily"]
    if decided is None or (taken is not None and taken.id > decided.id):
        return ["住民記録を取り込んだ後の「資格の取得・喪失」がまだ終わっていません"]
    return []


def _taxed(ctx: Context) -> list[str]:
    year = fiscal_year(ctx.on)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT EXISTS (SELECT 1 FROM ({residents.taxation_sql(ctx)}) t WHERE t.fiscal_year = %(year)s)",
            {"year": year, "known_at": ctx.known_at, "on": ctx.on},
        )
        if cursor.fetchone()[0]:
            return []
    return [f"{year}年度の住民税の記録がまだ一件も取り込まれていません"]


def _complete(ctx: Context) -> list[str]:
    lacks = batch_blockers(values_for(settings.INSURER, fiscal_year(ctx.on)))
    return [f"条例の値が足りません({missing.what}): {missing.why}" for missing in lacks]


def _ready_for_shadow(ctx: Context) -> list[str]:
    waiting = Batch.objects.filter(
        sort="main", fiscal_year=fiscal_year(ctx.on), state__in=("shadowed", "approved")
    ).exists()
    again = ["この年度の影の計算がもうあり、承認か実行を待っています"] if waiting else []
    return [*qualified(ctx), *_taxed(ctx), *_complete(ctx), *again]


def _approved(ctx: Context) -> list[str]:
    return [] if _main_batch(ctx) else ["この年度の本算定の影の計算を、別の職員がまだ承認していません"]


def _main_batch(ctx: Context) -> Batch | None:
    found = Batch.objects.filter(sort="main", fiscal_year=fiscal_year(ctx.on), state="approved")
    return found.order_by("id").last()


@job(
    "premium.opening",
    title="移行: 賦課決定の引継ぎ",
    needs=("qualification.opening",),
    purpose=PURPOSE,
)
def take_opening(ctx: Context, progress: Progress) -> dict:
    """New lines of the former system. Twice the same changes nothing."""
    return opening.take(ctx)


@job("premium.take_february", title="前年度2月の特別徴収額の取込", when=Yearly(4, 1), purpose=PURPOSE)
def take_february(ctx: Context, progress: Progress) -> dict:
    return february.take(ctx)


@job(
    "premium.provisional",
    title="仮徴収",
    when=Yearly(4, 1),
    needs=("premium.take_february",),
    purpose=PURPOSE,
    ready=qualified,
)
def provisional(ctx: Context, progress: Progress) -> dict:
    return decide_provisional(ctx, settings.INSURER, fiscal_year(ctx.on))


@job(
    "premium.shadow_main",
    title="本算定の影の計算",
    when=Yearly(7, 1),
    purpose=PURPOSE,
    ready=_ready_for_shadow,
)
def shadow_main(ctx: Context, progress: Progress) -> dict:
    made = batch.shadow(ctx, settings.INSURER, "main", fiscal_year(ctx.on), progress=progress)
    return {"batch": made.id} | {key: made.totals[key] for key in ("people", "yen", "decisions", "unclear")}


@job(
    "premium.main",
    title="本算定",
    when=Yearly(7, 1),
    needs=("premium.shadow_main",),
    purpose=PURPOSE,
    ready=_approved,
)
def main(ctx: Context, progress: Progress) -> dict:
    found = _main_batch(ctx)
    if found is None:
        raise NotReady(_approved(ctx))
    totals = batch.execute(ctx, found, progress)
    return {"batch": found.id} | {key: totals[key] for key in ("people", "yen", "saved", "unclear")}


@job("premium.monthly", title="月次の異動賦課", when=Monthly(1), purpose=PURPOSE, ready=qualified)
def run_monthly(ctx: Context, progress: Progress) -> dict:
    return monthly.monthly(ctx, settings.INSURER, progress)


@job("premium.stale", title="事実の変わった賦課の一覧", when=Daily(), purpose=PURPOSE)
def run_stale(ctx: Context, progress: Progress) -> dict:
    """Years whose main assessment is done: whose stored facts are no longer believed."""
    this = fiscal_year(ctx.on)
    done = {"found": 0, "new": 0}
    with reading("premium.stale", "facts") as span:
        for year in range(this, this - monthly.EARLIER - 1, -1):
            if monthly.main_done(year):
                counts = stale.run(ctx, year, span)
                done = {key: done[key] + counts[key] for key in done}
    return done
