"""Lists of the room: visits of a day, what prescribes, the month's figures, who is near a restriction, money that came late."""

from __future__ import annotations

from datetime import date, timedelta

from django.http import HttpRequest

from kaigo.base.desk.charts import bars, histogram
from kaigo.base.desk.pages import Pages
from kaigo.base.desk.typed import Typed
from kaigo.base.desk.views import Page
from kaigo.base.records.context import Context
from kaigo.insurance.arrears import figures, overdue, read
from kaigo.insurance.arrears.forecast import forecast
from kaigo.insurance.arrears.route import route
from kaigo.insurance.collection import read as collection
from kaigo.insurance.residents import read as residents
from kaigo.law.dates import fiscal_year, fiscal_year_name, wareki, wareki_month


class Route(Page):
    """訪問の一覧: a day's visits in the order of the way; made to be printed."""

    permission = "arrears.view"
    purpose = "collection"

    def get(self, ctx: Context, request: HttpRequest):
        typed = Typed(request.GET.dict())
        day = typed.day("day", "訪問する日", required=False) or ctx.on
        stops = route(ctx, day)
        return "arrears/route.html", {
            "title": f"訪問の一覧 {wareki(day)}",
            "typed": typed,
            "day": day,
            "before": day - timedelta(days=1),
            "after": day + timedelta(days=1),
            "stops": stops,
            "left": sum(not stop.result for stop in stops),
        }


class Forecast(Page):
    """時効の見込み: the next twelve months, and a month's terms."""

    permission = "arrears.view"
    purpose = "collection"

    def get(self, ctx: Context, request: HttpRequest, year: int | None = None, month: int | None = None):
        found = forecast(ctx)
        firsts = [one.first for one in found.months]
        # Without a month in the address: the first in which anything prescribes.
        soonest = next((m.first for m in found.months if m.terms), firsts[0])
        chosen = next((f for f in firsts if (f.year, f.month) == (year, month)), soonest)
        page = Pages([one for one in found.coming if one.month == chosen], request)
        names = residents.names(ctx, [one.person for one in page])
        return "arrears/forecast.html", {
            "title": "時効の完成の見込み",
            "found": found,
            "chosen": chosen,
            "page": page,
            "rows": [(one, names.get(one.person, "")) for one in page],
            "chart": histogram(
                "月ごとに時効が完成する額",
                [(f"{m.first.month}月", m.yen) for m in found.months],
                "円",
                "月",
                "何もしなければ、その月に徴収できなくなる額です。",
                f"{chosen.month}月",
            ),
            "chosen_name": wareki_month(chosen),
        }


class Figures(Page):
    """滞納の状況: age of the debt, collection rate by stage and by method."""

    permission = "arrears.view"
    purpose = "collection"

    def get(self, ctx: Context, request: HttpRequest, year: int | None = None):
        years = [y for y in collection.years(ctx) if y <= fiscal_year(ctx.on)] or [fiscal_year(ctx.on)]
        chosen = year if year in years else years[0]
        ages = figures.ages(ctx)
        stages, ways = figures.rates(ctx, chosen)
        return "arrears/figures.html", {
            "title": f"滞納と収納率({fiscal_year_name(chosen)})",
            "years": [(y, fiscal_year_name(y)) for y in years],
            "year": chosen,
            "ages": ages,
            "age_chart": bars(
                "納期限からの長さごとの滞納の額", [(a.label, a.yen) for a in ages], "円", "納期限から"
            ),
            "stages": stages,
            "stage_chart": histogram("段階ごとの収納率", [(r.label, r.whole) for r in stages], "%", "段階"),
            "ways": ways,
            "way_chart": histogram("納め方ごとの収納率", [(r.label, r.whole) for r in ways], "%", "納め方"),
        }


class Restriction(Page):
    """給付制限の対象になりうる人: 1年, 1年6か月, 時効で消滅した期."""

    permission = "arrears.view"
    purpose = "collection"

    def get(self, ctx: Context, request: HttpRequest):
        typed = Typed(request.GET.dict())
        stage = typed.choice("stage", "段階", overdue.STAGES, required=False)
        counts = overdue.overdue_counts(ctx)
        total = counts.get(stage, 0) if stage else sum(counts.values())
        page = Pages(None, request, total, lambda limit, offset: overdue.overdue(ctx, stage, limit, offset))
        names = residents.names(ctx, [one.person for one in page])
        return "arrears/restriction.html", {
            "title": "給付制限の対象になりうる人",
            "page": page,
            "rows": [(one, names.get(one.person, "")) for one in page],
            "stage": stage,
            "stages": [(key, label, counts.get(key, 0)) for key, (label, *_) in overdue.STAGES.items()],
            "months": _months(ctx.on, page.rows),
        }


def _months(on: date, found: list[overdue.Overdue]) -> dict[int, int]:
    """Whole months since the oldest day, by person."""
    made = {}
    for one in found:
        if one.oldest_due_on:
            day = one.oldest_due_on
            made[one.person] = (on.year - day.year) * 12 + on.month - day.month - (on.day <= day.day)
    return made


class LateMoney(Page):
    """時効後収入: payments after the right was gone."""

    permission = "arrears.view"
    purpose = "collection"

    def get(self, ctx: Context, request: HttpRequest):
        page = Pages(read.late(ctx), request)
        names = residents.names(ctx, [one.person for one in page])
        return "arrears/late.html", {
            "title": "時効後収入",
            "page": page,
            "rows": [(one, names.get(one.person, "")) for one in page],
        }
