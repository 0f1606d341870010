"""The year in rows: people by month and stage (月別推移表), and the assessments one by one (賦課台帳)."""

from __future__ import annotations

from django.http import Http404, HttpRequest

from kaigo.base.desk.pages import Pages
from kaigo.base.desk.views import Page
from kaigo.base.records.context import Context
from kaigo.insurance.premium import pages, read
from kaigo.insurance.qualification import read as qualification
from kaigo.insurance.residents import read as residents
from kaigo.law.dates import fiscal_year_name


class Months(Page):
    """月別推移表: people of each stage in each month, as decided now."""

    permission = "premium.view"
    purpose = "premium"

    def get(self, ctx: Context, request: HttpRequest, year: int):
        _known(ctx, year)
        found = read.by_month(ctx, year)
        return "premium/months.html", {
            "title": f"{fiscal_year_name(year)}の月別推移",
            "year": year,
            "months": pages.MONTHS,
            "rows": [(f"第{stage}段階", counts) for stage, counts in found.items()],
            "sums": [sum(column) for column in zip(*found.values(), strict=True)] if found else [],
        }


class Ledger(Page):
    """賦課台帳: the assessments in force, by stage when asked; every amount leads to its reasons."""

    permission = "premium.view"
    purpose = "premium"

    def get(self, ctx: Context, request: HttpRequest, year: int):
        _known(ctx, year)
        asked = request.GET.get("stage", "")
        stage = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 3 else None
        page = Pages(read.in_force_rows(year, stage), request)
        people = [a.person_id for a in page]
        names, numbers = residents.names(ctx, people), qualification.numbers(ctx, people)
        return "premium/ledger.html", {
            "title": f"{fiscal_year_name(year)}の賦課台帳{f' 第{stage}段階' if stage else ''}",
            "year": year,
            "page": page,
            "stage": stage,
            "stages": sorted(read.totals(ctx, year)["by_stage"]),
            "rows": [
                (a, names.get(a.person_id, ""), numbers.get(a.person_id, ""), pages.SORTS[a.sort], a.stages)
                for a in page
            ],
        }


def _known(ctx: Context, year: int) -> None:
    if year not in read.years(ctx):
        raise Http404
