"""Pages of the remission of all (特例減免): lists made, one list with its people, decided by a second person."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import path

from kaigo.base.desk.pages import Pages
from kaigo.base.desk.refs import ref
from kaigo.base.desk.views import Page, go
from kaigo.base.records.context import Context
from kaigo.base.records.refusal import Refused
from kaigo.base.staff.who import same_person
from kaigo.insurance.collection.remission import bulk as bulks
from kaigo.insurance.collection.remission.models import ReliefBulk, ReliefLine
from kaigo.insurance.residents import read as residents
from kaigo.law.dates import fiscal_year, fiscal_year_name

STATES = {"shadowed": "決裁待ち", "done": "決定した", "abandoned": "取りやめた"}
LISTS = {"granted": "減免する人", "unclear": "判定できない人"}


class Bulks(Page):
    """特例減免の一覧: those made until now, and whether one can be made for this year."""

    permission = "collection.remit"
    purpose = "collection"

    def get(self, ctx: Context, request: HttpRequest):
        page = Pages(ReliefBulk.objects.order_by("-id"), request)
        year = fiscal_year(ctx.on)
        try:
            bulks.require_bulk(bulks.values_of(settings.INSURER, year), year)
            cannot = ""
        except Refused as why:
            cannot = str(why)
        return "collection/relief_bulks.html", {
            "title": "申請によらない特例減免",
            "page": page,
            "rows": [(row, fiscal_year_name(row.fiscal_year), STATES[row.state]) for row in page],
            "year_name": fiscal_year_name(year),
            "cannot": cannot,
        }

    def post(self, ctx: Context, request: HttpRequest):
        made = bulks.shadow(ctx, settings.INSURER, fiscal_year(ctx.on))
        return go(f"/collection/relief/bulk/{ref('relief_bulk', made.id)}/")


class Bulk(Page):
    """One list: who, from which stage to which, by how many yen, who could not be judged, who acts next."""

    permission = "collection.view"
    purpose = "collection"

    def get(self, ctx: Context, request: HttpRequest, relief_bulk: int):
        row = get_object_or_404(ReliefBulk, id=relief_bulk)
        chosen = request.GET.get("list", "")
        chosen = chosen if chosen in LISTS else "granted"
        page = Pages(ReliefLine.objects.filter(bulk=row, outcome=chosen).order_by("id"), request)
        names = residents.names(ctx, [line.person_id for line in page])
        counts = {"granted": row.totals["people"], "unclear": row.totals["unclear"]}
        return "collection/relief_bulk.html", {
            "title": f"{fiscal_year_name(row.fiscal_year)}の特例減免",
            "bulk": row,
            "state": STATES[row.state],
            "totals": row.totals,
            "tabs": [(key, label, counts[key]) for key, label in LISTS.items()],
            "chosen": chosen,
            "page": page,
            "sees": ctx.sees("tax"),
            "lines": [
                (
                    line,
                    names.get(line.person_id, "氏名不明"),
                    bulks.unclear_of(line) if chosen == "unclear" else "",
                )
                for line in page
            ],
            "mine": same_person(row.requested_by, ctx.actor),
        }


class ApproveBulk(Page):
    """By a second person, who has seen the list: decisions and new plans for all."""

    permission = "collection.remit_approve"
    purpose = "collection"

    def post(self, ctx: Context, request: HttpRequest, relief_bulk: int):
        bulks.approve(ctx, get_object_or_404(ReliefBulk, id=relief_bulk))
        return go(f"/collection/relief/bulk/{ref('relief_bulk', relief_bulk)}/")


class AbandonBulk(Page):
    """Give a list up before it is decided."""

    permission = "collection.remit"
    purpose = "collection"

    def post(self, ctx: Context, request: HttpRequest, relief_bulk: int):
        bulks.abandon(ctx, get_object_or_404(ReliefBulk, id=relief_bulk))
        return go(f"/collection/relief/bulk/{ref('relief_bulk', relief_bulk)}/")


urls = [
    path("relief/bulk/", Bulks.view(), name="relief_bulks"),
    path("relief/bulk/<relief_bulk:relief_bulk>/", Bulk.view(), name="relief_bulk"),
    path("relief/bulk/<relief_bulk:relief_bulk>/approve/", ApproveBulk.view(), name="approve_bulk"),
    path("relief/bulk/<relief_bulk:relief_bulk>/abandon/", AbandonBulk.view(), name="abandon_bulk"),
]
