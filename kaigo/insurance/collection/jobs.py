"""Jobs of the room: business date in, one call."""

from __future__ import annotations

from django.conf import settings

from kaigo.base.files import store
from kaigo.base.jobs.registry import Monthly, NotReady, Progress, Yearly, job
from kaigo.base.records.context import Context
from kaigo.insurance.collection import opening, read, request, targets
from kaigo.insurance.collection.decide import plan_all
from kaigo.law.dates import fiscal_year


@job("collection.match_targets", title="特別徴収対象者の同定", when=Yearly(6, 1))
def match_targets(ctx: Context, progress: Progress) -> dict:
    """New records of the pension service → people; open ones are tried again."""
    return targets.take(ctx)


@job("collection.plan", title="期別と調定", when=Monthly(1))
def plan(ctx: Context, progress: Progress) -> dict:
    """Plans of this fiscal year; of the two before it, only where the ledger no longer equals the assessment."""
    year = fiscal_year(ctx.on)
    done = plan_all(ctx, settings.INSURER, year, progress)
    for before in (year - 1, year - 2):
        # Years that were only migrated as totals have no ledger here and stay as they were decided.
        persons = [d.person for d in read.invariant(ctx, before) if d.levied or d.what != "no_plan"]
        if persons:
            more = plan_all(ctx, settings.INSURER, before, persons=persons)
            done = {key: done[key] + more[key] for key in done}
    return done


@job(
    "collection.opening",
    title="移行: 期別・収納・年度の合計の引継ぎ",
    needs=("premium.opening",),
    purpose="collection",
)
def take_opening(ctx: Context, progress: Progress) -> dict:
    """New lines of the former system. Twice the same changes nothing."""
    return opening.take(ctx)


@job(
    "collection.request", title="特別徴収の年次の依頼ファイル", when=Yearly(7, 1), needs=("collection.plan",)
)
def yearly_request(ctx: Context, progress: Progress) -> dict:
    """The file 01 as it would go out, kept for release: counts, yen, digest of the bytes. Nothing leaves from here."""
    year = fiscal_year(ctx.on)
    made = request.prepare(ctx, settings.INSURER, year)
    if not made.rows:
        raise NotReady(["依頼する人がいません(本算定の後の期別があるか、年金の記録の同定を確かめてください)"])
    return made.totals | {"left": len(made.left), "digest": store.put(made.content)}
