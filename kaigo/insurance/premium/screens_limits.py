"""賦課権の期限(N-4): the last days of each year, and the open questions in the order in which their time runs out."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest

from kaigo.base.desk.pages import Pages
from kaigo.base.desk.views import Page
from kaigo.base.records.context import Context
from kaigo.insurance.premium import limits, pages, read
from kaigo.insurance.residents import read as residents
from kaigo.law.dates import fiscal_year, fiscal_year_name

EARLIER = 3
FAR = 1 << 20


class Limits(Page):
    """Until when each year may be decided, and who has an open question that must be settled before."""

    permission = "premium.view"
    purpose = "premium"

    def get(self, ctx: Context, request: HttpRequest):
        this = fiscal_year(ctx.on)
        waiting = [task for task in read.tasks(ctx) if task.sort != "barred"]
        until = limits.person_years(ctx, settings.INSURER, read.assessment_days(ctx, waiting))
        rows = [(task, until[task.person_id, task.fiscal_year]) for task in waiting]
        rows.sort(key=lambda row: (row[1].days if row[1].limit else FAR, row[0].id))
        page = Pages(rows, request)
        names = residents.names(ctx, [task.person_id for task, _ in page])
        return "premium/limits.html", {
            "title": "いつまで決め直せるか",
            "years": [
                (fiscal_year_name(year), one)
                for year in range(this, this - EARLIER - 1, -1)
                for one in limits.standard(ctx, settings.INSURER, year)
            ],
            "page": page,
            "rows": [
                (
                    task,
                    names.get(task.person_id, ""),
                    pages.TASKS[task.sort],
                    fiscal_year_name(task.fiscal_year),
                    one,
                )
                for task, one in page
            ],
            "barred": read.open_tasks(ctx).get("barred", 0),
            "here": "limits",
        }
