"""Pages about payments of nobody: the list, one with whose it may be, and that one for the terms of a person.

Whoever decides names the person in the address, so that nobody books a payment for himself or his household.
"""

from __future__ import annotations

from django.http import Http404, HttpRequest

from kaigo.base.desk.pages import Pages
from kaigo.base.desk.refs import ref
from kaigo.base.desk.titles import whose
from kaigo.base.desk.typed import Typed
from kaigo.base.desk.views import Page, go
from kaigo.base.records.context import Context
from kaigo.insurance.collection.read import part_label
from kaigo.insurance.qualification import read as qualification
from kaigo.insurance.receipts import read, rulings, unknown
from kaigo.insurance.residents import read as residents
from kaigo.law.dates import fiscal_year, fiscal_year_name

# Terms are asked for as far back as anything can still be levied (法200条の2).
YEARS = 2


class Unknowns(Page):
    """納付者の分からない収納: oldest first, with the reason of each."""

    permission = "collection.view"
    purpose = "collection"

    def get(self, ctx: Context, request: HttpRequest):
        page = Pages(
            None, request, unknown.count(ctx), lambda limit, offset: unknown.waiting(ctx, limit, offset)
        )
        return "receipts/unknowns.html", {
            "title": "納付者の分からない収納",
            "page": page,
            "lines": [(line, read.LABELS[line.channel], unknown.WHY[line.why]) for line in page],
        }


class UnknownOne(Page):
    """One payment of nobody: why, whose it may be, finding a person by number, or that it goes back."""

    permission = "receipts.rule"
    purpose = "collection"

    def get(self, ctx: Context, request: HttpRequest, receipt: int):
        return "receipts/unknown.html", _data(ctx, receipt, Typed())

    def post(self, ctx: Context, request: HttpRequest, receipt: int):
        typed = Typed(request.POST)
        data = _data(ctx, receipt, typed)
        if request.POST.get("act") == "find":
            number = typed.text("insured_number", "被保険者番号", longest=10)
            person = qualification.person_of(ctx, number) if number else None
            if number and person is None:
                typed.errors["insured_number"] = (
                    f"被保険者番号「{number}」の人はいません。番号を確かめてください"
                )
            if person is not None and not typed.errors:
                return go(_address(receipt, person))
            return "receipts/unknown.html", data
        reason = typed.text("reason", "理由", longest=rulings.LONGEST)
        seen = typed.number("seen", "画面で見た決定の数")
        if typed.errors:
            return "receipts/unknown.html", data
        rulings.send_back(ctx, receipt, reason, seen)
        return go("/receipts/unknown/")


class PayFor(Page):
    """A payment of nobody for one of the terms of this person."""

    permission = "receipts.rule"
    purpose = "collection"

    def get(self, ctx: Context, request: HttpRequest, receipt: int, person: int):
        return "receipts/pay_for.html", self.data(ctx, receipt, person, Typed())

    def post(self, ctx: Context, request: HttpRequest, receipt: int, person: int):
        typed = Typed(request.POST)
        data = self.data(ctx, receipt, person, typed)
        place = typed.choice("term", "納付した期", {key for key, *_ in data["terms"]})
        reason = typed.text("reason", "理由", longest=rulings.LONGEST)
        seen = typed.number("seen", "画面で見た決定の数")
        if typed.errors:
            return "receipts/pay_for.html", data
        year, kind, number = place.split(":")
        rulings.pay(ctx, receipt, person, int(year), kind, int(number), reason, seen)
        return go(f"/receipts/person/{ref('person', person)}/")

    def data(self, ctx: Context, receipt: int, person: int, typed: Typed) -> dict:
        who = residents.one(ctx, person)
        if who is None:
            raise Http404
        first = fiscal_year(ctx.on) - YEARS
        return _data(ctx, receipt, typed, near=False) | {
            "title": whose(who.name, "の期に消し込む"),
            "who": who,
            "terms": [
                (
                    f"{t.fiscal_year}:{t.kind}:{t.number}",
                    fiscal_year_name(t.fiscal_year),
                    part_label(t.kind, t.number),
                    t,
                )
                for t in unknown.terms_of(ctx, person)
                if t.number and t.fiscal_year >= first
            ],
        }


def _address(receipt: int, person: int) -> str:
    return f"/receipts/unknown/{ref('receipt', receipt)}/person/{ref('person', person)}/"


def _data(ctx: Context, receipt: int, typed: Typed, near: bool = True) -> dict:
    found = unknown.one(ctx, receipt)
    if found is None:
        raise Http404
    meant = unknown.suggestions(ctx, found) if near else []
    ruled = rulings.of_receipt(receipt)
    names = residents.names(
        ctx, [*(s.person for s in meant), *(r.person_id for r in ruled[-1:] if r.person_id)]
    )
    return {
        "title": "納付者の分からない収納",
        "line": found,
        "channel": read.LABELS[found.channel],
        "why": unknown.WHY[found.why],
        "typed": typed,
        "longest": rulings.LONGEST,
        "seen": len(ruled),
        "ruling": ruled[-1] if ruled else None,
        "ruled_for": names.get(ruled[-1].person_id, "") if ruled else "",
        "near": [
            (s, names.get(s.person, "氏名不明"), fiscal_year_name(s.fiscal_year), part_label(s.way, s.number))
            for s in meant
        ],
    }
