"""住所地特例交換情報: ours elsewhere by host municipality, what the hosts must be told, where their lists differ."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import groupby

from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import path

from kaigo.base.desk.pages import Pages
from kaigo.base.desk.refs import ref, unref
from kaigo.base.desk.typed import Typed
from kaigo.base.desk.views import Page, Refused, go
from kaigo.base.records.context import Context
from kaigo.insurance.qualification import exchange, exchange_letters, exchange_told
from kaigo.insurance.qualification.guarded import guarded
from kaigo.insurance.qualification.models import ExchangeTelling
from kaigo.insurance.registers import read as registers
from kaigo.insurance.residents import read as residents
from kaigo.law.dates import fiscal_span, fiscal_year, wareki

VIEWS = {
    "own": "区外の施設にいる当区の人", "other": "区内の施設にいる他市区町村の人", "events": "相手に連絡すること",
    "differs": "相手の一覧との違い",
}  # fmt: skip
SORTS = {
    "they_only": ("相手の一覧だけ", "bad"), "we_only": ("当区の記録だけ", "warn"), "differs": ("適用の日が違う", "warn"),
}  # fmt: skip


class Exchange(Page):
    """One of four lists."""

    permission = "qualification.view"
    purpose = "qualification"

    def get(self, ctx: Context, request: HttpRequest):
        view = request.GET.get("view", "own")
        if view not in VIEWS:
            raise Http404
        data = {"title": "住所地特例交換情報", "view": view, "views": VIEWS.items(), "here": "exchange"}
        if view == "events":
            return "qualification/exchange_events.html", data | _events(ctx, request)
        if view == "differs":
            page = Pages(exchange.mismatches(ctx), request)
            places = _places(ctx, {row.municipality for row in page})
            return "qualification/exchange_differs.html", data | {
                "page": page,
                "rows": [(row, places[row.municipality], *SORTS[row.sort]) for row in page],
            }
        found = exchange.in_force(ctx, view)
        places = _places(ctx, {row.municipality for row in found})
        facilities = registers.facility_names(ctx, {row.facility for row in found})
        return "qualification/exchange.html", data | {
            "total": len(found),
            "groups": [
                (code, places[code], [(row, facilities.get(row.facility, row.facility)) for row in rows])
                for code, rows in groupby(found, key=lambda row: row.municipality)
            ],
        }


def _events(ctx: Context, request: HttpRequest) -> dict:
    typed = Typed(request.GET)
    first = typed.day("first", "いつから", required=False) or fiscal_span(fiscal_year(ctx.on))[0]
    last = typed.day("last", "いつまで", required=False) or ctx.on
    typed.text_of = {"first": wareki(first), "last": wareki(last)} | {
        k: v for k, v in typed.text_of.items() if v
    }
    found = exchange.events(ctx, first, last + timedelta(days=1))
    told, lettered = exchange_told.told(found), exchange_letters.waiting()
    page = Pages(sorted(found, key=lambda event: exchange_told.key(event) in told), request)
    wanted = exchange_letters.to_tell(ctx)
    names = residents.names(ctx, [row.person for row in wanted])
    shielded = guarded(ctx, {event.person for event in page})
    places = _places(ctx, {event.municipality for event in page} | {row.municipality for row in wanted})
    facilities = registers.facility_names(
        ctx, {f for event in page for f in (event.facility, event.before) if f}
    )
    return {
        "typed": typed,
        "page": page,
        "waiting": sum(1 for event in found if exchange_told.key(event) not in told),
        "wanted": [
            (row, names.get(row.person, ""), exchange.EVENTS[row.kind], places[row.municipality])
            for row in wanted
        ],
        "rows": [
            (
                event, places[event.municipality], exchange.EVENTS[event.kind],
                facilities.get(event.facility, event.facility), facilities.get(event.before, event.before),
                told.get(exchange_told.key(event)), _value(event), exchange_told.key(event) in lettered,
                event.person in shielded,
            )
            for event in page
        ],
    }  # fmt: skip


def _value(event: exchange.Event) -> str:
    """An event as a form sends it."""
    return f"{ref('person', event.person)} {event.kind} {event.day:%Y-%m-%d} {event.municipality}"


def _chosen(text: str) -> exchange_told.Key:
    try:
        chosen, kind, day, municipality = text.split(" ")
        person = unref("person", chosen)
        if person is None:
            raise ValueError
        return person, kind, date.fromisoformat(day), municipality
    except ValueError as wrong:
        raise Refused("連絡票を作る異動を選び直してください。") from wrong


def _places(ctx: Context, codes: set[str]) -> dict[str, str]:
    return {code: registers.insurer_name(ctx, code) or code for code in codes}


class Tell(Page):
    """Note that a host municipality was told of an event, on a day and how."""

    permission = "qualification.decide"
    purpose = "qualification"

    def post(self, ctx: Context, request: HttpRequest, person: int):
        typed = Typed(request.POST)
        day, told_on = typed.day("day", "異動日"), typed.day("told_on", "連絡した日")
        how = typed.text("how", "連絡の方法", longest=100)
        kind = typed.choice("kind", "連絡の種類", exchange.EVENTS)
        if typed.errors:
            raise Refused(next(iter(typed.errors.values())))
        exchange_told.tell(ctx, person, kind, day, request.POST.get("municipality", ""), told_on, how)
        return go("/qualification/exchange/?view=events")


class WantLetters(Page):
    """Decide that events are told by letter; somebody under 支援措置 alone and with a reason."""

    permission = "qualification.decide"
    purpose = "qualification"

    def post(self, ctx: Context, request: HttpRequest):
        keys = [_chosen(text) for text in request.POST.getlist("event")]
        exchange_letters.want(ctx, keys, request.POST.get("reason", ""))
        return go("/qualification/exchange/?view=events#letters")


class DropLetter(Page):
    """No letter after all, with a reason."""

    permission = "qualification.decide"
    purpose = "qualification"

    def post(self, ctx: Context, request: HttpRequest, telling: int):
        found = get_object_or_404(ExchangeTelling.objects.select_for_update(), id=telling)
        exchange_letters.drop(ctx, found, request.POST.get("reason", ""))
        return go("/qualification/exchange/?view=events")


exchange_urls = [
    path("exchange/", Exchange.view(), name="exchange"),
    path("exchange/<person:person>/tell/", Tell.view(), name="exchange_tell"),
    path("exchange/letters/", WantLetters.view(), name="exchange_letters"),
    path("exchange/letters/<telling:telling>/drop/", DropLetter.view(), name="exchange_drop"),
]
