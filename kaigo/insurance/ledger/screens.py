"""Pages of the books: the day by channel and sort, the month, the accounting year with what is closed. About nobody."""

from __future__ import annotations

from datetime import date

from django.http import Http404, HttpRequest
from django.urls import path

from kaigo.base.desk.charts import bars, histogram
from kaigo.base.desk.nav import Nav
from kaigo.base.desk.views import Page
from kaigo.base.records.context import Context
from kaigo.insurance.ledger import books, read, words
from kaigo.law.dates import add_months, fiscal_year, fiscal_year_name, wareki, wareki_month

MONTHS = 12


def day_or_404(year: int, month: int, day: int = 1) -> date:
    """A day of this century's books."""
    try:
        found = date(year, month, day)
    except ValueError as wrong:
        raise Http404 from wrong
    if not 2000 <= found.year < 2100:
        raise Http404
    return found


class Month(Page):
    """月計: the days of a month with what was levied, came in, went back; by sort and by channel."""

    permission = "collection.view"
    purpose = "collection"

    def get(self, ctx: Context, request: HttpRequest, year: int | None = None, month: int | None = None):
        this = ctx.on.replace(day=1)
        first = day_or_404(year, month) if year and month else this
        found = books.month(ctx, first, add_months(first, 1))
        return "ledger/month.html", {
            "title": f"月計 {wareki_month(first)}",
            "first": first,
            "months": [add_months(this, -back) for back in range(MONTHS)],
            "sums": found.sums,
            "days": found.days,
            "sorts": [
                (read.SORTS[sort].label, words.WAYS.get(way, way), count, yen)
                for sort, way, count, yen in found.sorts
            ],
            "channels": bars(
                "納め方ごとの収納",
                [(words.reason(name), yen) for name, _, yen in found.channels],
                "円",
                "納め方",
            ),
            "daily": histogram(
                "日ごとの収納", [(f"{d.on.day}日", d.sums.received) for d in found.days if d.sums.received > 0], "円", "日"
            ),
            "year": fiscal_year(first),
        }  # fmt: skip


class Day(Page):
    """日計: everything booked on a day, by sort, way, channel and year of the premium."""

    permission = "collection.view"
    purpose = "collection"

    def get(self, ctx: Context, request: HttpRequest, year: int, month: int, day: int):
        on = day_or_404(year, month, day)
        found = read.totals(ctx, on, date.fromordinal(on.toordinal() + 1))
        before, after = books.beside(ctx, on)
        order = list(read.SORTS)
        return "ledger/day.html", {
            "title": f"日計 {wareki(on)}",
            "on": on,
            "before": before,
            "after": after,
            "sums": books.sums(found),
            "count": sum(line.count for line in found),
            "lines": [
                (
                    read.SORTS[line.sort].label, words.WAYS.get(line.way, line.way), words.reason(line.reason),
                    fiscal_year_name(line.fiscal_year), line.count, line.yen,
                )
                for line in sorted(found, key=lambda each: (order.index(each.sort), each.way, each.reason, -each.fiscal_year))
            ],
        }  # fmt: skip


class Year(Page):
    """年計・決算: an accounting year by 現年度分 and 滞納繰越分, deducted and paid directly; closed or still open."""

    permission = "collection.view"
    purpose = "collection"

    def get(self, ctx: Context, request: HttpRequest, year: int | None = None):
        years = books.accounting_years(ctx)
        chosen = year or fiscal_year(ctx.on)
        if year and year not in years and year != fiscal_year(ctx.on):
            raise Http404
        parts = books.year(ctx, chosen)
        fresh, carried = ([part for part in parts if part.carried is flag] for flag in (False, True))
        closed = {each.accounting_year: each for each in read.closed(ctx)}
        return "ledger/year.html", {
            "title": f"{fiscal_year_name(chosen)}の決算" if chosen in closed else f"{fiscal_year_name(chosen)}の年計",
            "year": chosen,
            "years": [(y, fiscal_year_name(y)) for y in sorted({*years, fiscal_year(ctx.on)}, reverse=True)],
            "groups": [
                (label, [(words.KINDS[part.kind], _line(part)) for part in group], _line(books.together(group)))
                for label, group in (("現年度分", fresh), ("滞納繰越分", carried))
                if group
            ],
            "total": _line(books.together(parts)),
            "closed": closed.get(chosen),
            "beside": _beside(ctx, chosen),
            "chart": bars(
                "収入未済の内訳",
                [(f"{'滞納繰越分' if p.carried else '現年度分'} {words.KINDS[p.kind]}", p.open_yen) for p in parts if p.open_yen],
                "円",
                "区分",
            ),
        }  # fmt: skip


def _line(part: books.Part) -> dict:
    """A line of the accounts: what is printed, with its rate."""
    return {
        "begun": part.begun, **part.sums._asdict(), "open": part.open_yen, "overpaid": part.overpaid,
        "to_collect": part.to_collect, "rate": books.rate(part.collected, part.to_collect),
    }  # fmt: skip


def _beside(ctx: Context, year: int) -> list[tuple[str, int, int]]:
    """延滞金 and 還付加算金 of the year: (label, count, yen)."""
    found: dict[str, tuple[int, int]] = {}
    for line in read.years(ctx, year):
        if line.sort in books.BESIDE:
            count, yen = found.get(line.sort, (0, 0))
            found[line.sort] = (count + line.count, yen + line.yen)
    return [(read.SORTS[sort].label, *found[sort]) for sort in books.BESIDE if sort in found]


nav = Nav("帳簿", "/ledger/", "collection.view")
urls = [
    path("", Month.view(), name="month_now"),
    path("<int:year>/<int:month>/", Month.view(), name="month"),
    path("<int:year>/<int:month>/<int:day>/", Day.view(), name="day"),
    path("years/", Year.view(), name="year_now"),
    path("years/<int:year>/", Year.view(), name="year"),
]
