"""The pages of batches: prepared, shown, approved by a second person, executed; what it did against what was shown."""

from __future__ import annotations

from datetime import datetime

from django.http import HttpRequest
from django.shortcuts import get_object_or_404

from kaigo.base.desk.pages import Pages
from kaigo.base.desk.refs import ref
from kaigo.base.desk.views import Page, Refused, go
from kaigo.base.jobs.registry import NotReady, jobs
from kaigo.base.jobs.run import missing, run
from kaigo.base.records.context import Context
from kaigo.base.staff.who import same_person
from kaigo.insurance.premium import batch as batches
from kaigo.insurance.premium import pages, read, reports
from kaigo.insurance.premium.models import Batch
from kaigo.insurance.residents import read as residents
from kaigo.law.dates import fiscal_year, fiscal_year_name

LISTS = {"changed": "変わる人", "near": "境界に近い人", "unclear": "判定できない人", "barred": "期間制限の人"}
PREPARED = "premium.shadow_main"
EXECUTED = "premium.main"


class Batches(Page):
    """All batches, and what the next main assessment still lacks (N-12)."""

    permission = "premium.view"
    purpose = "premium"

    def get(self, ctx: Context, request: HttpRequest):
        page = Pages(Batch.objects.select_related("freeze").order_by("-id"), request)
        return "premium/batches.html", {
            "title": "一括賦課",
            "page": page,
            "rows": [
                (b, pages.BATCHES[b.sort], pages.STATES[b.state], fiscal_year_name(b.fiscal_year))
                for b in page
            ],
            "year": fiscal_year_name(fiscal_year(ctx.on)),
            "lacks": missing(ctx, jobs()[PREPARED]),
            "done": Batch.objects.filter(sort="main", fiscal_year=fiscal_year(ctx.on), state="done").exists(),
            "here": "batches",
        }


class Prepare(Page):
    """Make the shadow of this year's main assessment. Decides nothing."""

    permission = "premium.request"
    purpose = "premium"

    def post(self, ctx: Context, request: HttpRequest):
        made = _run(ctx, PREPARED)
        return go(f"/premium/batches/{ref('batch', made['batch'])}/")


class BatchPage(Page):
    """A batch: what it will do, on which inputs, who changes and by how much, who must act next, how to undo."""

    permission = "premium.view"
    purpose = "premium"

    def get(self, ctx: Context, request: HttpRequest, batch: int):
        found = _batch(batch)
        summary = reports.report(found)
        chosen = request.GET.get("list", "")
        chosen = chosen if chosen in LISTS else "changed"
        page = Pages(reports.lists(found)[chosen], request)
        names = residents.names(ctx, [_person(row) for row in page])
        totals = found.totals
        return "premium/batch.html", {
            "title": f"{fiscal_year_name(found.fiscal_year)} {pages.BATCHES[found.sort]}",
            "batch": found,
            "state": pages.STATES[found.state],
            "totals": totals,
            "summary": summary,
            "inputs": [
                row | {"newest": datetime.fromisoformat(row["newest"]) if row["newest"] else None}
                for row in summary["inputs"]
            ],
            "stages": pages.batch_chart(found),
            "differences": pages.difference_chart(summary["histogram"]),
            "tabs": [(key, name, totals.get(key, 0)) for key, name in LISTS.items()],
            "chosen": chosen,
            "page": page,
            "rows": [(row, names.get(_person(row), ""), _person(row)) for row in page],
            "twin": len(totals.get("twin") or ()),
            "twin_checked": "twin" in totals,
            "saved": read.saved(ctx, found.id) if found.state == "done" else None,
            "mine": same_person(found.requested_by, ctx.actor),
            "lacks": missing(ctx, jobs()[EXECUTED]) if found.state == "approved" else [],
        }


class Approve(Page):
    """By a second person, who has seen the shadow."""

    permission = "premium.approve"
    purpose = "premium"

    def post(self, ctx: Context, request: HttpRequest, batch: int):
        batches.approve(ctx, _batch(batch))
        return go(f"/premium/batches/{ref('batch', batch)}/")


class Execute(Page):
    """Decide what was shown."""

    permission = "premium.request"
    purpose = "premium"

    def post(self, ctx: Context, request: HttpRequest, batch: int):
        found = _batch(batch)
        if found.sort == "main" and found.fiscal_year == fiscal_year(ctx.on):
            _run(ctx, EXECUTED)
        else:
            batches.execute(ctx, found)
        return go(f"/premium/batches/{ref('batch', batch)}/")


class Abandon(Page):
    """Give a batch up before it is executed."""

    permission = "premium.request"
    purpose = "premium"

    def post(self, ctx: Context, request: HttpRequest, batch: int):
        batches.abandon(ctx, _batch(batch))
        return go(f"/premium/batches/{ref('batch', batch)}/")


def _run(ctx: Context, name: str) -> dict:
    """A job with its preconditions; what is missing is told."""
    try:
        return run(ctx, name).result
    except NotReady as lacks:
        raise Refused("まだ始められません。" + "。".join(lacks.missing)) from lacks


def _batch(batch: int) -> Batch:
    return get_object_or_404(Batch.objects.select_related("freeze"), id=batch)


def _person(row) -> int:
    return row["person"] if isinstance(row, dict) else row[0]
