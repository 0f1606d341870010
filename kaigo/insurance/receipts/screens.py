"""Pages of the room: the month by channel, payments of nobody, debits, the counter's cash, one person's payments."""

from __future__ import annotations

from datetime import date

from django.http import Http404, HttpRequest
from django.urls import path

from kaigo.base.desk.nav import Nav
from kaigo.base.desk.pages import Pages
from kaigo.base.desk.titles import whose
from kaigo.base.desk.views import Page
from kaigo.base.records.context import Context
from kaigo.insurance.collection.read import part_label
from kaigo.insurance.ledger import read as ledger
from kaigo.insurance.receipts import read, unknown
from kaigo.insurance.receipts.screens_cash import CashDay, CashFrom
from kaigo.insurance.receipts.screens_slips import Slips
from kaigo.insurance.receipts.screens_unknown import PayFor, UnknownOne, Unknowns
from kaigo.insurance.residents import read as residents
from kaigo.law.dates import add_months, fiscal_year_name, wareki_month


class Month(Page):
    """収納の月: what came in day by day and by which channel, twelve months to choose from."""

    permission = "collection.view"
    purpose = "collection"

    def get(self, ctx: Context, request: HttpRequest, year: int | None = None, month: int | None = None):
        this = ctx.on.replace(day=1)
        first = this
        if year and month:
            if not (1 <= month <= 12 and 2000 <= year < 2100):
                raise Http404
            first = date(year, month, 1)
        days = read.days(ctx, first, add_months(first, 1))
        by_channel = {
            channel: (sum(d.count for d in mine), sum(d.yen for d in mine))
            for channel in read.LABELS
            if (mine := [d for d in days if d.channel == channel])
        }
        return "receipts/month.html", {
            "title": f"収納 {wareki_month(first)}",
            "first": first,
            "months": [add_months(this, -back) for back in range(12)],
            "days": days,
            "channels": [(read.LABELS[name], count, yen) for name, (count, yen) in by_channel.items()],
            "total": (sum(d.count for d in days), sum(d.yen for d in days)),
            "unknown": read.unknown_count(ctx),
        }


class Debits(Page):
    """口座振替: each debit day, what was asked and what the banks answered."""

    permission = "collection.view"
    purpose = "collection"

    def get(self, ctx: Context, request: HttpRequest):
        return "receipts/debits.html", {"title": "口座振替の依頼と結果", "days": read.debit_days(ctx)}


class Person(Page):
    """A person's payments, newest first, and the terms that are open."""

    permission = "collection.view"
    purpose = "collection"

    def get(self, ctx: Context, request: HttpRequest, person: int):
        who = residents.one_or_404(ctx, person)
        page = Pages(
            None,
            request,
            read.count_of(ctx, person),
            lambda limit, offset: read.of_person(ctx, person, limit, offset),
        )
        return "receipts/person.html", {
            "title": whose(who.name, "の納付の記録"),
            "who": who,
            "page": page,
            "lines": [
                (line, part_label(line.way, line.number) if line.number else "", _year(line.fiscal_year))
                for line in page
            ],
            "terms": [
                (term, part_label(term.kind, term.number), fiscal_year_name(term.fiscal_year))
                for term in ledger.terms(ctx, person)
                if term.balance and term.number
            ],
        }


def _year(fiscal_year: int | None) -> str:
    return fiscal_year_name(fiscal_year) if fiscal_year else ""


nav = Nav("消込", "/receipts/", "collection.view", unknown.count)
urls = [
    path("", Month.view(), name="month_now"),
    path("<int:year>/<int:month>/", Month.view(), name="month"),
    path("unknown/", Unknowns.view(), name="unknowns"),
    path("unknown/<receipt:receipt>/", UnknownOne.view(), name="unknown"),
    path("unknown/<receipt:receipt>/person/<person:person>/", PayFor.view(), name="pay_for"),
    path("debits/", Debits.view(), name="debits"),
    path("cash/", CashDay.view(), name="cash"),
    path("person/<person:person>/", Person.view(), name="person"),
    path("person/<person:person>/cash/", CashFrom.view(), name="cash_from"),
    path("person/<person:person>/slips/", Slips.view(), name="slips"),
]
