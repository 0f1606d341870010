"""Pages of the counter's cash: taking it for a term, and closing the day."""

from __future__ import annotations

from django.http import Http404, HttpRequest

from kaigo.base.desk.refs import ref
from kaigo.base.desk.titles import whose
from kaigo.base.desk.typed import Typed
from kaigo.base.desk.views import Page, go
from kaigo.base.records.context import Context
from kaigo.insurance.collection.read import part_label
from kaigo.insurance.ledger import read as ledger
from kaigo.insurance.receipts import cash
from kaigo.insurance.residents import read as residents
from kaigo.law.dates import fiscal_year_name


class CashFrom(Page):
    """窓口の現金: for one open term of a person, checked before it is booked."""

    permission = "receipts.cash"
    purpose = "collection"

    def get(self, ctx: Context, request: HttpRequest, person: int):
        return "receipts/cash_from.html", self.data(ctx, person, Typed())

    def post(self, ctx: Context, request: HttpRequest, person: int):
        typed = Typed(request.POST)
        data = self.data(ctx, person, typed)
        place = typed.choice("term", "どの期に", {key for key, *_ in data["terms"]})
        yen = typed.yen("yen", "受け取った額")
        if yen == 0:
            typed.errors["yen"] = "受け取った額を、1円以上の数で入れてください"
        sure = request.POST.get("step") == "do"
        shown = typed.number("open", "確かめた未納の額") if sure else None
        if typed.errors:
            return "receipts/cash_from.html", data
        if not sure:
            chosen = next(row for row in data["terms"] if row[0] == place)
            return "receipts/cash_from.html", data | {"check": chosen, "yen": yen}
        year, number = (int(part) for part in place.split(":"))
        cash.take(ctx, person, year, number, yen, shown)
        return go(f"/receipts/person/{ref('person', person)}/")

    def data(self, ctx: Context, person: int, typed: Typed) -> dict:
        who = residents.one(ctx, person)
        if who is None:
            raise Http404
        terms = [
            (
                f"{t.fiscal_year}:{t.number}",
                fiscal_year_name(t.fiscal_year),
                part_label("slip", t.number),
                t.balance,
            )
            for t in ledger.terms(ctx, person)
            if t.kind == "direct" and t.number and t.balance > 0
        ]
        return {"title": whose(who.name, "から窓口で受け取る"), "who": who, "typed": typed, "terms": terms}


class CashDay(Page):
    """窓口の現金の日締め: what is booked today, what was counted, why they differ."""

    permission = "receipts.cash"
    purpose = "collection"

    def get(self, ctx: Context, request: HttpRequest):
        return "receipts/cash.html", self.data(ctx, Typed())

    def post(self, ctx: Context, request: HttpRequest):
        typed = Typed(request.POST)
        counted = typed.yen("counted", "数えた額")
        reason = typed.text("reason", "違う理由", required=False, longest=200)
        data = self.data(ctx, typed)
        if counted is not None and counted != data["booked"] and not reason:
            typed.errors["reason"] = (
                f"数えた額 {counted:,}円と記帳した額 {data['booked']:,}円が違います。違う理由を書いてください"
            )
        if typed.errors:
            return "receipts/cash.html", data
        cash.close(ctx, counted, reason)
        return go("/receipts/cash/")

    def data(self, ctx: Context, typed: Typed) -> dict:
        receipts, booked = cash.booked(ctx.on)
        return {
            "title": "窓口の現金の日締め",
            "typed": typed,
            "receipts": receipts,
            "booked": booked,
            "closed": cash.closed(ctx.on),
            "before": cash.closings(20),
        }
