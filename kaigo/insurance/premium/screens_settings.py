"""システム管理: every value of the insurer that holds on a day, its source, how sure we are, and what is still missing."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from django.conf import settings as site
from django.http import HttpRequest

from kaigo.base.desk.typed import Typed
from kaigo.base.desk.views import Page
from kaigo.base.records.context import Context
from kaigo.insurance.premium import settings
from kaigo.law.dates import add_years, fiscal_year, fiscal_year_name
from kaigo.law.values import NoValue, ValueMissing, load

AHEAD = 2  # years in which gaps are named before they block anything


class Settings(Page):
    """Read only: the values are files of the law room, changed there by two persons and by date."""

    permission = "premium.view"
    purpose = "premium"

    def get(self, ctx: Context, request: HttpRequest):
        typed = Typed(request.GET)
        day = typed.day("on", "いつ現在", required=False)
        ctx = replace(ctx, on=day) if day else ctx
        insurer, year = site.INSURER, fiscal_year(ctx.on)
        table, why = _table(insurer, date(year, 4, 1))
        found = settings.in_force(insurer, ctx.on)
        return "premium/settings.html", {
            "title": "設定",
            "typed": typed,
            "on": ctx.on,
            "year": fiscal_year_name(year),
            "table": table,
            "why": why,
            "groups": [(settings.GROUPS[group], rows) for group, rows in found.items()],
            "gaps": settings.gaps(insurer, ctx.on, add_years(ctx.on, AHEAD)),
            "ahead": AHEAD,
            "digest": load().digest[:12],
            "here": "settings",
        }


def _table(insurer: str, begin: date) -> tuple[list[settings.StageLine], str]:
    try:
        return settings.stage_table(load().values(insurer, begin)), ""
    except ValueMissing as lack:
        return [], f"{lack.what}がまだ入っていません"
    except NoValue:
        return [], "この年度の段階の表は値に入っていません"
